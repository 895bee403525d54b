"""What a stage writes to the context, as far as it can be known without running it.

A stage's handler writes some keys whenever it succeeds, its author declares others, and
without a declaration anything may come (semantics 6, language: reads and writes). It must
not know branches, nor what any rule makes of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias

from .elements import Node

ValueShape: TypeAlias = Literal["text", "lines", "unknown"]

_ENGINES: Final = frozenset({"start", "exit", "conditional", "parallel", "parallel.fan_in"})
_CHILDREN: Final = frozenset({"pipeline", "stack.manager_loop"})
_CHILD_KEYS: Final = ("stack.child.status", "stack.child.outcome")
_READERS: Final = frozenset({"codergen", "tool", "custom", "stack.manager_loop"})


@dataclass(frozen=True, slots=True)
class Writes:
    """The context keys of one stage.

    `certain` maps a key that every success writes to the shape of its value; `declared` are
    the patterns of the author's own `writes`; `own` are keys of the handler itself. With
    `open_ended` any other key may be written, too.
    """

    certain: Mapping[str, ValueShape] = field(default_factory=dict)
    declared: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    open_ended: bool = False

    @property
    def patterns(self) -> tuple[str, ...]:
        """All that is known to be possible."""
        return tuple(dict.fromkeys((*self.certain, *self.declared, *self.own)))

    def meaning(self, meant: Mapping[str, str]) -> Writes:
        """The same with what is meant in place of keys that are slips."""
        if not any(key in meant for key in self.declared):
            return self
        return replace(
            self,
            certain={meant.get(key, key): value for key, value in self.certain.items()},
            declared=tuple(meant.get(key, key) for key in self.declared),
        )


def writes_of(node: Node) -> Writes:
    """What a node writes."""
    if node.kind in _ENGINES:
        return Writes()
    if node.kind == "wait.human":
        return Writes(own=("human.gate.selected", "human.gate.label"))
    declared: tuple[str, ...] | None = node.value("writes")
    if node.kind in _CHILDREN:  # only what is declared comes out of a child
        left = _CHILD_KEYS if node.kind == "stack.manager_loop" else ()
        return Writes(declared=declared or (), own=left, open_ended="writes" in node.broken)
    open_ended = declared is None or "writes" in node.broken
    keys = declared or ()
    own: tuple[str, ...] = ()
    certain: dict[str, ValueShape] = {}
    one = keys[0] if len(keys) == 1 and "*" not in keys[0] else None
    if node.kind == "tool":
        own = ("tool.output",)
        output = node.value("output", "text")
        if one is not None and output in ("text", "lines"):
            certain[one] = "lines" if output == "lines" else "text"
    elif node.kind == "codergen":
        own = ("last_stage", "last_response")
        if one is not None:
            certain[one] = "unknown"
    return Writes(certain, keys, own, open_ended)


def reads_anything(node: Node) -> bool:
    """Whether a stage may read keys that nothing in the file names."""
    return node.kind in _READERS and "reads" not in node.attrs
