"""Fork/join regions of a graph: each fan-out with its branches and its join (semantics 3).

Puts together what the modules beside it find out: branch ids and order, where branches
meet, what lies between, how regions nest. Every graph gets an answer, a faulty one its
likeliest reading and the faults. It must not know rules, severities or words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from .branching import named_branches
from .faults import Survey, find_faults
from .flow import Flow
from .pairing import Pairer, Pairing
from .shape import BranchShape, Meeting, Regions, RegionShape, TwoRegions

if TYPE_CHECKING:
    from .model import Graph

__all__ = ["BranchShape", "Meeting", "RegionShape", "Regions", "analyse"]


def analyse(graph: Graph) -> Regions:
    """All regions of a graph, and what is wrong with them. Never raises."""
    flow = Flow(graph)
    fan_outs = [node.id for node in graph.nodes.values() if node.kind == "parallel"]
    if not fan_outs and all(node.kind != "parallel.fan_in" for node in graph.nodes.values()):
        return Regions()
    fan_ins = frozenset(n.id for n in graph.nodes.values() if n.kind == "parallel.fan_in")
    branches = {
        fan_out: named_branches(e for e in flow.outgoing[fan_out] if graph.is_branch_edge(e))
        for fan_out in fan_outs
    }
    pairs = Pairer(flow, fan_ins, branches).pairs
    fan_in_of, doubles = _claims(flow, fan_ins, pairs)
    owner, overlaps = _nesting(pairs)
    by_fan_out = {
        fan_out: _shape(pairing, fan_in_of, owner.get(fan_out))
        for fan_out, pairing in pairs.items()
    }
    regions = Regions(
        by_fan_out,
        owner,
        {node: _branch_id(pairs[fan_out], node) for node, fan_out in owner.items()},
        fan_in_of,
        unsure=frozenset(
            fan_out
            for fan_out in fan_outs
            if fan_out not in flow.started or any(e.broken for e in graph.outgoing[fan_out])
        ),
    )
    survey = Survey(graph, flow, fan_ins, pairs, regions, doubles, overlaps)
    faults = find_faults(survey)
    told = {fault.fan_out for fault in faults}
    told.update(fault.other for fault in faults if isinstance(fault, TwoRegions))
    return replace(regions, faults=faults, faulty=frozenset(each for each in told if each))


def _branch_id(pairing: Pairing, node: str) -> str:
    return pairing.branches[pairing.territory.branches[node][0]].id


def _claims(
    flow: Flow, fan_ins: frozenset[str], pairs: Mapping[str, Pairing]
) -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    """Each fan-in's fan-out, and (fan-in, fan-out, fan-out) where two claim it side by side.

    Of nested fan-outs the outermost has it: the others join there as at any node.
    """
    claims: dict[str, list[str]] = {}
    for fan_out, pairing in pairs.items():
        if pairing.join_at in fan_ins:
            claims.setdefault(str(pairing.join_at), []).append(fan_out)
    owners: dict[str, str] = {}
    doubles: list[tuple[str, str, str]] = []
    for fan_in, claimants in claims.items():
        inner = {
            node
            for fan_out in claimants
            for node in claimants
            if node in pairs[fan_out].territory.branches
        }
        outermost = [fan_out for fan_out in claimants if fan_out not in inner] or claimants
        outermost = [fan_out for fan_out in outermost if fan_out in flow.started] or outermost
        owners[fan_in] = outermost[0]
        doubles += [(fan_in, outermost[0], other) for other in outermost[1:]]
    return owners, doubles


def _nesting(pairs: Mapping[str, Pairing]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Each node's innermost region, and pairs of regions that overlap without nesting."""
    owner: dict[str, str] = {}
    last: dict[str, str] = {}
    overlaps: dict[tuple[str, str], None] = {}
    for fan_out in sorted(pairs, key=lambda fan_out: len(pairs[fan_out].territory.branches)):
        inside = pairs[fan_out].territory.branches
        for node in inside:
            owner.setdefault(node, fan_out)
            smaller = last.get(node)
            if smaller is not None and smaller not in inside:
                overlaps[fan_out, smaller] = None
            last[node] = fan_out
        if pairs[fan_out].join_at is None:
            continue
        for node in inside:
            join_at = pairs[node].join_at if node in pairs else None
            if join_at is not None and join_at not in inside and join_at != pairs[fan_out].join_at:
                overlaps[fan_out, node] = None
    return owner, list(overlaps)


def _shape(pairing: Pairing, fan_in_of: Mapping[str, str], parent: str | None) -> RegionShape:
    territory = pairing.territory
    inside: list[list[str]] = [[] for _ in pairing.branches]
    for node, labels in territory.branches.items():
        for label in labels:
            inside[label].append(node)
    meeting: Meeting = "node"
    if pairing.join_at is None:
        meeting = "none"
    elif fan_in_of.get(pairing.join_at) == pairing.fan_out:
        meeting = "fan_in"
    return RegionShape(
        pairing.fan_out,
        tuple(
            BranchShape(branch.id, branch.id_span, branch.edge, branch.edge.target, frozenset(own))
            for branch, own in zip(pairing.branches, inside, strict=True)
        ),
        pairing.join_at,
        meeting,
        parent,
        frozenset(territory.branches),
    )
