"""Nodes and edges with typed attributes, every one with its place.

What a document's parts mean once defaults are applied, chains and groups expanded,
aliases resolved and small languages parsed. Faulty parts are kept, so that every rule sees
the whole; the faults themselves are already findings. It must not know the whole graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from ..expr import Expr
from ..source import Span
from ..value import Json

Kind: TypeAlias = Literal[
    "start",
    "exit",
    "codergen",
    "wait.human",
    "conditional",
    "parallel",
    "parallel.fan_in",
    "tool",
    "pipeline",
    "stack.manager_loop",
    "custom",
]


@dataclass(frozen=True, slots=True)
class Attr:
    """An attribute's effective value.

    `name` is canonical, `value` has the type that the attribute table gives it (durations
    in milliseconds, policies as `policy` records, conditions as `Expr`); `text` is the value
    as written. `own` is false for what came from a default block.
    """

    name: str
    value: Any
    text: str
    key_span: Span
    value_span: Span
    own: bool = True


@dataclass(frozen=True, slots=True)
class Argument:
    """What one input of a child pipeline is given: a text, or a list or mapping as YAML has it."""

    name: str
    value: Json
    span: Span


@dataclass(frozen=True, slots=True)
class Node:
    """A node: id, kind, known attributes by canonical name, unknown ones in `extra`.

    `type` is the type name where `kind` is `custom`, `group` the class of the innermost labelled
    subgraph around it. `span` is the id where the node is
    declared (its first statement with attributes, else where it is first named);
    `declared` is false for a node that only edges name. `broken` are names of attributes
    whose values are findings already, and so are not in `attrs`.
    """

    id: str
    kind: Kind
    span: Span
    attrs: Mapping[str, Attr]
    extra: Mapping[str, Attr] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    group: str = ""
    type: str = ""
    declared: bool = True
    implicit: bool = False
    broken: frozenset[str] = frozenset()

    def value(self, name: str, default: Any = None) -> Any:
        """The value of a known attribute, or `default` where it is not set."""
        attr = self.attrs.get(name)
        return default if attr is None else attr.value

    @property
    def label(self) -> str:
        """The label, or the id without one."""
        return str(self.value("label") or self.id)


@dataclass(frozen=True, slots=True)
class Edge:
    """One edge. `index` is its position in the file, over all edges, after expansion.

    `condition` is None for an unconditional edge; a condition that does not parse is a
    finding, and its edge keeps `broken` so that rules stay silent about what follows.
    `unread` are the names of all attributes whose values are findings already.
    """

    source: str
    target: str
    index: int
    span: Span
    target_span: Span
    attrs: Mapping[str, Attr]
    condition: Expr | None = None
    broken: bool = False
    extra: Mapping[str, Attr] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()

    def value(self, name: str, default: Any = None) -> Any:
        """The value of a known attribute, or `default` where it is not set."""
        attr = self.attrs.get(name)
        return default if attr is None else attr.value

    @property
    def label(self) -> str:
        """The label, or ''."""
        return str(self.value("label") or "")

    @property
    def weight(self) -> int:
        """The weight, 0 where it is not set."""
        return int(self.value("weight") or 0)
