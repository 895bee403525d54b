"""The context: a key-value store that branches fork without copying.

A fork is an overlay: it reads its base, its writes are its own, and each own value knows
the attempt that wrote it. The base must not change while a fork of it is in use; the
interpreter keeps a forked walker standing at its fan-out, so it does not. It must not
know records or plans.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from attractorc.compiler.value import Json

from .tuples import tupled

_RESERVED = frozenset({"outcome", "preferred_label", "current_node", "last_stage", "last_response"})
_RESERVED_PREFIXES = ("internal.", "graph.", "parallel.")


def is_reserved(key: str) -> bool:
    """Whether a key belongs to the run itself and is never merged (semantics 6)."""
    return key in _RESERVED or key.startswith(_RESERVED_PREFIXES)


class Written(NamedTuple):
    """A value and its writer: a stage attempt's id within the run, or '' for the run itself."""

    value: Json
    writer: str


class _Cleared:
    """Marks a key of the base that this overlay took away."""


_CLEARED = _Cleared()


class Context(Mapping[str, Json]):
    """A context view: own writes over a base. Reading is a mapping from key to value."""

    __slots__ = ("_base", "_own", "_plain")

    def __init__(self, base: Context | None = None) -> None:
        self._base = base
        self._own: dict[str, Written | _Cleared] = {}
        self._plain: tuple[int, tuple[str, ...]] = (0, ())

    def written(self, key: str) -> Written | None:
        """The value that this view shows under a key, with its writer."""
        view: Context | None = self
        while view is not None:
            found = view._own.get(key)
            if found is not None:
                return found if isinstance(found, Written) else None
            view = view._base
        return None

    def __getitem__(self, key: str) -> Json:
        found = self.written(key)
        if found is None:
            raise KeyError(key)
        return found.value

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.written(key) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._merged())

    def __len__(self) -> int:
        return len(self._merged())

    def _merged(self) -> dict[str, Written]:
        layers = []
        view: Context | None = self
        while view is not None:
            layers.append(view._own)
            view = view._base
        merged: dict[str, Written] = {}
        for layer in reversed(layers):
            for key, found in layer.items():
                if isinstance(found, Written):
                    merged[key] = found
                else:
                    merged.pop(key, None)
        return merged

    def flat(self) -> dict[str, Json]:
        """All visible values as a plain dict, keys sorted."""
        merged = self._merged()
        return {key: merged[key].value for key in sorted(merged)}

    def plain_keys(self) -> tuple[str, ...]:
        """The visible keys but those of the run itself, sorted."""
        kept, own = self._plain
        if kept != len(self._own):  # keys only come, but for `clear`
            own = tuple(sorted(key for key in self._own if not is_reserved(key)))
            self._plain = (len(self._own), own)
        if self._base is None:
            return own
        base = self._base.plain_keys()
        return tuple(sorted({*base, *own})) if own else base

    @property
    def own(self) -> dict[str, Written]:
        """What was written in this view itself, in the order of first writing."""
        return {key: found for key, found in self._own.items() if isinstance(found, Written)}

    def set(self, key: str, value: Json, writer: str) -> None:
        """Write a value; only `apply` may call this."""
        self._own[key] = tupled(Written, (value, writer))

    def clear(self, keys: tuple[str, ...], prefixes: tuple[str, ...]) -> None:
        """Take away these keys, all reserved, and all with such a beginning; only by `apply`."""
        self._plain = (-1, ())
        for key in [key for key in self._merged() if key in keys or key.startswith(prefixes)]:
            if self._base is not None and key in self._base:
                self._own[key] = _CLEARED
            else:
                del self._own[key]

    def fork(self) -> Context:
        """A view over this one, with no writes of its own yet; O(1)."""
        return Context(self)
