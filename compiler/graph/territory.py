"""What lies between a fan-out and a join: which nodes, shared by whom, and what leaves it.

One region seen for itself, for a join that is proposed: pairing tries several and keeps
the one that leaves the least to complain about. It must not know other regions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .elements import Edge
from .flow import Flow


@dataclass(frozen=True, slots=True)
class Territory:
    """The region of one fan-out for one join.

    `branches` maps each node inside to the first one or two branches (positions) that reach
    it before the join. `shared` are the nodes where two branches run together first.
    `escapes` are edges that leave other than to the join, `exits` those that leave to an
    exit.
    """

    join_at: str | None
    branches: dict[str, tuple[int, ...]]
    shared: tuple[str, ...]
    escapes: tuple[Edge, ...]
    exits: tuple[Edge, ...]


def survey(flow: Flow, fan_out: str, heads: Sequence[Edge], join_at: str | None) -> Territory:
    """The territory of the branch edges `heads` up to `join_at`; without it, to all ends.

    Inside is what reaches the join without passing the fan-out again, and what only the
    branches reach. The rest of what they reach belongs to others: leading there is leaving.
    """

    def stop(node: str) -> bool:
        return node in (fan_out, join_at)

    reached = flow.forward([edge.target for edge in heads], stop)
    outside = _outside(flow, fan_out, heads, reached, join_at)
    branches = _labelled(flow, heads, reached - outside)
    shared = _first_shared(flow, heads, branches)
    leaving = [edge for edge in heads if _leaves(edge, fan_out, outside)]
    for node in sorted(branches, key=flow.order.__getitem__):
        if len(branches[node]) == 1:
            leaving += [e for e in flow.outgoing[node] if _leaves(e, fan_out, outside)]
    return Territory(
        join_at,
        branches,
        shared,
        tuple(edge for edge in leaving if edge.target not in flow.exits),
        tuple(edge for edge in leaving if edge.target in flow.exits),
    )


def _leaves(edge: Edge, fan_out: str, outside: frozenset[str]) -> bool:
    away = edge.target in outside or edge.target == fan_out
    return away or bool(edge.value("loop_restart", False))


def _outside(
    flow: Flow, fan_out: str, heads: Sequence[Edge], reached: frozenset[str], join_at: str | None
) -> frozenset[str]:
    """What of `reached` belongs to others: neither leads to the join, nor is the branches' own."""
    if join_at is None:
        return frozenset()
    rest = reached - _leading_to(flow, join_at, reached)
    own = frozenset(edge.index for edge in heads)
    seeds = [node for node in rest if node in flow.exits or _entered(flow, node, own, reached)]
    found: set[str] = set()
    while seeds:
        node = seeds.pop()
        if node not in found:
            found.add(node)
            seeds.extend(edge.target for edge in flow.outgoing[node] if edge.target in rest)
    return frozenset(found)


def _leading_to(flow: Flow, join_at: str, reached: frozenset[str]) -> frozenset[str]:
    found: set[str] = set()
    pending = [join_at]
    while pending:
        for edge in flow.incoming[pending.pop()]:
            if edge.source in reached and edge.source not in found:
                found.add(edge.source)
                pending.append(edge.source)
    return frozenset(found)


def _entered(flow: Flow, node: str, heads: frozenset[int], reached: frozenset[str]) -> bool:
    return any(
        edge.source not in reached and edge.source in flow.started and edge.index not in heads
        for edge in flow.incoming[node]
    )


def _labelled(
    flow: Flow, heads: Sequence[Edge], inside: frozenset[str]
) -> dict[str, tuple[int, ...]]:
    labels: dict[str, tuple[int, ...]] = {}
    for label, head in enumerate(heads):
        pending = [head.target]
        while pending:
            node = pending.pop()
            had = labels.get(node, ())
            if node in inside and len(had) < 2 and label not in had:
                labels[node] = (*had, label)
                pending.extend(edge.target for edge in flow.outgoing[node])
    return labels


def _first_shared(
    flow: Flow, heads: Sequence[Edge], branches: dict[str, tuple[int, ...]]
) -> tuple[str, ...]:
    """Shared nodes that two branches reach by ways of their own, not by a node shared before."""
    shared = [node for node in branches if len(branches[node]) > 1]
    starts: dict[str, set[int]] = {}
    for label, head in enumerate(heads):
        starts.setdefault(head.target, set()).add(label)
    first: list[str] = []
    for node in shared:
        own = set(starts.get(node, ()))
        for edge in flow.incoming[node]:
            labels = branches.get(edge.source, ())
            if len(labels) == 1:
                own.update(labels)
        if len(own) > 1:
            first.append(node)
    return tuple(sorted(first or shared[:1], key=flow.order.__getitem__))
