"""Walks a document's statements: scopes, defaults, subgraphs, chains and groups.

Gives every node and edge with its bound attributes, as Graphviz would: defaults reach what
is first named after them in their scope, later statements win. It must not know what an
attribute means, apart from a subgraph's label, which becomes a class.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

from ..graph.elements import Attr
from ..source import Span
from ..syntax import (
    Attribute,
    DefaultsStatement,
    Document,
    EdgeStatement,
    GraphStatement,
    Name,
    NodeStatement,
    Scalar,
    Statement,
    Subgraph,
)
from .binding import Binder, Bound
from .findings import Findings

MAX_EDGES = 100_000


@dataclass(slots=True)
class RawNode:
    """A node as its statements left it: attributes by canonical name, kind not yet known.

    `around` are the classes of the labelled subgraphs around it, where it lies deepest.
    """

    id: str
    span: Span
    attrs: dict[str, Attr]
    extra: dict[str, Attr]
    classes: list[str] = field(default_factory=list)
    around: tuple[str, ...] = ()
    declared: bool = False
    described: bool = False
    implicit: bool = False


@dataclass(slots=True)
class RawEdge:
    """One edge after expansion, in the order of the file; its attributes may be shared."""

    source: Name
    target: Name
    attrs: dict[str, Attr]
    extra: dict[str, Attr]


@dataclass(slots=True)
class _Scope:
    """Defaults in force, derived classes, and the nodes named inside, in their order."""

    nodes: Bound
    edges: Bound
    classes: tuple[str, ...] = ()
    depth: int = 0
    is_edge_end: bool = False
    members: dict[str, Name] = field(default_factory=dict)
    parent: _Scope | None = None


class Walk:
    """What a document holds: fill by `walk`, then read the fields."""

    def __init__(self, document: Document, binder: Binder, findings: Findings) -> None:
        self.nodes: dict[str, RawNode] = {}
        self.edges: list[RawEdge] = []
        self.graph = Bound()
        self._document = document
        self._binder = binder
        self._findings = findings
        self._groups: dict[str, _Scope] = {}
        self._full = False

    def walk(self) -> None:
        """Walks all statements, once."""
        self._statements(self._document.statements, _Scope(Bound(), Bound()))

    def _statements(self, statements: tuple[Statement, ...], scope: _Scope) -> None:
        for statement in statements:
            match statement:
                case NodeStatement():
                    self._node(statement, scope)
                case EdgeStatement():
                    self._edge(statement, scope)
                case DefaultsStatement():
                    self._defaults(statement, scope)
                case GraphStatement():
                    self._graph(statement, scope)
                case Subgraph():
                    self._subgraph(statement, scope, is_edge_end=False)

    def _node(self, statement: NodeStatement, scope: _Scope) -> None:
        node = self._named(statement.id, scope)
        if not (scope.is_edge_end and not statement.attributes):
            node.declared = True
        node.implicit = node.implicit or statement.implicit
        if not statement.attributes:
            return
        if not node.described:
            node.described = True
            node.span = statement.id.span
        bound = self._binder.bind("node", statement.attributes)
        node.attrs.update(bound.attrs)
        node.extra.update(bound.extra)

    def _named(self, name: Name, scope: _Scope) -> RawNode:
        """The node of that name, made with the scope's defaults where it is new."""
        node = self.nodes.get(name.text)
        if node is None:
            defaults = scope.nodes
            node = RawNode(name.text, name.span, dict(defaults.attrs), dict(defaults.extra))
            self.nodes[name.text] = node
        for derived in scope.classes:
            if derived not in node.classes:
                node.classes.append(derived)
        if len(scope.classes) > len(node.around):
            node.around = scope.classes
        _enrol(name, scope)
        return node

    def _defaults(self, statement: DefaultsStatement, scope: _Scope) -> None:
        bound = self._binder.bind(statement.of, statement.attributes, own=False)
        if statement.of == "node":
            scope.nodes = _over(scope.nodes, bound)
        else:
            scope.edges = _over(scope.edges, bound)

    def _graph(self, statement: GraphStatement, scope: _Scope) -> None:
        bound = self._binder.bind("subgraph" if scope.depth else "graph", statement.attributes)
        if not scope.depth:
            self.graph.attrs.update(bound.attrs)
            self.graph.extra.update(bound.extra)

    def _subgraph(self, subgraph: Subgraph, scope: _Scope, *, is_edge_end: bool) -> dict[str, Name]:
        """The nodes named inside, in the order in which they are first named there."""
        label = _label(subgraph.statements)
        derived = derived_class(label) if label else ""
        inner = _Scope(
            scope.nodes,
            scope.edges,
            (*scope.classes, derived) if derived else scope.classes,
            scope.depth + 1,
            is_edge_end,
            parent=scope,
        )
        if subgraph.id is not None:
            again = self._groups.setdefault(subgraph.id.text, inner)
            if again is not inner:
                for name in again.members.values():
                    _enrol(name, inner)
                inner.classes = tuple(dict.fromkeys((*again.classes, *inner.classes)))
                self._groups[subgraph.id.text] = inner
        self._statements(subgraph.statements, inner)
        return inner.members

    def _edge(self, statement: EdgeStatement, scope: _Scope) -> None:
        bound = self._binder.bind("edge", statement.attributes)
        effective = _over(scope.edges, bound) if statement.attributes else scope.edges
        ends = [self._end(end, scope) for end in statement.ends]
        for sources, targets in pairwise(ends):
            if self._full or len(self.edges) + len(sources) * len(targets) > MAX_EDGES:
                self._too_many(statement)
                return
            for source in sources:
                for target in targets:
                    self.edges.append(RawEdge(source, target, effective.attrs, effective.extra))

    def _end(self, end: Name | Subgraph, scope: _Scope) -> tuple[Name, ...]:
        if isinstance(end, Subgraph):
            return tuple(self._subgraph(end, scope, is_edge_end=True).values())
        self._named(end, scope)
        return (end,)

    def _too_many(self, statement: EdgeStatement) -> None:
        if not self._full:
            message = f"the pipeline has more than {MAX_EDGES} edges"
            self._findings.add("too_large", statement.span, message)
        self._full = True


def _enrol(name: Name, scope: _Scope) -> None:
    """Makes a node a member of a scope and of all around it."""
    inside: _Scope | None = scope
    while inside is not None:
        inside.members.setdefault(name.text, name)
        inside = inside.parent


def _over(below: Bound, above: Bound) -> Bound:
    if not below.attrs and not below.extra:
        return above
    return Bound({**below.attrs, **above.attrs}, {**below.extra, **above.extra})


def _label(statements: tuple[Statement, ...]) -> str:
    """A subgraph's label, wherever it stands among its own statements."""
    attributes: list[Attribute] = [
        attribute
        for statement in statements
        if isinstance(statement, GraphStatement)
        for attribute in statement.attributes
        if attribute.key.text == "label"
    ]
    value = attributes[-1].value if attributes else None
    return value.text if isinstance(value, Scalar) else ""


def derived_class(label: str) -> str:
    """The class that a subgraph's label gives to the nodes inside (specification 2.10)."""
    return re.sub(r"[^a-z0-9-]", "", re.sub(r"\s", "-", label.strip().lower()))
