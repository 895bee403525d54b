"""Applies the model stylesheet, and the graph's own model defaults, to the nodes.

A node's own attributes, those from default blocks included, stand above every rule; below
the rules stand the graph's attributes of the same names (specification 8.3, 8.5). It must
not know how a stylesheet is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..attributes import lookup
from ..diagnostic import Diagnostic
from ..frontend.stylesheet import Selector, StyleRule, Stylesheet
from ..graph.elements import Attr, Kind, Node
from ..graph.model import Graph
from ..source import Files

PROPERTIES = ("llm_model", "llm_provider", "reasoning_effort", "backend")

_SHAPE_OF: Mapping[Kind, str] = {
    "start": "Mdiamond",
    "exit": "Msquare",
    "codergen": "box",
    "wait.human": "hexagon",
    "conditional": "diamond",
    "parallel": "component",
    "parallel.fan_in": "tripleoctagon",
    "tool": "parallelogram",
    "pipeline": "box",
    "stack.manager_loop": "house",
    "custom": "box",
}


def apply_stylesheet(graph: Graph, files: Files) -> tuple[Graph, tuple[Diagnostic, ...]]:
    """The graph with the models that its stylesheet and its own attributes give to nodes."""
    sheet = graph.attrs.get("model_stylesheet")
    rules = sheet.value.rules if sheet and isinstance(sheet.value, Stylesheet) else ()
    # Sorted by specificity and position, so that what is applied later wins.
    ordered = sorted(rules, key=lambda rule: rule.selector.specificity)
    if not ordered and not any(name in graph.attrs for name in PROPERTIES):
        return graph, ()
    nodes = {node.id: _styled(node, graph, ordered, sheet) for node in graph.nodes.values()}
    return replace(graph, nodes=nodes), ()


def _styled(node: Node, graph: Graph, rules: list[StyleRule], sheet: Attr | None) -> Node:
    given: dict[str, Attr] = {}
    for name in PROPERTIES:
        if name in graph.attrs and _reads(node, name):
            given[name] = replace(graph.attrs[name], own=False)
    for rule in rules:
        if sheet is None or not matches(rule.selector, node):
            continue
        for each in rule.declarations:
            if _reads(node, each.property):
                given[each.property] = replace(
                    sheet, name=each.property, value=each.value, text=each.value, own=False
                )
    if not given:
        return node
    return replace(node, attrs={**given, **node.attrs})


def _reads(node: Node, name: str) -> bool:
    row = lookup("node", name)
    return row is not None and (not row.kinds or node.kind in row.kinds)


def matches(selector: Selector, node: Node) -> bool:
    """Whether a selector means this node; a shape is the written one, else the kind's own."""
    match selector.by:
        case "everything":
            return True
        case "shape":
            return bool(selector.name == node.value("shape", _SHAPE_OF[node.kind]))
        case "class":
            return selector.name in node.classes
        case "id":
            return selector.name == node.id
