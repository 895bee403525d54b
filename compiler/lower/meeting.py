"""Fan-outs to regions: branches in declared order, and the policies of join and merge.

Where branches meet is already known; here the policies are gathered from the fan-out and
from where it meets, in one spelling. It must not know how regions are found, nor how a
join is decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..graph.elements import Node
from ..graph.judges import winner_of
from ..graph.model import Graph
from ..graph.patterns import bare
from ..graph.regions import BranchShape, RegionShape
from ..plan.model import Branch, Region
from ..plan.policy_text import join_text
from ..policy import FanOut, ForEach, Join, Merge
from .effective import effective
from .steps import place


def region_of(graph: Graph, shape: RegionShape) -> Region:
    """The region of a fan-out; what its fan-in does not say, the fan-out says for it."""
    fan_out = graph.nodes[shape.fan_out]
    mergers = [fan_out]
    if shape.meeting == "fan_in" and shape.join_at is not None:
        mergers.insert(0, graph.nodes[shape.join_at])
    in_order = sorted(shape.branches, key=lambda branch: (-branch.edge.weight, branch.edge.index))
    return Region(
        fan_out=shape.fan_out,
        branches=tuple(map(_branch, in_order)),
        join_at=shape.join_at,
        meeting=shape.meeting,
        policy=_policy(fan_out),
        winner=winner_of(graph, shape),
        merge=_said(mergers, "merge", Merge()),
        parent=shape.parent,
        nodes=tuple(sorted(shape.nodes)),
    )


def _branch(shape: BranchShape) -> Branch:
    edge = shape.edge
    return Branch(
        id=shape.id,
        head=shape.head,
        condition=edge.condition,
        weight=edge.weight,
        label=edge.label,
        fidelity=edge.value("fidelity") or None,
        thread_id=edge.value("thread_id") or None,
        place=place(edge.span),
    )


def _policy(node: Node) -> FanOut:
    default = FanOut()
    join: Join = effective(node, "join", default.join)
    return FanOut(
        join=replace(join, text=join_text(join)),
        error_policy=effective(node, "error_policy", default.error_policy),
        losers=effective(node, "losers", default.losers),
        decide=effective(node, "decide", default.decide),
        max_parallel=effective(node, "max_parallel", default.max_parallel),
        join_timeout_ms=effective(node, "join_timeout"),
        branch_timeout_ms=effective(node, "branch_timeout"),
        workspace=effective(node, "workspace", default.workspace),
        for_each=_for_each(node),
    )


def _for_each(node: Node) -> ForEach | None:
    key = effective(node, "for_each")
    # A key is written as everywhere else, with or without `context.` in front.
    return None if key is None else ForEach(bare(key), effective(node, "empty", "success"))


def _said(nodes: Sequence[Node], name: str, default: Any) -> Any:
    values = (effective(node, name) for node in nodes)
    return next((value for value in values if value is not None), default)
