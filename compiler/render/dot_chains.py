"""Edges as the chains and groups that DOT has for them: `a -> {b c} -> d`.

Only edges that say nothing but their ends are put together, and never so that the order of a
node's edges changes. It must not know attributes or how names are quoted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ..graph.elements import Edge

Group: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """Ends with arrows between them, each one node or a group; `edge` has attributes."""

    ends: tuple[Group, ...]
    edge: Edge | None = None


def chains(
    nodes: Iterable[str], outgoing: Mapping[str, Sequence[Edge]], described: Collection[int]
) -> list[Chain]:
    """The edges of these nodes in few statements; `described` are edges with attributes."""
    open_nodes = {
        node: tuple(edge.target for edge in edges)
        for node, edges in outgoing.items()
        if edges and _is_simple(edges, described)
    }
    written = frozenset(open_nodes)
    found: list[Chain] = []
    order = list(nodes)
    for index, node in enumerate(order):
        if node in open_nodes:
            found.append(_chain(_alike(order, index, open_nodes), open_nodes))
        elif node not in written:
            found.extend(_singles(outgoing.get(node, ()), described))
    return found


def _is_simple(edges: Sequence[Edge], described: Collection[int]) -> bool:
    """Whether a node's edges have no attributes, and different targets."""
    if any(edge.index in described for edge in edges):
        return False
    return len({edge.target for edge in edges}) == len(edges)


def _alike(nodes: Sequence[str], first: int, open_nodes: Mapping[str, Group]) -> Group:
    """The node at an index, and those right behind it that lead where it leads."""
    targets = open_nodes[nodes[first]]
    end = first + 1
    while end < len(nodes) and open_nodes.get(nodes[end]) == targets:
        end += 1
    return tuple(nodes[first:end])


def _chain(start: Group, open_nodes: dict[str, Group]) -> Chain:
    """The chain from a group, as far as it goes; its edges are then no longer open."""
    ends = [start]
    while True:
        targets = {open_nodes.get(node) for node in ends[-1]}
        following = targets.pop() if len(targets) == 1 else None
        if following is None:
            return Chain(tuple(ends))
        for node in ends[-1]:
            del open_nodes[node]
        ends.append(following)


def _singles(edges: Sequence[Edge], described: Collection[int]) -> list[Chain]:
    """A node's edges in their order; neighbours without attributes as one: `a -> {b c}`."""
    found: list[Chain] = []
    for edge in edges:
        last = found[-1] if found else None
        if edge.index in described:
            found.append(Chain(((edge.source,), (edge.target,)), edge))
        elif last is None or last.edge is not None or edge.target in last.ends[1]:
            found.append(Chain(((edge.source,), (edge.target,))))
        else:
            found[-1] = Chain((last.ends[0], (*last.ends[1], edge.target)))
    return found
