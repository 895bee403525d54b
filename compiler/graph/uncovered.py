"""The case in which no edge of a stage is taken, if there is one.

Apart from the rules, because what one says of a condition depends on whether another tells
that a case is left open. It must not know what any rule says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..expr import Comparison, Expr
from .coverage import leaves, plain_key, uncovered
from .elements import Node
from .model import Graph
from .possible import OUTCOMES
from .printed import printed_words
from .reach import reached, retry_targets


def open_case(graph: Graph, node: Node) -> Mapping[str, str] | None:
    """A case in which no edge leaves a node, where a run comes to it and all edges ask."""
    return graph.once(_open_cases).get(node.id)


def _open_cases(graph: Graph) -> Mapping[str, Mapping[str, str]]:
    visited = reached(graph)
    found: dict[str, Mapping[str, str]] = {}
    for node in graph.nodes.values():
        if node.kind in ("parallel", "wait.human", "start", "exit") or node.id not in visited:
            continue
        edges = graph.outgoing[node.id]
        if not edges or any(edge.condition is None or edge.broken for edge in edges):
            continue
        conditions = [edge.condition for edge in edges if edge.condition is not None]
        known = {**_printed(node, conditions), "outcome": _outcomes(graph, node)}
        case = uncovered(conditions, known)
        if case is not None:
            found[node.id] = case
    return found


def _printed(node: Node, conditions: Sequence[Expr]) -> Mapping[str, Sequence[str]]:
    """The values of keys that are only compared with words which a tool's script prints."""
    words = printed_words(str(node.value("tool_command") or "")) if node.kind == "tool" else None
    asked: dict[str, set[str]] = {}
    for leaf in (leaf for condition in conditions for leaf in leaves(condition)):
        literal = ""
        if isinstance(leaf, Comparison) and leaf.operator == "=":
            literal = leaf.literal
        asked.setdefault(plain_key(leaf.key), set()).add(literal)
    return {key: words for key, values in asked.items() if words and values <= set(words)}


def _outcomes(graph: Graph, node: Node) -> tuple[str, ...]:
    """The outcomes that need a way on: a stage's own failure may well end the run."""
    if node.kind == "conditional" and not retry_targets(graph, node):
        return ("success", "fail")
    return ("success",)


def odd_outcome(condition: Expr) -> str | None:
    """A text that `outcome` is compared with, though no stage ever ends so."""
    for leaf in leaves(condition):
        if not isinstance(leaf, Comparison) or leaf.key != "outcome":
            continue
        if leaf.operator in ("=", "!=") and leaf.literal not in OUTCOMES:
            return leaf.literal
    return None
