"""Graphs built by hand, for tests of analyses that must not depend on a front end.

`graph_of` reads a few lines: `a -> {b c} -> d [weight=2, label=x, branch=y, if=outcome]` and
`a [retry_target=b]`. A node's kind follows from the first letter of its id: `f` and `g` are
fan-outs, `j` and `k` fan-ins, `start` and `exit` what they say; any other is a stage.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from attractorc.compiler.expr import Comparison
from attractorc.compiler.graph.elements import Attr, Edge, Kind, Node
from attractorc.compiler.graph.model import Graph
from attractorc.compiler.source import Source, Span

_ID = re.compile(r"[A-Za-z_]\w*")
_ATTR = re.compile(r"(\w+)=(?:\"([^\"]*)\"|(\S+?))(?=[,\s]|$)")
_KINDS: dict[str, Kind] = {
    "f": "parallel",
    "g": "parallel",
    "j": "parallel.fan_in",
    "k": "parallel.fan_in",
}


def kind_of(node: str) -> Kind:
    """The kind that a node's id stands for."""
    if node in ("start", "exit") or node.startswith("exit"):
        return "start" if node == "start" else "exit"
    return _KINDS.get(node[0], "codergen")


def graph_of(text: str, **attributes: dict[str, Any]) -> Graph:
    """The graph of some lines; `attributes` gives node ids typed attributes of their own."""
    source = Source("g.dot", text)
    nodes: dict[str, dict[str, Attr]] = {}
    spans: dict[str, Span] = {}
    edges: list[Edge] = []
    graph_attrs: dict[str, Attr] = {}
    for line in re.finditer(r"[^;\n]+", text):
        body, _, tail = line[0].partition("[")
        attrs = dict(_attributes(source, tail.partition("]")[0], line.start() + len(body) + 1))
        ends = [
            [(match[0], source.span(*_shifted(match, start))) for match in _ID.finditer(part)]
            for part, start in _parts(body, line.start())
        ]
        for end in ends:
            for name, span in end:
                if name != "graph":
                    spans.setdefault(name, span)
                    nodes.setdefault(name, {})
        if len(ends) == 1:
            for name, _ in ends[0]:
                (graph_attrs if name == "graph" else nodes[name]).update(attrs)
        for sources, targets in pairwise(ends):
            for one, one_span in sources:
                for other, other_span in targets:
                    edges.append(_edge(one, other, len(edges), one_span, other_span, attrs))
    for name, given in attributes.items():
        nodes[name].update({key: _attr(key, value, spans[name]) for key, value in given.items()})
    made = {name: Node(name, kind_of(name), spans[name], nodes[name]) for name in nodes}
    exits = [name for name in made if made[name].kind == "exit"]
    return Graph(
        source,
        "dot",
        "g",
        source.span(0, 0),
        made,
        tuple(edges),
        graph_attrs,
        start="start" if "start" in made else None,
        exit=exits[0] if len(exits) == 1 else None,
    )


def _edge(one: str, other: str, index: int, start: Span, end: Span, attrs: dict[str, Attr]) -> Edge:
    asked = attrs.get("if")
    condition = None if asked is None else Comparison(str(asked.value), "=", "success")
    broken = condition is not None and condition.key == "broken"
    rest = {name: attr for name, attr in attrs.items() if name != "if"}
    shown = None if broken else condition
    return Edge(one, other, index, start.through(end), end, rest, shown, broken)


def _parts(body: str, offset: int) -> Iterator[tuple[str, int]]:
    start = 0
    for end in (*(arrow.start() for arrow in re.finditer("->", body)), len(body)):
        yield body[start:end], offset + start
        start = end + 2


def _shifted(match: re.Match[str], start: int) -> tuple[int, int]:
    return start + match.start(), start + match.end()


def _attributes(source: Source, text: str, offset: int) -> Iterator[tuple[str, Attr]]:
    for match in _ATTR.finditer(text):
        group = 3 if match[2] is None else 2
        value: Any = match[group]
        span = source.span(offset + match.start(group), offset + match.end(group))
        if match[1] == "weight":
            value = int(value)
        elif value == "true":
            value = True
        yield match[1], Attr(match[1], value, match[group], span, span)


def _attr(name: str, value: Any, span: Span) -> Attr:
    return Attr(name, value, str(value), span, span)
