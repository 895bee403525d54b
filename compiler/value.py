"""Plain values: canonical JSON, exact equality, durations, and the nearest known name.

The canonical text is what digests, merges and equality are made of, in both houses, so
there is one of it. It must not know anything about pipelines.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from json.encoder import encode_basestring
from typing import TypeAlias

Json: TypeAlias = (
    "bool | int | float | str | list[Json] | tuple[Json, ...] | Mapping[str, Json] | None"
)


class NotJson(ValueError):
    """A value that JSON cannot hold: a NaN, an infinity, a key that is no string, an object."""


def canonical(value: Json) -> str:
    """The one JSON text of a value: sorted keys, no spaces, shortest floats, plain UTF-8.

    `1`, `1.0` and `true` have three different texts. Raises `NotJson` for what is not JSON.
    """
    try:
        return _ENCODER.encode(value)
    except (ValueError, TypeError, RecursionError) as error:
        raise NotJson(str(error)) from error


quoted = encode_basestring
"""The canonical JSON text of a string, for those who ask for many."""


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} is not JSON")


_DIGITS = 4300
"""Python reads and writes no longer integer as text, unless it is told to."""
_TOO_LONG = 10**_DIGITS

_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain
)


def checked(value: object, depth: int = 0) -> Json:
    """`value` as plain JSON data (dicts, lists, scalars), or `NotJson` with the reason."""
    if isinstance(value, str):
        return _unicode(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if not -_TOO_LONG < value < _TOO_LONG:
            raise NotJson(f"an integer of more than {_DIGITS} digits cannot be read back")
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise NotJson(f"{value} is not JSON")
        return value
    if depth > 100:
        raise NotJson("nested more than 100 levels deep")
    if isinstance(value, list | tuple):
        return [checked(item, depth + 1) for item in value]
    if isinstance(value, Mapping):
        plain: dict[str, Json] = {}
        for key, item in value.items():
            if not isinstance(key, str):
                raise NotJson(f"the key {key!r} is not a string")
            plain[_unicode(key)] = checked(item, depth + 1)
        return plain
    raise NotJson(f"a {type(value).__name__} is not JSON")


def _unicode(text: str) -> str:
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NotJson("a string with half a surrogate pair is not Unicode") from error
    return text


def as_text(value: Json) -> str:
    """A value as conditions and prompts see it: strings as they are, others as JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else canonical(value)


_DURATION = re.compile(r"(\d+)(ms|s|m|h|d)?")
_UNIT_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, None: 1_000}


def duration_ms(text: str) -> int | None:
    """Milliseconds of `250ms`, `900s`, `15m`, `2h`, `1d`; a bare integer is seconds."""
    match = _DURATION.fullmatch(text.strip())
    return int(match[1]) * _UNIT_MS[match[2]] if match else None


def duration_text(milliseconds: int) -> str:
    """The shortest text that `duration_ms` reads back: `15m`, `90s`, `250ms`, `0s`."""
    for unit in ("d", "h", "m", "s"):
        if milliseconds % _UNIT_MS[unit] == 0 and (milliseconds or unit == "s"):
            return f"{milliseconds // _UNIT_MS[unit]}{unit}"
    return f"{milliseconds}ms"


def ratio(text: str) -> Fraction | None:
    """An exact fraction from `2/3`, `0.5` or `1`; None if it is none."""
    try:
        return Fraction(text.strip())
    except (ValueError, ZeroDivisionError):
        return None


_ALIKE = 0.7
_NAME_LIMIT = 200
_COMPARISONS_LIMIT = 20_000


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` most likely meant, or None; ties go to the first sorted."""
    from difflib import SequenceMatcher

    folded = _folded(name)
    best: tuple[float, str] | None = None
    for candidate in sorted(set(known)):
        other = _folded(candidate)
        if folded == other:
            return candidate
        shorter, longer = sorted((len(folded), len(other)))
        if longer > _NAME_LIMIT or 2 * shorter < _ALIKE * (shorter + longer):
            continue
        matcher = SequenceMatcher(None, folded, other)
        if matcher.quick_ratio() < _ALIKE:
            continue
        similarity = matcher.ratio()
        if similarity >= _ALIKE and (best is None or similarity > best[0]):
            best = (similarity, candidate)
    return best[1] if best else None


class Names:
    """Known names, of which the nearest one is asked for again and again.

    After a certain work only what differs by case and separators is still found: a file with
    thousands of unknown names is not one that suggestions help.
    """

    def __init__(self, known: Iterable[str]) -> None:
        self._known = tuple(sorted(set(known)))
        self._folded = {_folded(name): name for name in reversed(self._known)}
        self._left = _COMPARISONS_LIMIT

    def nearest(self, name: str) -> str | None:
        """As `nearest` of these names."""
        same = self._folded.get(_folded(name))
        if same is not None or self._left < len(self._known):
            return same
        self._left -= len(self._known)
        return nearest(name, self._known)


def _folded(name: str) -> str:
    return re.sub(r"[-_. ]+", "_", name.strip()).lower()


def slug(label: str) -> str:
    """A label in lower case with every run of other characters as one hyphen."""
    return re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")


_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_-]+")


def encoded(name: str) -> str:
    """A name as it stands in ids and file names: others than `[A-Za-z0-9_-]` percent-encoded."""
    if name.isascii() and name.isidentifier():  # as most
        return name
    return _NOT_PLAIN.sub(_percent, name)


def _percent(found: re.Match[str]) -> str:
    return _escaped(found[0])


@lru_cache(maxsize=256)
def _escaped(text: str) -> str:
    # A fan-out over thousands of elements names them alike.
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))
