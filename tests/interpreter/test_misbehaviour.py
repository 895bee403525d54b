"""What handlers, interviewers, authors and names do wrong: the run survives and says so."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from attractorc.compiler.expr import Comparison
from attractorc.compiler.plan.model import Conditional, FanIn, Human, Parallel
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.ports import Answer, Call
from attractorc.interpreter.queries.lineage import lineage
from attractorc.interpreter.records import (
    InterviewLifecycle,
    ParallelLifecycle,
    RouteDecision,
    StageLifecycle,
)

from .pipelines import (
    SUCCEEDS,
    Nobody,
    Says,
    Scripted,
    fails,
    fan,
    plan,
    quick,
    region,
    run,
    step,
    to,
    when,
    writes,
)


class Odd(BaseException):
    """What no handler should raise."""


class Mute(Exception):
    """An error that cannot even say what it is."""

    def __str__(self) -> str:
        raise ValueError("no")


FAULTS = {
    "half a surrogate pair in its message": (ValueError("\ud800"), "ValueError: \\ud800"),
    "an error that cannot be shown": (Mute(), "Mute: its message cannot be shown"),
    "an exception that is no Exception": (Odd("far out"), "Odd: far out"),
    "its own cancellation": (asyncio.CancelledError(), "the handler cancelled itself"),
    "a timeout of its own": (TimeoutError("the database"), "TimeoutError: the database"),
}


@pytest.mark.parametrize(("error", "reason"), FAULTS.values(), ids=FAULTS)
def test_whatever_a_handler_raises_is_a_failure_in_words(error, reason) -> None:
    async def burst(call: Call) -> Outcome:
        raise error

    ran = run(plan(step("a", "exit")), {"a": burst})
    assert (ran.result.status, ran.result.reason) == ("fail", reason)


def test_ids_that_are_no_text_fail_the_stage() -> None:
    odd = Outcome(Status.SUCCESS, suggested_next_ids=("\ud800",))
    assert "cannot be used" in run(plan(step("a", "exit")), {"a": odd}).result.reason


GATE = step("ship", to("exit", "[Y] Yes"), work=Human(("Ship?",)))


@pytest.mark.parametrize(
    "answer",
    [None, Answer("chosen", "\udcff"), Answer("chosen", None), asyncio.CancelledError(), Odd()],
    ids=["nothing", "half a character", "no text", "a cancellation", "an odd exception"],
)
def test_whatever_an_interviewer_gives_is_answered_or_skipped(answer) -> None:
    class Interviewer:
        async def ask(self, question):
            if isinstance(answer, BaseException):
                raise answer
            return answer

    ran = run(plan(GATE), interviewer=Interviewer())
    assert ran.result.status == "fail"
    assert ran.result.reason.startswith("the question of 'ship' was skipped (")


def test_a_gates_timeout_holds_for_every_interviewer() -> None:
    class Sleeper:
        async def ask(self, question):
            await asyncio.sleep(30)

    timed = replace(GATE, timeout_ms=20, work=Human(("Ship?",), default_choice="exit"))
    assert run(plan(timed), interviewer=Sleeper()).result.status == "success"


def test_what_a_handler_does_to_a_context_value_reaches_nobody() -> None:
    seen: list[object] = []

    async def scribble(call: Call) -> Outcome:
        call.context["kept"].append(call.step.id)
        return SUCCEEDS

    async def look(call: Call) -> Outcome:
        await asyncio.sleep(0.02)
        seen.append(call.context["kept"])
        return SUCCEEDS

    made = plan(
        step("first", "fan"),
        step("fan", work=Parallel()),
        step("a", "join", region="fan"),
        step("b", "join", region="fan"),
        step("join", "exit", work=FanIn("fan")),
        regions=(region("fan", "a b", "join"),),
    )
    ran = run(made, {"first": writes(kept=[]), "a": scribble, "b": look})
    assert (seen, ran.context["kept"]) == ([[]], [])


def test_a_limit_ends_the_walk_even_where_a_failure_is_routed_back() -> None:
    ran = run(plan(step("a", "exit", max_visits=3, retry_target="a")), {"a": fails("no")})
    assert ran.handler.ran == ["a", "a", "a"]
    assert ran.result.reason == "'a' may be visited 3 times (max_visits)"
    ids = [one.stage_attempt_id for one in ran.of(StageLifecycle, "failed")]
    assert len(ids) == len(set(ids)) == 4


def test_a_walk_through_stages_that_do_nothing_comes_to_an_end() -> None:
    made = plan(step("c", "d", work=Conditional()), step("d", "c", work=Conditional()))
    ran = run(made)
    assert "none of which did anything" in ran.result.reason


@pytest.mark.parametrize(("answer", "went"), [("p", "production"), ("s", "staging")])
def test_a_person_who_chose_an_edge_goes_along_that_edge(answer, went) -> None:
    gate = step(
        "ship",
        to("production", "[P] Deploy"),
        to("staging", "[S] Deploy"),
        work=Human(("Where?",)),
    )
    made = plan(gate, step("production", "exit"), step("staging", "exit"))
    ran = run(made, interviewer=Says(answer))
    assert ran.handler.ran == [went]


def test_two_edges_with_one_label_are_told_apart_by_their_number() -> None:
    gate = step("ship", to("a", "Yes"), to("b", "Yes"), work=Human(("Ship?",)))
    made = plan(gate, step("a", "exit"), step("b", "exit"))
    assert run(made, interviewer=Says("2")).handler.ran == ["b"]
    odd = step("ship", to("a", "b"), to("b"), work=Human(("Ship?",)))
    named = plan(odd, step("a", "exit"), step("b", "exit"))
    assert run(named, interviewer=Says("2")).handler.ran == ["b"]


def test_why_a_branch_failed_survives_a_conditional_node() -> None:
    made = plan(
        step("fan", work=Parallel()),
        step("a", "gate", region="fan"),
        step("gate", "join", work=Conditional(), region="fan"),
        step("b", "join", region="fan"),
        step("join", "exit", work=FanIn("fan")),
        regions=(region("fan", "a b", "join"),),
    )
    ran = run(made, {"a": fails("three tests are red")})
    assert [one.reason for one in ran.of(ParallelLifecycle, "branch_failed")] == [
        "three tests are red"
    ]


@pytest.mark.parametrize("value", ["1" * 400, "1" * 5000, "1_0", "nan", "inf", "1e999"])
def test_no_number_in_a_condition_is_too_odd(value) -> None:
    routes = (to("big", condition=Comparison("n", ">", "5")), to("small"))
    made = plan(step("a", *routes), step("big", "exit"), step("small", "exit"))
    went = run(made, {"a": writes(n=value)}).handler.ran[-1]
    assert went == ("big" if value == "1" * 400 else "small")


@pytest.mark.parametrize(
    "name",
    ["支" * 60, "a/../../b", "x" * 300, "%2F", ".."],
    ids=["cjk", "up", "long", "pct", "dots"],
)
def test_a_stage_has_its_folder_whatever_it_is_called(name, tmp_path) -> None:
    made: list[str] = []

    async def folder(call: Call) -> Outcome:
        made.append(str(call.stage_dir()))
        return SUCCEEDS

    ran = run(fan(f"{name} b"), {name: folder}, folder=tmp_path)
    assert ran.result.status == "success"
    assert made[0].startswith(str(tmp_path / "stages"))
    assert ".." not in made[0].removeprefix(str(tmp_path)).split("/")


def test_one_posted_answer_is_taken_once() -> None:
    made, store = plan(quick(GATE, 3)), run(plan(GATE), interviewer=Nobody()).store
    parked = run(made, interviewer=Nobody(), run_id="run-2", store=store)
    store.post("run-2", "answer", {"question": "/ship.1", "choice": "maybe"}, "now")
    again = run(made, interviewer=Nobody(), run_id="run-2", store=store, resume=True)
    assert (parked.result.status, again.result.status) == ("parked", "parked")
    assert [one.answer for one in again.of(InterviewLifecycle, "completed")] == ["maybe"]


def test_only_the_fan_outs_own_results_go_when_it_is_entered_again() -> None:
    made = plan(
        step("results2", work=Parallel()),
        step("a", "j1", region="results2"),
        step("b", "j1", region="results2"),
        step("j1", "second", work=FanIn("results2")),
        step("second", work=Parallel()),
        step("c", "j2", region="second"),
        step("d", "j2", region="second"),
        step("j2", "exit", work=FanIn("second")),
        regions=(region("results2", "a b", "j1"), region("second", "c d", "j2")),
    )
    assert run(made).context["parallel.results2.success_count"] == 2


def test_a_gate_where_branches_meet_nowhere_does_not_hide_that_no_edge_matched() -> None:
    gate = step("a", to("b", condition=when("x", "1")), region="fan", goal_gate=True)
    made = plan(
        step("fan", work=Parallel()),
        replace(gate, retry_target="a"),
        step("b", region="fan"),
        regions=(region("fan", "a b", None),),
    )
    ran = run(made)
    assert "no_route" in {one.rule for one in ran.of(RouteDecision)}


def test_what_a_branch_saw_is_what_was_there_when_it_was_forked() -> None:
    made = plan(
        step("s", "fan"),
        step("fan", work=Parallel()),
        step("a", "join", region="fan"),
        step("b", "join", region="fan"),
        step("join", "t", work=FanIn("fan")),
        step("t", "exit"),
        regions=(region("fan", "a b", "join"),),
    )
    ran = run(made, {"s": writes(x=1), "t": writes(x=2)})
    seen = lineage(ran.store, "run-1", "x", "/fan.1/a")
    assert seen is not None
    assert seen.origin is not None
    assert (seen.origin.writer, seen.origin.value) == ("/s.1@1", 1)


class AtOnce(Scripted):
    """A handler without effects: it has its outcomes ready, but for the node `slow`."""

    def at_once(self, call: Call) -> Outcome | None:
        if call.step.id == "wrong":
            raise ValueError("out of order")
        return None if call.step.id == "slow" else writes(out=call.step.id)


def test_a_handler_without_effects_is_asked_at_once_and_run_for_the_rest() -> None:
    handler = AtOnce()
    ran = run(plan(step("a", "slow"), step("slow", "b"), step("b", "exit")), handler)
    assert (ran.result.status, handler.ran) == ("success", ["slow"])
    assert ran.context["out"] == "b"


def test_a_fault_of_a_handler_that_is_asked_at_once_is_an_outcome() -> None:
    ran = run(plan(step("wrong", "exit")), AtOnce())
    assert (ran.result.status, ran.result.reason) == ("fail", "ValueError: out of order")


def test_a_folder_that_a_program_made_a_link_is_not_emptied_through_it(tmp_path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").touch()
    seen: list[Path] = []

    async def swap(call: Call) -> Outcome:
        folder = call.stage_dir()
        folder.rmdir()
        folder.symlink_to(precious)
        return SUCCEEDS

    async def look(call: Call) -> Outcome:
        seen.extend(call.stage_dir().iterdir())
        (call.stage_dir() / "left").touch()
        return SUCCEEDS

    made = plan(step("a", "b"), step("b", "c"), step("c", "exit"))
    assert run(made, {"a": swap, "b": look, "c": look}, folder=tmp_path).result.status == "success"
    assert (precious / "file").exists()
    assert seen == []
