"""What is wrong with the regions of a graph, each fault once and under its cause.

An edge that is wrong is often wrong for several regions and for several reasons; here one
is chosen. The order of the searches says which: what names the cause comes first, and
later searches skip what was found. It must not know rules, severities or words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .branching import duplicates
from .elements import Attr
from .flow import RETRY_TARGETS, Flow
from .pairing import Pairing
from .shape import (
    Fault,
    LoneJoin,
    Regions,
    SameId,
    SharedNode,
    TwoRegions,
    WrongEdge,
    WrongTarget,
)

if TYPE_CHECKING:
    from .model import Graph


@dataclass(slots=True)
class Survey:
    """All that is known of the regions; `told` are edges and nodes that a fault names."""

    graph: Graph
    flow: Flow
    fan_ins: frozenset[str]
    pairs: Mapping[str, Pairing]
    regions: Regions
    doubles: Sequence[tuple[str, str, str]]
    overlaps: Sequence[tuple[str, str]]
    told_edges: set[int] = field(default_factory=set)
    told_nodes: set[str] = field(default_factory=set)

    def innermost_first(self) -> list[Pairing]:
        """The regions by size: one inside another is always smaller."""
        return sorted(self.pairs.values(), key=lambda pair: len(pair.territory.branches))


def find_faults(survey: Survey) -> tuple[Fault, ...]:
    """All faults, none about fan-outs that are unsure."""
    found: list[Fault] = []
    for search in (
        _duplicate_ids,
        _double_claims,
        _crossings,
        _shared,
        _leaving,
        _entering,
        _jumps,
        _joins_alone,
    ):
        found += [fault for fault in search(survey) if _heard(survey, fault)]
    return tuple(found)


def _heard(survey: Survey, fault: Fault) -> bool:
    other = fault.other if isinstance(fault, TwoRegions) else None
    return survey.regions.unsure.isdisjoint((fault.fan_out or "", other or ""))


def _duplicate_ids(survey: Survey) -> Iterator[Fault]:
    for pairing in survey.pairs.values():
        for first, second in duplicates(pairing.branches):
            yield SameId("duplicate_branch_id", pairing.fan_out, first, second)


def _double_claims(survey: Survey) -> Iterator[Fault]:
    for fan_in, first, other in survey.doubles:
        survey.told_nodes.add(fan_in)
        yield TwoRegions("double_join", first, other, fan_in)


def _crossings(survey: Survey) -> Iterator[Fault]:
    """Regions that overlap; what leads from one into the other is told with that."""
    doubled = {frozenset((first, other)) for _, first, other in survey.doubles}
    for outer, other in survey.overlaps:
        if frozenset((outer, other)) in doubled:
            continue
        nodes: set[str | None] = set()
        for fan_out in (outer, other):
            nodes.update(survey.pairs[fan_out].territory.branches)
            nodes.add(survey.pairs[fan_out].join_at)
        survey.told_edges.update(
            edge.index
            for edge in survey.flow.edges
            if edge.source in nodes and edge.target in nodes
        )
        yield TwoRegions("crossing_regions", outer, other, survey.pairs[other].join_at)


def _shared(survey: Survey) -> Iterator[Fault]:
    for pairing in survey.innermost_first():
        for node in pairing.territory.shared:
            if node in survey.told_nodes or node in survey.regions.fan_in_of:
                continue
            survey.told_nodes.add(node)
            one, other = pairing.territory.branches[node]
            ids = pairing.branches[one].id, pairing.branches[other].id
            if ids[0] == ids[1]:
                continue  # told already, as one id for two branches
            if node in survey.fan_ins:
                yield SharedNode("double_join", pairing.fan_out, ids, node)
            else:
                yield SharedNode("shared_branch_node", pairing.fan_out, ids, node)


def _leaving(survey: Survey) -> Iterator[Fault]:
    for pairing in survey.innermost_first():
        territory = pairing.territory
        heads = {branch.edge.index: label for label, branch in enumerate(pairing.branches)}
        for edge in (*territory.escapes, *territory.exits):
            if edge.index in survey.told_edges or edge.target in survey.told_nodes:
                continue
            survey.told_edges.add(edge.index)
            label = heads.get(edge.index)
            if label is None:
                label = territory.branches[edge.source][0]
            branch = pairing.branches[label].id
            if edge.target in survey.flow.exits:
                yield WrongEdge("exit_in_branch", pairing.fan_out, branch, edge)
            else:
                yield WrongEdge("region_escape", pairing.fan_out, branch, edge)


def _entering(survey: Survey) -> Iterator[Fault]:
    for edge in survey.flow.edges:
        if (
            edge.index in survey.told_edges
            or edge.target in survey.told_nodes
            or edge.source not in survey.flow.started
        ):
            continue
        entered = _entered(survey, edge.source, edge.target)
        if entered is None:
            continue
        fan_out, branch = entered
        if edge.source == fan_out and (branch is None or survey.graph.is_branch_edge(edge)):
            continue
        survey.told_edges.add(edge.index)
        around = {fan_out, *(outer for outer, _ in survey.regions.place(edge.target))}
        if any(survey.pairs[outer].join_at == edge.source for outer in around):
            yield WrongEdge("loop_through_join", fan_out, branch, edge)
        else:
            yield WrongEdge("region_entry", fan_out, branch, edge)


def _entered(survey: Survey, source: str, target: str) -> tuple[str, str | None] | None:
    """The region (and its branch, None for its fan-in) that a jump enters from outside."""
    regions = survey.regions
    joined = regions.fan_in_of.get(target)
    if joined is not None:
        return None if source in survey.pairs[joined].territory.branches else (joined, None)
    owner = regions.owner.get(target)
    if owner is None or source in survey.pairs[owner].territory.branches:
        return None
    return owner, regions.branch_of[target]


def _jumps(survey: Survey) -> Iterator[Fault]:
    graph = survey.graph
    for name in RETRY_TARGETS:
        if name in graph.attrs:
            yield from _jump(survey, None, graph.attrs[name])
    for node in graph.nodes.values():
        if node.id in survey.flow.started and node.id not in survey.told_nodes:
            for name in RETRY_TARGETS:
                if name in node.attrs:
                    yield from _jump(survey, node.id, node.attrs[name])


def _jump(survey: Survey, source: str | None, attr: Attr) -> Iterator[Fault]:
    """A retry target is in the same branch as its node, or the join where that branch ends."""
    regions = survey.regions
    target = str(attr.value)
    if target not in survey.graph.nodes or target in survey.told_nodes:
        return
    here = regions.place(source) if source is not None else ()
    there = regions.place(target)
    deeper = there[len(there) - len(here) :] == here
    if here and not deeper and target != survey.pairs[here[0][0]].join_at:
        fan_out, branch = here[0]
        yield WrongTarget("region_escape", fan_out, branch, source, attr)
        return
    entered = _entered(survey, source or "", target)
    if entered is not None and entered != (source, None):
        yield WrongTarget("region_entry", *entered, source, attr)


def _joins_alone(survey: Survey) -> Iterator[Fault]:
    """Fan-ins at which no fan-out's branches meet, with the region that comes nearest."""
    regions = survey.regions
    doubtful = survey.flow.forward(regions.unsure, lambda _: False)
    for node in survey.graph.nodes:
        if (
            node in survey.fan_ins
            and node in survey.flow.started
            and node not in regions.fan_in_of
            and node not in survey.told_nodes
            and node not in doubtful
        ):
            owner = regions.owner.get(node)
            branch = None if owner is None else regions.branch_of[node]
            nearest = owner if owner is not None else _met_before(survey, node)
            yield LoneJoin("join_without_fork", nearest, branch, node)


def _met_before(survey: Survey, fan_in: str) -> str | None:
    """The fan-out whose branches meet at another node on the way to this fan-in."""
    best: tuple[int, str] | None = None
    for fan_out, shape in survey.regions.by_fan_out.items():
        if shape.meeting != "node" or fan_out not in survey.flow.started:
            continue
        heads = [branch.head for branch in shape.branches]
        chain = list(survey.flow.meeting_chain(heads, fan_out))
        if fan_in in chain and (best is None or chain.index(fan_in) < best[0]):
            best = (chain.index(fan_in), fan_out)
    return best[1] if best else None
