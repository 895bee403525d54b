"""Loops that a run never leaves by itself: every stage in them has but one way to go.

Found by walking as a run would where nothing asks, labels or counts: the heaviest edge, of
equal ones the first by name. It must not know how a stage ends, nor what any rule says.
"""

from __future__ import annotations

from collections.abc import Iterator

from .elements import Edge, Node
from .model import Graph
from .reach import backwards, reached, spread, ways
from .selection import rank

_LEAVES = frozenset({"wait.human", "stack.manager_loop", "exit"})


def endless(graph: Graph) -> tuple[tuple[Edge, ...], ...]:
    """The edges of each such loop, in the order of a walk from the node that stands first.

    Only loops from which some edge leads towards an exit: the others are dead ends.
    """
    return graph.once(_endless)


def _endless(graph: Graph) -> tuple[tuple[Edge, ...], ...]:
    order = {node: number for number, node in enumerate(graph.nodes)}
    steps = {
        node.id: step
        for node in graph.nodes.values()
        if (step := _only_way(graph, node)) is not None
    }
    visited = reached(graph)
    exits = [node.id for node in graph.nodes.values() if node.kind == "exit"]
    live = spread(backwards(ways(graph)), exits)
    done: set[str] = set()
    found: list[tuple[Edge, ...]] = []
    for node in graph.nodes:
        walked: dict[str, Edge] = {}
        while node in steps and node not in done and node not in walked:
            walked[node] = steps[node]
            node = steps[node].target
        if node in walked and node in visited and node in live:
            found.append(tuple(_cycle(walked, node, order)))
        done.update(walked)
    return tuple(found)


def _cycle(walked: dict[str, Edge], node: str, order: dict[str, int]) -> Iterator[Edge]:
    members = [node]
    while (following := walked[members[-1]].target) != node:
        members.append(following)
    start = members.index(min(members, key=order.__getitem__))
    for member in (*members[start:], *members[:start]):
        yield walked[member]


def _only_way(graph: Graph, node: Node) -> Edge | None:
    """The edge that is always taken, if a stage that ends well has no say in it."""
    edges = [edge for edge in graph.outgoing[node.id] if edge.target in graph.nodes]
    if not edges or node.kind in _LEAVES or "max_visits" in node.attrs:
        return None
    if any(edge.broken or edge.condition or edge.value("loop_restart", False) for edge in edges):
        return None
    if node.kind == "parallel":
        return None
    if len(edges) > 1 and any(edge.label for edge in edges):
        return None
    return min(edges, key=rank)
