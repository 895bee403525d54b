"""Whether a fan-out's join can be decided while some of its branches still run.

Only what the policy says, whatever the branches do. It must not know data or rules.
"""

from __future__ import annotations

from ..policy import Join, branches_named
from .model import Graph
from .shape import BranchShape, RegionShape


def may_decide_early(graph: Graph, shape: RegionShape) -> bool:
    """Whether some branch's end may not be needed, be it for success or for failure."""
    node = graph.nodes[shape.fan_out]
    join = _join(graph, shape)
    if node.value("error_policy") == "fail_fast" or join.kind == "all_success":
        return len(shape.branches) > 1 or is_template(graph, shape)
    return may_succeed_early(graph, shape) or join.kind in ("k_of_n", "quorum", "formula")


def may_succeed_early(graph: Graph, shape: RegionShape) -> bool:
    """Whether the join can be satisfied while a branch still runs."""
    return any(may_do_without(graph, shape, branch) for branch in shape.branches)


def may_do_without(graph: Graph, shape: RegionShape, branch: BranchShape) -> bool:
    """Whether the join can be satisfied before this branch's end is taken into account.

    Under `decide=declared` the ends of the branches before it are always taken first. With
    `for_each` the branch is a template, and the last of many need not be waited for.
    """
    join, number = _join(graph, shape), len(shape.branches)
    if is_template(graph, shape):
        return join.kind in ("first_success", "k_of_n", "quorum", "majority")
    ids = [each.id for each in shape.branches]
    before = ids.index(branch.id)
    if graph.nodes[shape.fan_out].value("decide") == "arrival":
        before = number - 1
    match join.kind:
        case "first_success":
            return before >= 1
        case "k_of_n":
            return join.k is not None and before >= join.k
        case "quorum":
            return join.ratio is not None and before >= -(-join.ratio * number // 1)
        case "majority":
            return before >= number // 2 + 1
        case "formula":
            named = set(branches_named(join.formula)) if join.formula is not None else {branch.id}
            if not named <= set(ids):
                return False
            return branch.id not in named and (before == number - 1 or named <= set(ids[:before]))
        case _:
            return False


def is_template(graph: Graph, shape: RegionShape) -> bool:
    """Whether the region's branch stands for as many as its collection has elements."""
    return "for_each" in graph.nodes[shape.fan_out].attrs


def _join(graph: Graph, shape: RegionShape) -> Join:
    join = graph.nodes[shape.fan_out].value("join")
    return join if isinstance(join, Join) else Join()
