"""Goal gates: every place where a retry target may stand, on the trunk and in branches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from attractorc.compiler.plan.digest import sealed
from attractorc.compiler.plan.model import FanIn, Parallel, Plan
from attractorc.interpreter.decide.gates import BACK_LIMIT
from attractorc.interpreter.records import ParallelLifecycle, RouteDecision

from .pipelines import SUCCEEDS, fails, plan, region, run, step, to, when


def gated(node: dict[str, Any], graph: dict[str, Any]) -> Plan:
    """a -> b -> c -> exit, where b is a goal gate whose failure is passed over."""
    return plan(
        step("a", "b"),
        step("b", to("c"), to("c", condition=when("outcome", "fail")), goal_gate=True, **node),
        step("c", "exit"),
        **graph,
    )


NODE_FIRST = {
    "the stage's retry_target before all others": (
        {"retry_target": "a", "fallback_retry_target": "c"},
        {"retry_target": "c", "fallback_retry_target": "c"},
        ["a", "b", "c", "a", "b", "c"],
    ),
    "the stage's fallback_retry_target where it has no retry_target": (
        {"fallback_retry_target": "a"},
        {"retry_target": "c"},
        ["a", "b", "c", "a", "b", "c"],
    ),
    "the graph's retry_target where the stage has none": (
        {},
        {"retry_target": "a", "fallback_retry_target": "c"},
        ["a", "b", "c", "a", "b", "c"],
    ),
    "the graph's fallback_retry_target at the last": (
        {},
        {"fallback_retry_target": "b"},
        ["a", "b", "c", "b", "c"],
    ),
}


@pytest.mark.parametrize(("node", "graph", "ran"), NODE_FIRST.values(), ids=NODE_FIRST)
def test_a_gate_that_does_not_hold_leads_back_by(
    node: dict[str, Any], graph: dict[str, Any], ran: list[str]
) -> None:
    came = run(gated(node, graph), {"b": [fails(), SUCCEEDS]})
    assert (came.result.status, came.handler.ran) == ("success", ran)
    (back,) = [route for route in came.of(RouteDecision) if route.rule == "goal_gate"]
    assert back.node_id == "exit"


def test_a_gate_that_never_holds_ends_the_run_with_a_reason_and_not_in_a_circle() -> None:
    came = run(gated({"retry_target": "c"}, {}), {"b": fails()})
    assert came.result.status == "fail"
    assert came.result.reason == (
        "the goal gate 'b' is not satisfied, and goal gates have led back 100 times already"
    )
    assert came.handler.ran.count("c") == BACK_LIMIT + 1


def test_max_visits_bounds_a_gates_way_back_earlier() -> None:
    limited = gated({"retry_target": "a"}, {})
    steps = {**limited.steps, "a": replace(limited.steps["a"], max_visits=3)}
    came = run(sealed(replace(limited, steps=steps)), {"b": fails()})
    assert came.result.reason == "'a' may be visited 3 times (max_visits)"


def branched(node: dict[str, Any], graph: dict[str, Any]) -> Plan:
    """Two branches; one is w -> b, where b is a goal gate whose failure is passed over."""
    return plan(
        step("fan", work=Parallel()),
        step("w", "b", region="fan"),
        step(
            "b",
            to("t"),
            to("t", condition=when("outcome", "fail")),
            region="fan",
            goal_gate=True,
            **node,
        ),
        step("t", "join", region="fan"),
        step("other", "join", region="fan"),
        step("join", "exit", work=FanIn("fan")),
        regions=(region("fan", "w other", "join"),),
        **graph,
    )


def test_a_branch_takes_the_targets_of_its_own_nodes() -> None:
    came = run(branched({"fallback_retry_target": "w"}, {}), {"b": [fails(), SUCCEEDS]})
    assert came.result.status == "success"
    assert came.handler.ran.count("w") == 2


def test_a_branch_does_not_take_the_graphs_targets_and_fails_by_its_gate() -> None:
    graph = {"retry_target": "w", "fallback_retry_target": "w"}
    came = run(branched({}, graph), {"b": fails()})
    (failed,) = came.of(ParallelLifecycle, "branch_failed")
    assert failed.branch_id == "w"
    assert came.handler.ran.count("w") == 1
    (route,) = [each for each in came.of(RouteDecision) if each.rule == "goal_gate"]
    assert route.terminated_reason == (
        "the goal gate 'b' is not satisfied and no retry target leads back to it"
    )
