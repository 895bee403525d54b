"""A pipeline as a stage: what goes in, what comes out, and that it is run like any other."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from attractorc.compiler.plan.child import MAX_NESTED
from attractorc.compiler.plan.difference import difference
from attractorc.compiler.plan.digest import sealed
from attractorc.compiler.plan.model import Plan
from attractorc.interpreter.decide.plan_change import reached, standing_in_the_way
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.queries import branches, why
from attractorc.interpreter.queries.lineage import lineage
from attractorc.interpreter.records import (
    ChildLifecycle,
    InterviewLifecycle,
    ParallelLifecycle,
    RouteDecision,
    StageLifecycle,
)
from attractorc.interpreter.stores.memory import MemoryStore

from .crashing import Crash, Crashing
from .families import family, tools
from .pipelines import Says, Scripted, after, fails, quick, run, writes
from .test_resume import committed, once_each

CALLS = 'call [pipeline="inner.dot", writes="found"]\nstart -> call -> exit'
INNER = tools("look") + "\nstart -> look -> exit"


def ends(ran: Any, node: str = "call") -> list[tuple[str, int, str]]:
    """Kind, attempt and status of every outcome of a node on the trunk."""
    records = ran.of(StageLifecycle, "completed", "failed", "retrying")
    return [
        (one.kind, one.attempt, one.status)
        for one in records
        if one.node_id == node and not one.path
    ]


def stages(ran: Any) -> list[str]:
    return [one.stage_attempt_id.partition(":")[2] for one in ran.of(StageLifecycle, "started")]


def test_its_stages_have_the_path_of_the_stage_and_are_journaled_in_the_same_run() -> None:
    ran = run(family(CALLS, inner=INNER))
    assert stages(ran) == [
        "/start.1@1",
        "/call.1@1",
        "/call.1/start.1@1",
        "/call.1/look.1@1",
        "/call.1/exit.1@1",
        "/exit.1@1",
    ]
    assert ran.result.status == "success"


def test_only_declared_keys_come_out_of_it() -> None:
    ran = run(family(CALLS, inner=INNER), {"look": writes(found=3, other=4)})
    assert ran.context["found"] == 3
    assert "other" not in ran.context
    assert "inputs.other" not in ran.context


def test_nothing_comes_out_where_nothing_is_declared() -> None:
    body = 'call [pipeline="inner.dot"]\nstart -> call -> exit'
    ran = run(family(body, inner=INNER), {"look": writes(found=3)})
    assert "found" not in ran.context


def test_it_sees_its_own_goal_and_inputs_and_nothing_of_what_is_around_it() -> None:
    outer = (
        'goal="outside"; ' + tools("before") + '\ncall [pipeline="inner.dot", with="depth=4"]\n'
        "start -> before -> call -> exit"
    )
    inner = 'goal="inside"; inputs="depth: int; who = bob"; ' + INNER
    ran = run(family(outer, inner=inner), {"before": writes(secret=1)})
    (call,) = (one for one in ran.handler.calls if one.step.id == "look")
    assert dict(call.inputs) == {"depth": 4, "who": "bob"}
    assert call.goal == "inside"
    assert call.context["graph.goal"] == "inside"
    assert call.context["inputs.depth"] == 4
    assert "secret" not in call.context


GIVEN: dict[str, tuple[str, str, Any, Any]] = {
    "a reference alone keeps its type": ("x: json", "${found}", [1, {"a": 2}], [1, {"a": 2}]),
    "a reference in a text is text": ("x", "found ${found}", [1], "found [1]"),
    "a text becomes what is declared": ("x: int", "${found}", " 12 ", 12),
    "a number becomes a text": ("x", "${found}", 12, "12"),
    "a whole number becomes a float": ("x: float", "${found}", 2, 2.0),
    "a truth": ("x: bool", "${found}", "True", True),
    "a missing key leaves the default": ("x: int = 7", "${missing}", 1, 7),
}


@pytest.mark.parametrize(("declared", "given", "found", "expected"), GIVEN.values(), ids=GIVEN)
def test_what_an_input_is_given(declared: str, given: str, found: Any, expected: Any) -> None:
    outer = (
        tools("before") + f'\ncall [pipeline="inner.dot", with="x=\'{given}\'"]\n'
        "start -> before -> call -> exit"
    )
    plan = family(outer, inner=f'inputs="{declared}"; ' + INNER)
    ran = run(plan, {"before": writes(found=found)})
    (started,) = ran.of(ChildLifecycle, "started")
    assert started.inputs == {"x": expected}
    assert type(started.inputs["x"]) is type(expected)


UNFIT = {
    "no value": ("x: int", "${missing}", 1, "its input 'x' is given 'missing', which has no value"),
    "another type": ("x: int", "${found}", "many", 'of type int, and "many" is not one'),
    "a truth as a number": ("x: int", "${found}", True, "of type int, and true is not one"),
    "a fraction": ("x: int", "${found}", 1.5, "of type int, and 1.5 is not one"),
    "a list": ("x: bool", "${found}", [], "of type bool, and [] is not one"),
    "more than a float holds": ("x: float", "${found}", 10**400, "of type float, and 1000"),
    "a text of more than a float holds": (
        "x: json",
        "${found}",
        "[1e999]",
        'of type json, and "[1e999]" is not one',
    ),
    "much of it": ("x: int", "${found}", "a" * 99, f'of type int, and "{"a" * 68}... is not one'),
    "no JSON": ("x: json", "${found}", "{", 'of type json, and "{" is not one'),
}


@pytest.mark.parametrize(("declared", "given", "found", "said"), UNFIT.values(), ids=UNFIT)
def test_what_cannot_be_given_fails_the_stage_for_good(
    declared: str, given: str, found: Any, said: str
) -> None:
    outer = (
        tools("before") + f'\ncall [pipeline="inner.dot", max_retries=3, with="x=\'{given}\'"]\n'
        "start -> before -> call -> exit"
    )
    plan = family(outer, inner=f'inputs="{declared}"; ' + INNER)
    ran = run(plan, {"before": writes(found=found)})
    assert ends(ran) == [("failed", 1, "fail")], "no other attempt would find another value"
    assert ran.result.reason.startswith("'call' cannot run the pipeline 'inner': ")
    assert said in ran.result.reason
    assert ran.handler.ran == ["before"]


def test_its_failure_is_the_stages_and_says_what_failed() -> None:
    ran = run(family(CALLS, inner=INNER), {"look": fails("no light")})
    assert ends(ran) == [("failed", 1, "fail")]
    assert ran.result.reason == "the pipeline 'inner' failed: no light"


def test_its_failure_is_routed_like_that_of_any_stage() -> None:
    outer = (
        'call [pipeline="inner.dot"]\n' + tools("mend") + "\nstart -> call\n"
        'call -> exit [condition="outcome=success"]\n'
        'call -> mend [condition="outcome=fail"]\nmend -> exit'
    )
    ran = run(family(outer, inner=INNER), {"look": fails()})
    assert ran.handler.ran == ["look", "mend"]
    assert ran.result.status == "success"


def test_a_retry_of_the_stage_runs_it_again_from_the_beginning_under_a_path_of_its_own() -> None:
    outer = CALLS.replace("writes", "max_retries=2, retry_policy=none, writes")
    inner = tools("look more") + "\nstart -> look -> more -> exit"
    plan = family(outer.replace("retry_policy=none, ", ""), inner=inner)
    seen: list[bool] = []

    async def look(call: Any) -> Outcome:
        seen.append("found" in call.context)
        return writes(found=1)

    ran = run(plan, {"look": look, "more": [fails(), Outcome(Status.SUCCESS)]})
    assert ends(ran) == [("retrying", 1, "fail"), ("completed", 2, "success")]
    assert [one for one in stages(ran) if "look" in one] == [
        "/call.1/look.1@1",
        "/call.1@2/look.1@1",
    ]
    assert ran.context["found"] == 1
    assert seen == [False, False], "what an attempt wrote is never seen by the next"


def test_retries_gates_loops_and_routes_work_inside_as_outside() -> None:
    inner = tools("try") + (
        "\ntry [goal_gate=true, retry_target=try, max_visits=3]\nstart -> try\n"
        'try -> exit [condition="outcome=success"]\ntry -> exit [condition="outcome=fail"]'
    )
    ran = run(family(CALLS, inner=inner), {"try": [fails(), fails(), Outcome(Status.SUCCESS)]})
    assert ran.handler.ran == ["try", "try", "try"]
    rules = [one.rule for one in ran.of(RouteDecision) if one.path == "/call.1"]
    assert rules.count("goal_gate") == 2
    assert ran.result.status == "success"


FORKS = (
    'f [shape=component]\nm [shape=tripleoctagon, merge="found: append"]\n'
    + tools("one two")
    + "\nstart -> f -> {one two} -> m -> exit"
)


def test_its_fan_outs_are_joined_and_merged_inside() -> None:
    behaviour = {"one": writes(found="a"), "two": writes(found="b")}
    ran = run(family(CALLS, inner=FORKS), behaviour)
    assert ran.context["found"] == ["a", "b"]
    assert [one.path for one in branches(ran.store, "run-1")] == [
        "/call.1/f.1/one",
        "/call.1/f.1/two",
    ]
    (told,) = why(ran.store, "run-1", "found")
    assert "  came out of the pipeline of /call.1@1" in told.lines


def test_the_origin_of_what_came_out_is_followed_into_it() -> None:
    behaviour = {"one": writes(found="a"), "two": writes(found="b")}
    ran = run(family(CALLS, inner=FORKS), behaviour)
    found = lineage(ran.store, "run-1", "found")
    assert found is not None
    origin = found.origin
    assert origin is not None
    assert (origin.how, origin.writer) == ("pipeline", "/call.1@1")
    assert origin.inner is not None
    assert (origin.inner.how, origin.inner.writer) == ("merge", "/call.1/m.1@1")
    assert [one.writer for one in origin.inner.contributions] == [
        "/call.1/f.1/one/one.1@1",
        "/call.1/f.1/two/two.1@1",
    ]


def test_the_way_back_out_of_it_tells_where_its_context_was_forked() -> None:
    ran = run(family(CALLS, inner=INNER))
    found = lineage(ran.store, "run-1", "/call.1/look.1")
    assert found is not None
    (out,) = found.steps
    (started,) = ran.of(ChildLifecycle, "started")
    assert (out.path, out.branch_id, out.stage) == ("/call.1", "", "/call.1/look.1")
    assert (out.sequence_no, out.context) == (started.sequence_no, started.context)
    assert (out.base_context, out.base_turn) == (started.base_context, started.base_turn)


def test_the_origin_of_an_input_is_the_stage_that_gave_it() -> None:
    outer = 'call [pipeline="inner.dot", with="x=4"]\nstart -> call -> exit'
    ran = run(family(outer, inner='inputs="x: int"; ' + INNER))
    found = lineage(ran.store, "run-1", "inputs.x", "/call.1")
    assert found is not None
    origin = found.origin
    assert origin is not None
    assert (origin.how, origin.writer, origin.value) == ("input", "/call.1@1", 4)
    assert lineage(ran.store, "run-1", "graph.goal", "/call.1") is None


def test_its_gate_parks_the_run_and_an_answer_goes_on_inside() -> None:
    inner = 'ask [shape=hexagon, label="Go on?"]\nstart -> ask\nask -> exit [label="[Y] Yes"]'
    plan, store = family(CALLS, inner=inner), MemoryStore()
    parked = run(plan, store=store)
    assert parked.result.status == "parked"
    assert parked.result.questions == ("/call.1/ask.1",)
    resumed = run(plan, store=store, interviewer=Says("Y"), resume=True)
    assert resumed.result.status == "success"
    assert len(resumed.of(ChildLifecycle, "started")) == 1
    assert len(resumed.of(InterviewLifecycle, "completed")) == 1


def test_it_runs_in_a_branch_and_its_fan_outs_lie_below_that() -> None:
    outer = (
        'fan [shape=component]\njoin [shape=tripleoctagon, merge="found: collect"]\n'
        'left [pipeline="inner.dot", writes=found]\nright [pipeline="inner.dot", writes=found]\n'
        "start -> fan -> {left right} -> join -> exit"
    )
    plan = family(outer, inner=FORKS)
    assert len(plan.children) == 1, "one file, one plan"
    ran = run(plan, {"one": writes(found="a"), "two": writes(found="b")})
    assert ran.context["found"] == {"left": ["a", "b"], "right": ["a", "b"]}
    assert "/fan.1/left/left.1/f.1/one/one.1@1" in stages(ran)


def test_a_branch_that_is_not_needed_takes_the_pipeline_in_it_along() -> None:
    outer = (
        "fan [shape=component, join=first_success]\njoin [shape=tripleoctagon]\n"
        'slow [pipeline="inner.dot"]\n' + tools("quick") + "\n"
        "start -> fan -> {quick slow} -> join -> exit"
    )
    ran = run(family(outer, inner=FORKS), {"one": after(30), "two": after(30)})
    assert ran.result.status == "success"
    cancelled = ran.of(StageLifecycle, "cancelled")
    assert sorted(one.path for one in cancelled) == [
        "/fan.1/slow/slow.1/f.1/one",
        "/fan.1/slow/slow.1/f.1/two",
    ]
    given_up = [one.branch_path for one in ran.of(ParallelLifecycle, "branch_cancelled")]
    assert given_up == [
        "/fan.1/slow/slow.1/f.1/one",
        "/fan.1/slow/slow.1/f.1/two",
        "/fan.1/slow",
    ]
    assert once_each(ran)


def test_the_timeout_of_the_stage_ends_all_that_runs_in_it() -> None:
    outer = CALLS.replace("writes", 'timeout="60ms", writes')
    ran = run(family(outer, inner=FORKS), {"one": after(30)})
    assert ends(ran) == [("failed", 1, "fail")]
    assert ran.result.reason == "timed out after 60ms"
    (over,) = ran.of(ChildLifecycle, "timeout")
    assert over.child_path == "/call.1"
    kinds = [one.kind for one in ran.of(ParallelLifecycle) if one.branch_id]
    assert kinds.count("branch_cancelled") == 2, "the one that had ended was held behind the other"
    assert once_each(ran)


def test_a_late_pipeline_is_tried_again_if_the_stage_says_so() -> None:
    outer = CALLS.replace("writes", 'timeout="80ms", max_retries=1, writes')
    ran = run(family(outer, inner=INNER), {"look": [after(30), writes(found=2)]})
    assert ends(ran) == [("retrying", 1, "fail"), ("completed", 2, "success")]
    assert ran.context["found"] == 2


def test_time_in_which_nobody_ran_the_run_does_not_count_for_its_timeout() -> None:
    outer = CALLS.replace("writes", 'timeout="10s", writes')
    plan, store = family(outer, inner=INNER), MemoryStore()
    with pytest.raises(Crash):
        run(plan, store=Crashing(store, 12))  # type: ignore[arg-type]
    assert run(plan, store=store, resume=True).result.status == "success"


DEEPER = (
    'inputs="depth: int = 1"; ' + tools("dig") + "\ndig [writes=next]\n"
    'deeper [pipeline="outer.dot", with="depth=${next}", writes=next]\nstart -> dig\n'
    'dig -> deeper [condition="next<4"]\ndig -> exit\ndeeper -> exit'
)


async def digs(call: Any) -> Outcome:
    await asyncio.sleep(0)
    return writes(next=call.inputs["depth"] + 1)


def test_a_pipeline_may_run_itself() -> None:
    ran = run(family(DEEPER), {"dig": digs}, inputs={"depth": 1})
    assert [call.path for call in ran.handler.calls] == [
        "",
        "/deeper.1",
        "/deeper.1/deeper.1",
    ]
    assert ran.context["next"] == 4
    assert ran.result.status == "success"


def test_one_that_never_stops_running_itself_is_refused_with_one_sentence() -> None:
    plan = family(DEEPER.replace("next<4", "next>0"))
    ran = run(plan, {"dig": digs}, inputs={"depth": 1})
    assert len(ran.handler.calls) == MAX_NESTED
    assert ran.result.status == "fail"
    assert ran.result.reason.endswith(
        "'deeper' would run 'outer' as pipeline number 17 in one another; at most 16 are, so one "
        "that runs itself needs a way out"
    )


def test_a_loop_over_a_pipeline_in_which_nothing_happens_ends() -> None:
    outer = 'call [pipeline="inner.dot"]\nd [shape=diamond]\nstart -> call -> d\n' + (
        'd -> call [condition="x!=1"]\nd -> exit [condition="x=1"]'
    )
    ran = run(family(outer, inner="start -> exit"), replayed=False)
    assert "none of which did anything" in ran.result.reason


def resumable() -> tuple[Plan, dict[str, Any]]:
    outer = (
        'fan [shape=component, join=all_success]\njoin [shape=tripleoctagon, merge="*: collect"]\n'
        'left [pipeline="inner.dot", max_retries=1, with="who=l", writes=found]\n'
        'right [pipeline="inner.dot", with="who=r", writes=found]\n'
        + tools("last")
        + "\nstart -> fan -> {left right} -> join -> last -> exit"
    )
    inner = 'inputs="who"; ' + FORKS

    async def one(call: Any) -> Outcome:
        await asyncio.sleep(0)
        first = call.inputs["who"] == "l" and "@2" not in call.path
        return fails("not yet") if first else writes(found=call.inputs["who"])

    behaviour = {"one": one, "two": writes(found=2)}
    inner = inner.replace("f [shape=component]", "f [shape=component, join=all_success]")
    plan = family(outer, inner=inner)
    steps = {**plan.steps, "left": quick(plan.steps["left"], 1)}
    return sealed(replace(plan, steps=steps)), behaviour


def test_from_every_prefix_of_its_journal_the_outcome_is_the_same() -> None:
    plan, behaviour = resumable()
    undisturbed = run(plan, behaviour)
    assert undisturbed.context["found"] == {"left": ["l", 2], "right": ["r", 2]}
    total = len(undisturbed.records)
    for survives in range(3, total):
        store = MemoryStore()
        with pytest.raises(Crash):
            run(plan, Scripted(behaviour), store=Crashing(store, survives))  # type: ignore[arg-type]
        before = committed(store)
        second = Scripted(behaviour)
        resumed = run(plan, second, store=store, resume=True)
        assert resumed.result.outcome_digest == undisturbed.result.outcome_digest, survives
        assert not before & {call.stage_id for call in second.calls}, survives
        assert once_each(resumed), survives


def test_its_turns_stand_in_a_context_that_was_forked_where_the_stage_was_entered() -> None:
    ran = run(family(CALLS, inner=INNER))
    (child,) = ran.of(ChildLifecycle, "started")
    entered = next(one for one in ran.of(StageLifecycle, "started") if one.node_id == "call")
    number = entered.sequence_no
    turns = {turn.id: turn for turn in ran.store.turns(child.context, limit=100)}
    inherited = [turn for turn in turns.values() if turn.context != child.context]
    assert child.base_turn in {turn.id for turn in inherited}
    assert max(turn.depth for turn in inherited) == number - 2, "the turn before the stage"
    own = [turn for turn in turns.values() if turn.context == child.context]
    assert len(own) == 1 + sum(getattr(one, "path", "") == "/call.1" for one in ran.records)


def test_a_run_that_is_cancelled_ends_what_runs_in_it() -> None:
    plan, store = family(CALLS, inner=INNER), MemoryStore()

    async def cancels(call: Any) -> Outcome:
        store.post("run-1", "cancel", {}, "2026-01-01T00:00:00.000Z")
        await asyncio.sleep(30)
        return Outcome(Status.SUCCESS)

    ran = run(plan, {"look": cancels}, store=store, poll_ms=5)
    assert ran.result.status == "cancelled"
    (cancelled,) = ran.of(StageLifecycle, "cancelled")
    assert cancelled.path == "/call.1"


def test_a_changed_child_takes_over_where_its_stage_was_not_reached_and_nowhere_else() -> None:
    outer = tools("before") + "\n" + CALLS.replace("start -> call", "start -> before -> call")
    old = family(outer, inner=INNER)
    new = family(outer, inner=INNER.replace('tool_command="look"', 'tool_command="peer"'))
    differ = difference(old, new)
    assert differ.stages == ("call",)
    store = MemoryStore()
    ran = run(old, store=store)
    of_before = [one for one in ran.records if one.sequence_no < 9]
    assert standing_in_the_way(reached(of_before, old), differ, old, new) is None
    why_not = standing_in_the_way(reached(ran.records, old), differ, old, new)
    assert why_not == "the stage 'call' has started already (/call.1), and is another one"


def test_what_a_run_reached_in_a_child_is_none_of_its_own_stages() -> None:
    outer = CALLS.replace("-> exit", "-> look -> exit") + "\n" + tools("look")
    plan = family(outer, inner=INNER)
    ran = run(plan)
    inside = [one for one in ran.records if getattr(one, "path", "") == "/call.1"]
    before = [one for one in ran.records if one.sequence_no < inside[0].sequence_no]
    assert "look" not in reached([*before, *inside], plan).stages
    assert reached(ran.records, plan).stages["look"] == "/look.1"


@pytest.mark.parametrize(
    "named",
    ["pipeline=", "shape=house, stack.child_dotfile="],
    ids=["by itself", "under a supervisor"],
)
def test_what_a_pipeline_reached_where_it_runs_itself_is_reached(named: str) -> None:
    body = DEEPER.replace("dig -> exit", "dig -> last -> exit").replace("pipeline=", named)
    plan = family(f"{body}\n{tools('last')}")
    ran = run(plan, {"dig": digs}, inputs={"depth": 2})
    assert ran.handler.ran == ["dig", "dig", "last"]
    assert reached(ran.records, plan).stages["last"] == "/deeper.1/last.1"


def test_its_agents_are_told_of_its_own_run_and_of_nothing_around_it() -> None:
    stages = tools("look") + '\nsay [prompt="Say it"]\nstart -> look -> say -> exit'
    around = tools("before") + "\n" + CALLS.replace("-> call", "-> before -> call")
    plan = family(f'goal="outside"; {around}', inner=f'goal="inside"; {stages}')
    ran = run(plan, {"look": writes(seen=1)})
    (call,) = (one for one in ran.handler.calls if one.step.id == "say")
    told = call.carried.preamble()
    assert "look" in told
    assert "inside" in told
    assert "before" not in told
    assert "outside" not in told
