"""The whole graph: what a document means, with its edges indexed and its regions found.

Faulty parts are kept, so that every rule sees the whole. It must not know how the graph
was written, nor what a run of it does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from ..expr import asks_outcome
from ..source import Source, Span
from .elements import Attr, Edge, Node
from .regions import analyse
from .shape import Regions

if TYPE_CHECKING:
    from .dataflow import DataFlow

Found = TypeVar("Found")


@dataclass(frozen=True, eq=False)
class Graph:
    """A whole pipeline. `nodes` in the order in which the file first names them.

    `start` and `exit` are node ids, None where the file has none or several. `attrs` are
    the graph's own attributes, `inputs` what it declares to be given from outside. `broken`
    are names of the graph's attributes whose values are findings already. `children` are the
    graphs of the pipelines that nodes name, by node, where those are without error; `own` are
    the nodes that name this very file.
    """

    source: Source
    language: Literal["dot", "yaml"]
    name: str
    name_span: Span
    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    attrs: Mapping[str, Attr]
    extra: Mapping[str, Attr] = field(default_factory=dict)
    start: str | None = None
    exit: str | None = None
    broken: frozenset[str] = frozenset()
    children: Mapping[str, Graph] = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    _known: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)

    def value(self, name: str, default: Any = None) -> Any:
        """The value of a graph attribute, or `default` where it is not set."""
        attr = self.attrs.get(name)
        return default if attr is None else attr.value

    @cached_property
    def outgoing(self) -> Mapping[str, tuple[Edge, ...]]:
        """Edges by source, in the order of the file; every node has an entry."""
        found: dict[str, list[Edge]] = {node: [] for node in self.nodes}
        for edge in self.edges:
            found.setdefault(edge.source, []).append(edge)
        return {node: tuple(edges) for node, edges in found.items()}

    @cached_property
    def incoming(self) -> Mapping[str, tuple[Edge, ...]]:
        """Edges by target, in the order of the file; every node has an entry."""
        found: dict[str, list[Edge]] = {node: [] for node in self.nodes}
        for edge in self.edges:
            found.setdefault(edge.target, []).append(edge)
        return {node: tuple(edges) for node, edges in found.items()}

    @cached_property
    def regions(self) -> Regions:
        """The fork/join regions, and what is wrong with them (semantics 3)."""
        return analyse(self)

    @cached_property
    def data(self) -> DataFlow:
        """Which stage reads and writes which key, as far as the file shows it."""
        from .dataflow import DataFlow

        return DataFlow(self)

    def child(self, node: str) -> Graph | None:
        """The pipeline that a node runs as one stage, None if that is not known."""
        return self if node in self.own else self.children.get(node)

    def once(self, find: Callable[[Graph], Found]) -> Found:
        """What `find` gives for this graph, worked out once: many rules ask the same.

        Only for functions of a module; nobody may change what they give.
        """
        if find not in self._known:
            self._known[find] = find(self)
        found: Found = self._known[find]
        return found

    def is_branch_edge(self, edge: Edge) -> bool:
        """Whether an edge starts a branch of a fan-out (semantics 3.1)."""
        node = self.nodes.get(edge.source)
        return node is not None and node.kind == "parallel" and not asks_outcome(edge.condition)
