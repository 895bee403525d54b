"""One walker: stages in order, the next edge, failures, retries, gates, loops, limits."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from attractorc.compiler.plan.model import Conditional
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.ports import Call
from attractorc.interpreter.records import RouteDecision, StageLifecycle

from .pipelines import SUCCEEDS, fails, plan, quick, run, step, to, when, writes


def labelled(label: str) -> Outcome:
    return Outcome(Status.SUCCESS, preferred_label=label)


def suggests(*nodes: str) -> Outcome:
    return Outcome(Status.SUCCESS, suggested_next_ids=nodes)


NEXT_EDGES = {
    "a matching condition wins over any weight": (
        [to("x", weight=9), to("y", condition=when("outcome", "success"))],
        SUCCEEDS,
        ("y", "condition"),
    ),
    "among matching conditions the heavier edge wins": (
        [
            to("x", condition=when("outcome", "success")),
            to("y", condition=when("outcome", "success"), weight=1),
        ],
        SUCCEEDS,
        ("y", "condition"),
    ),
    "a preferred label is compared without case and accelerator": (
        [to("x"), to("y", "[F] Fix it")],
        labelled("fix IT"),
        ("y", "preferred_label"),
    ),
    "a preferred label never takes a conditioned edge": (
        [to("x"), to("y", "fix", condition=when("k", "v"))],
        labelled("fix"),
        ("x", "only_edge"),
    ),
    "a suggested node is taken where no label matches": (
        [to("x", weight=5), to("y")],
        suggests("nowhere", "y"),
        ("y", "suggested_next"),
    ),
    "the heavier edge wins": ([to("x"), to("y", weight=1)], SUCCEEDS, ("y", "weight")),
    "the first target in lexical order ends a tie": (
        [to("y"), to("x")],
        SUCCEEDS,
        ("x", "lexical"),
    ),
    "a condition sees what the stage wrote": (
        [to("x"), to("y", condition=when("context.flag", "true"))],
        writes(flag=True),
        ("y", "condition"),
    ),
}


@pytest.mark.parametrize(("routes", "outcome", "expected"), NEXT_EDGES.values(), ids=NEXT_EDGES)
def test_the_next_edge_is_chosen_in_five_steps(routes, outcome, expected) -> None:
    made = plan(step("a", *routes), step("x", "exit"), step("y", "exit"))
    ran = run(made, {"a": outcome})
    taken = next(one for one in ran.of(RouteDecision) if one.node_id == "a")
    assert (taken.selected_edge["to"], taken.rule) == expected


def test_edges_of_which_none_matches_are_a_failure() -> None:
    ran = run(plan(step("a", to("exit", condition=when("k", "v")))))
    assert (ran.result.status, ran.result.reason) == (
        "fail",
        "no edge of 'a' matched: its outcome was success",
    )


def test_a_node_without_edges_ends_the_run_with_its_own_outcome() -> None:
    assert run(plan(step("a"))).result.status == "success"
    assert run(plan(step("a")), {"a": fails("no")}).result.reason == "no"


FAILURES = {
    "a fail edge is taken": (
        step("a", "x", to("y", condition=when("outcome", "fail"))),
        ["a", "y"],
        "success",
    ),
    "an unconditional edge is not taken after a failure": (step("a", "x"), ["a"], "fail"),
    "the retry target is taken where no condition matches": (
        step("a", "x", retry_target="y"),
        ["a", "y"],
        "success",
    ),
    "the fallback is taken where there is no retry target": (
        step("a", "x", fallback_retry_target="y"),
        ["a", "y"],
        "success",
    ),
    "an unconditional edge to a conditional node is taken": (
        step("a", "gate"),
        ["a", "y"],
        "success",
    ),
}


@pytest.mark.parametrize(("first", "visited", "status"), FAILURES.values(), ids=FAILURES)
def test_a_failure_goes_only_where_it_is_routed(first, visited, status) -> None:
    gate = step(
        "gate",
        to("x", condition=when("outcome", "success")),
        to("y", condition=when("outcome", "fail")),
        work=Conditional(),
    )
    ran = run(plan(first, gate, step("x", "exit"), step("y", "exit")), {"a": fails()})
    assert (ran.handler.ran, ran.result.status) == (visited, status)


def test_a_conditional_node_keeps_the_outcome_of_the_stage_before_it() -> None:
    gate = step("gate", to("x", condition=when("outcome", "fail")), "y", work=Conditional())
    made = plan(step("a", "gate"), gate, step("x", "exit"), step("y", "exit"))
    assert run(made, {"a": fails()}).handler.ran == ["a", "x"]
    assert run(made).handler.ran == ["a", "y"]


def test_the_default_edge_of_a_conditional_node_is_taken_after_a_failure_too() -> None:
    gate = step("gate", to("x", condition=when("outcome", "success")), "y", work=Conditional())
    made = plan(step("a", "gate"), gate, step("x", "exit"), step("y", "exit"))
    assert run(made, {"a": fails()}).handler.ran == ["a", "y"]


AGAIN = Outcome(Status.RETRY, failure_reason="not yet")
RETRIES = {
    "RETRY is tried again and then succeeds": ([AGAIN, SUCCEEDS], 2, False, 2, "success"),
    "FAIL is tried again where max_retries stands on the node": (
        [fails(), SUCCEEDS],
        2,
        True,
        2,
        "success",
    ),
    "FAIL is not tried again by the graph's default": ([fails(), SUCCEEDS], 2, False, 1, "fail"),
    "the budget ends": ([AGAIN], 2, False, 3, "fail"),
    "a permanent failure is not tried again": (
        [fails()._replace(permanent=True), SUCCEEDS],
        2,
        True,
        1,
        "fail",
    ),
}


@pytest.mark.parametrize(
    ("outcomes", "retries", "covers_fail", "tries", "status"), RETRIES.values(), ids=RETRIES
)
def test_retries_follow_the_policy(outcomes, retries, covers_fail, tries, status) -> None:
    ran = run(plan(quick(step("a", "exit"), retries, covers_fail=covers_fail)), {"a": outcomes})
    assert (ran.handler.ran, ran.result.status) == (["a"] * tries, status)


def test_a_retry_that_is_exhausted_may_be_accepted_as_partial() -> None:
    partial = replace(quick(step("a", "exit"), 1), allow_partial=True)
    ran = run(plan(partial), {"a": AGAIN})
    assert [one.status for one in ran.of(StageLifecycle, "completed") if one.node_id == "a"] == [
        "partial_success"
    ]


def test_a_failed_attempt_leaves_nothing_in_the_context_of_the_next() -> None:
    seen: list[object] = []

    async def look(call: Call) -> Outcome:
        seen.append(call.context.get("left"))
        status = Status.SUCCESS if call.attempt == 3 else Status.RETRY
        return Outcome(status, context_updates={"left": call.attempt})

    ran = run(plan(quick(step("a", "exit"), 5)), {"a": look})
    assert (seen, ran.context["left"]) == ([None, None, None], 3)
    kept = [one.context_updates for one in ran.of(StageLifecycle, "retrying")]
    assert kept == [{"left": 1}, {"left": 2}]


def test_every_retry_has_a_context_forked_from_the_turn_before_the_stage() -> None:
    ran = run(plan(quick(step("a", "exit"), 2)), {"a": [AGAIN, AGAIN, SUCCEEDS]})
    starts = [one for one in ran.of(StageLifecycle, "started") if one.node_id == "a"]
    assert [one.attempt for one in starts] == [1, 2, 3]
    assert starts[1].base_turn == starts[2].base_turn is not None


def test_a_timeout_is_a_failure_with_its_reason() -> None:
    async def sleep(call: Call) -> Outcome:
        await asyncio.sleep(5)
        return SUCCEEDS

    ran = run(plan(replace(step("a", "exit"), timeout_ms=30)), {"a": sleep})
    assert ran.result.reason == "timed out after 30 ms"


def test_a_handler_that_raises_is_a_failure_with_its_words() -> None:
    async def burst(call: Call) -> Outcome:
        raise ValueError("no such thing")

    assert run(plan(step("a", "exit")), {"a": burst}).result.reason == "ValueError: no such thing"


def test_a_gate_that_is_not_satisfied_leads_back_to_its_retry_target() -> None:
    gate = step(
        "a",
        to("exit", condition=when("outcome", "fail")),
        "exit",
        goal_gate=True,
        retry_target="a",
    )
    ran = run(plan(gate), {"a": [fails(), SUCCEEDS]})
    assert (ran.handler.ran, ran.result.status) == (["a", "a"], "success")


def test_a_gate_without_any_retry_target_fails_the_run() -> None:
    gate = step("a", to("exit", condition=when("outcome", "fail")), goal_gate=True)
    ran = run(plan(gate), {"a": fails()})
    assert (ran.result.status, ran.result.reason) == (
        "fail",
        "the goal gate 'a' is not satisfied and no retry target leads back to it",
    )


def test_a_gate_may_use_the_retry_target_of_the_graph() -> None:
    gate = step("a", to("exit", condition=when("outcome", "fail")), "exit", goal_gate=True)
    ran = run(plan(gate, retry_target="a"), {"a": [fails(), SUCCEEDS]})
    assert ran.handler.ran == ["a", "a"]


def test_a_loop_counts_its_visits_and_ends_at_max_visits() -> None:
    loop = step("a", "a", max_visits=3)
    ran = run(plan(loop), {})
    assert ran.handler.ran == ["a", "a", "a"]
    assert ran.result.reason == "'a' may be visited 3 times (max_visits)"


def test_keys_outside_the_declared_writes_are_dropped_and_named() -> None:
    one = step("a", "exit", writes=("score", "lint.*"))
    ran = run(plan(one), {"a": writes(score=1, other=2, **{"lint.x": 3, "graph.goal": "no"})})
    committed = next(one for one in ran.of(StageLifecycle, "completed") if one.node_id == "a")
    assert committed.context_updates == {"lint.x": 3, "score": 1}
    assert committed.dropped_keys == ["graph.goal", "other"]


def test_a_context_update_that_is_not_json_fails_the_stage() -> None:
    ran = run(plan(step("a", "exit")), {"a": writes(x=float("nan"))})
    assert ran.result.reason == (
        "the handler's outcome cannot be used: the value of 'x': nan is not JSON"
    )


def test_inputs_and_graph_keys_are_in_the_context_from_the_start() -> None:
    made = plan(step("a", "exit"), context={"graph.goal": "ship"})
    ran = run(made, inputs={"base": "main"})
    assert (ran.context["graph.goal"], ran.context["inputs.base"]) == ("ship", "main")
