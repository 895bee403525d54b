"""Which of a node's edges can be taken at all, and which only by its name's luck.

The specification's steps of edge selection (3.3), asked for every case that the node's
conditions can tell apart. Branch edges of a fan-out are no choice and are left out. It must
not know what any rule says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .coverage import holds
from .elements import Edge, Node
from .model import Graph
from .possible import cases
from .reach import is_missing

_NEVER_SUGGESTS = frozenset({"start", "conditional", "parallel.fan_in"})


@dataclass(frozen=True, slots=True)
class Tie:
    """Two edges of one weight whose conditions both hold in `case`; `winner` is taken."""

    winner: Edge
    loser: Edge
    case: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Chances:
    """What is known of a node's edges.

    `constant` are edges whose condition never holds (False), or always (True). `dead` maps
    an edge that is never taken, though its condition may hold, to the edge that is taken
    instead, None where all the others together leave it no case. `ties` name each pair once.
    """

    constant: tuple[tuple[Edge, bool], ...] = ()
    dead: tuple[tuple[Edge, Edge | None], ...] = ()
    ties: tuple[Tie, ...] = ()


def chances(graph: Graph, node: Node) -> Chances:
    """What can become of each edge that leaves a node."""
    return graph.once(_all_chances)[node.id]


def _all_chances(graph: Graph) -> Mapping[str, Chances]:
    return {node.id: _chances(graph, node) for node in graph.nodes.values()}


def _chances(graph: Graph, node: Node) -> Chances:
    edges = [edge for edge in graph.outgoing[node.id] if not graph.is_branch_edge(edge)]
    if any(edge.broken or is_missing(graph, edge.target) for edge in edges):
        return Chances()
    asking = [edge for edge in edges if edge.condition is not None]
    free = [edge for edge in edges if edge.condition is None]
    met = _met(asking)
    constant = _constant(graph, node, asking)
    never = {edge.index for edge, value in constant if not value}
    dead: list[tuple[Edge, Edge | None]] = []
    for edge in asking:
        if met and edge.index not in never:
            dead += _beaten(edge, met)
    if any(value for _, value in constant):
        # What such a condition takes from the others is told with it.
        return Chances(constant)
    if free and met and all(true for _, true in met):
        # A default beside the same target is caution, and changes nothing.
        led = {edge.target for edge in asking}
        dead += [(edge, None) for edge in free if edge.target not in led]
    else:
        dead += _outweighed(node, free)
    lost = {edge.index for edge, _ in dead} | never
    alive = [edge for edge in asking if edge.index not in lost]
    return Chances(constant, tuple(dead), _ties(alive, met))


def rank(edge: Edge) -> tuple[int, str]:
    """What edges are compared by: the heavier one first, then by the target's id."""
    return (-edge.weight, edge.target)


_Met = tuple[tuple[Mapping[str, str], tuple[Edge, ...]], ...]


def _met(asking: list[Edge]) -> _Met:
    """Each case, with the edges whose condition holds in it."""
    conditions = [edge.condition for edge in asking if edge.condition is not None]
    return tuple(
        (case, tuple(edge for edge in asking if edge.condition and holds(edge.condition, case)))
        for case in (cases(conditions) if conditions else ())
    )


def _constant(graph: Graph, node: Node, asking: list[Edge]) -> tuple[tuple[Edge, bool], ...]:
    branches = [
        edge
        for edge in graph.outgoing[node.id]
        if graph.is_branch_edge(edge) and edge.condition is not None
    ]
    found: list[tuple[Edge, bool]] = []
    for edge in (*asking, *branches):
        condition = edge.condition
        if condition is not None:
            values = {holds(condition, case) for case in cases([condition])}
            if len(values) == 1:
                found.append((edge, values.pop()))
    return tuple(found)


def _beaten(edge: Edge, met: _Met) -> list[tuple[Edge, Edge | None]]:
    """The edge, and what is taken in its stead, if that is so in every case."""
    winners = [min(true, key=rank) for _, true in met if edge in true]
    if not winners or any(winner is edge for winner in winners):
        return []
    same = all(winner is winners[0] for winner in winners)
    return [(edge, winners[0] if same else None)]


def _outweighed(node: Node, free: list[Edge]) -> list[tuple[Edge, Edge | None]]:
    """Edges without a condition that another always wins against: no label can name them."""
    if node.kind not in _NEVER_SUGGESTS or len(free) < 2:
        return []
    best = min(free, key=rank)
    return [
        (edge, best)
        for edge in free
        if edge is not best
        and edge.target != best.target
        and (not edge.label or node.kind != "conditional")
    ]


def _ties(alive: list[Edge], met: _Met) -> tuple[Tie, ...]:
    found: dict[tuple[int, int], Tie] = {}
    for case, true in met:
        if any("\n" in value for value in case.values()):
            # That a text contains two words at once is possible, but seldom what happens.
            continue
        held = [edge for edge in true if edge in alive]
        if len(held) < 2:
            continue
        winner = min(true, key=rank)
        for edge in held:
            if edge.weight == winner.weight and edge.target != winner.target:
                found.setdefault((winner.index, edge.index), Tie(winner, edge, case))
    return tuple(found.values())
