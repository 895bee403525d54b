"""Elaboration: from the document, what was written, to the graph, what it means.

Statements are walked in their scopes, names resolved, values typed, kinds found, and what
several attributes say is put together. It must not know how a document was written, nor
judge the whole graph: that is for the rules.
"""

from __future__ import annotations

from ..diagnostic import Diagnostic
from ..graph.asking import asked_by, stated
from ..graph.elements import Attr, Edge, Kind, Node
from ..graph.model import Graph
from ..syntax import Document
from .binding import Binder
from .findings import Findings
from .ignored import ignored, ignored_files
from .kinds import kinds
from .policies import joined, merged
from .scopes import RawEdge, RawNode, Walk
from .values import BROKEN

__all__ = ["elaborate"]


def elaborate(document: Document) -> tuple[Graph, tuple[Diagnostic, ...]]:
    """The graph that a document means, faulty parts included, and what is wrong with it."""
    findings = Findings()
    walk = Walk(document, Binder(document.source, document.language, findings), findings)
    walk.walk()
    found = kinds(walk.nodes.values(), findings)
    edges = _edges(walk.edges, findings)
    outgoing: dict[str, list[Edge]] = {}
    for edge in edges:
        outgoing.setdefault(edge.source, []).append(edge)
    asked = any(
        asked_by(stated("parallel", _sound(raw.attrs)))
        for raw in walk.nodes.values()
        if found[raw.id][0] == "parallel"
    )
    nodes: dict[str, Node] = {}
    for raw in walk.nodes.values():
        kind, type_name = found[raw.id]
        attrs = _sound(raw.attrs)
        if kind == "parallel":
            joined(raw.id, attrs, outgoing.get(raw.id, ()), findings, raw.attrs.keys() - attrs)
        merged(attrs)
        ignored(raw.id, kind, attrs, asked, findings)
        nodes[raw.id] = _node(raw, kind, type_name, attrs)
    attrs = _sound(walk.graph.attrs)
    graph = Graph(
        source=document.source,
        language=document.language,
        name=document.name.text,
        name_span=document.name.span,
        nodes=nodes,
        edges=edges,
        attrs=attrs,
        extra=walk.graph.extra,
        start=_only(nodes, "start"),
        exit=_only(nodes, "exit"),
        broken=_broken(walk.graph.attrs),
    )
    ignored_files(graph, findings)
    return graph, findings.all()


def _sound(attrs: dict[str, Attr]) -> dict[str, Attr]:
    """Without the values that are findings already."""
    return {name: attr for name, attr in attrs.items() if attr.value is not BROKEN}


def _broken(attrs: dict[str, Attr]) -> frozenset[str]:
    """The names of the values that are findings already."""
    return frozenset(name for name, attr in attrs.items() if attr.value is BROKEN)


def _node(raw: RawNode, kind: Kind, type_name: str, attrs: dict[str, Attr]) -> Node:
    own = attrs["class"].value if "class" in attrs else ()
    return Node(
        id=raw.id,
        kind=kind,
        span=raw.span,
        attrs=attrs,
        extra=raw.extra,
        classes=tuple(dict.fromkeys((*own, *raw.classes))),
        group=raw.around[-1] if raw.around else "",
        type=type_name,
        declared=raw.declared,
        implicit=raw.implicit,
        broken=_broken(raw.attrs),
    )


def _edges(raw_edges: list[RawEdge], findings: Findings) -> tuple[Edge, ...]:
    edges: list[Edge] = []
    cleaned: dict[int, tuple[dict[str, Attr], frozenset[str]]] = {}
    for index, raw in enumerate(raw_edges):
        known = cleaned.get(id(raw.attrs))
        if known is None:
            known = (_sound(raw.attrs), _broken(raw.attrs))
            cleaned[id(raw.attrs)] = known
        attrs, unread = known
        condition = attrs.get("condition")
        edges.append(
            Edge(
                source=raw.source.text,
                target=raw.target.text,
                index=index,
                span=raw.source.span.through(raw.target.span)
                if raw.source.span.start <= raw.target.span.start
                else raw.target.span,
                target_span=raw.target.span,
                attrs=attrs,
                condition=condition.value if condition else None,
                broken="condition" in unread,
                extra=raw.extra,
                unread=unread,
            )
        )
    return tuple(edges)


def _only(nodes: dict[str, Node], kind: Kind) -> str | None:
    """The node of a kind, where exactly one has it."""
    found = [node.id for node in nodes.values() if node.kind == kind]
    return found[0] if len(found) == 1 else None
