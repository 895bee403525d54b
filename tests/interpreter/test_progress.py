"""What the record of a cancelled branch says about how far it was."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from attractorc.compiler.plan.model import FanIn, Parallel, Plan
from attractorc.compiler.policy import FanOut, Join
from attractorc.compiler.value import canonical
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.records import ParallelLifecycle

from ..laws.machine import CANCELLED, Run, opened
from .pipelines import SUCCEEDS, after, fails, fan, plan, quick, region, run, step, writes

FIRST = Join("first_success", text="first_success")
LATER = Outcome(Status.RETRY, failure_reason="later")


def race(policy: FanOut) -> Plan:
    """Two branches: `a` of one stage, and `b`, which may try twice and then goes on to `c`."""
    return plan(
        step("fan", work=Parallel()),
        step("a", "join", region="fan"),
        quick(step("b", "c", region="fan"), 1),
        step("c", "join", region="fan"),
        step("join", "exit", work=FanIn("fan")),
        regions=(region("fan", "a b", "join", policy=policy),),
    )


def nothing(run: Run) -> None:
    """`b` is at its first attempt."""


def twice(run: Run) -> None:
    run.finished("/fan.1/b", LATER)
    run.delay_over("/fan.1/b")


def waiting(run: Run) -> None:
    run.finished("/fan.1/b", LATER)


def onwards(run: Run) -> None:
    run.finished("/fan.1/b", SUCCEEDS)


def arrived(run: Run) -> None:
    onwards(run)
    run.finished("/fan.1/b", SUCCEEDS)


def failing(run: Run) -> None:
    onwards(run)
    run.finished("/fan.1/b", fails("it broke"))


RACE, NARROW, DECLARED = (
    FanOut(FIRST, decide="arrival"),
    FanOut(FIRST, max_parallel=1),
    FanOut(FIRST),
)
FAR: dict[str, tuple[FanOut, Callable[[Run], None], str | None, str]] = {
    "it never started": (NARROW, nothing, None, "it had not started"),
    "at its first attempt": (RACE, nothing, "/fan.1/b/b.1", "'b' was at attempt 1"),
    "at its second": (RACE, twice, "/fan.1/b/b.1", "'b' was at attempt 2"),
    "between two attempts": (RACE, waiting, "/fan.1/b/b.1", "'b' was at attempt 1"),
    "in its second stage": (RACE, onwards, "/fan.1/b/c.1", "'c' was at attempt 1"),
    "it had ended, and its end was held": (
        DECLARED,
        arrived,
        "/fan.1/b/c.1",
        "it had ended (success), not yet taken",
    ),
    "it had failed, and its end was held": (
        DECLARED,
        failing,
        "/fan.1/b/c.1",
        "it had ended (fail), not yet taken",
    ),
}


@pytest.mark.parametrize(("policy", "before", "stage", "reason"), FAR.values(), ids=FAR)
def test_the_record_of_a_cancelled_branch_says_how_far_it_was(
    policy: FanOut, before: Callable[[Run], None], stage: str | None, reason: str
) -> None:
    run = opened(race(policy), keep=True)
    before(run)
    run.finished("/fan.1/a", SUCCEEDS)
    if "/fan.1/b" in run.out:
        run.finished("/fan.1/b", CANCELLED)
    told = run.gone["/fan.1/b"]
    assert isinstance(told, ParallelLifecycle)
    assert (told.terminal_stage, told.reason) == (stage, reason)
    outcome = canonical(run.outcome())
    assert reason not in outcome
    assert "/fan.1/b/" not in outcome


def test_a_branch_between_two_stages_is_at_neither() -> None:
    run = opened(race(FanOut(FIRST, decide="arrival")), jobs=1, keep=True)
    run.finished("/fan.1/a", SUCCEEDS)
    told = run.gone["/fan.1/b"]
    assert isinstance(told, ParallelLifecycle)
    assert (told.terminal_stage, told.reason) == (None, "'b' had not started")


def test_a_fan_out_inside_a_cancelled_branch_is_named() -> None:
    made = plan(
        step("outer", work=Parallel()),
        step("inner", work=Parallel(), region="outer"),
        step("p", "meet", region="inner"),
        step("meet", "join", work=FanIn("inner"), region="outer"),
        step("z", "join", region="outer"),
        step("join", "exit", work=FanIn("outer")),
        regions=(
            region("outer", "inner z", "join", policy=FanOut(FIRST, decide="arrival")),
            region("inner", "p", "meet", parent="outer"),
        ),
    )
    run = opened(made, keep=True)
    run.finished("/outer.1/z", SUCCEEDS)
    run.finished("/outer.1/inner/inner.1/p", CANCELLED)
    outer, inner = run.gone["/outer.1/inner"], run.gone["/outer.1/inner/inner.1/p"]
    assert isinstance(outer, ParallelLifecycle)
    assert isinstance(inner, ParallelLifecycle)
    assert outer.reason == "its fan-out 'inner' was at work"
    assert outer.terminal_stage == "/outer.1/inner/inner.1"
    assert inner.reason == "'p' was at attempt 1"


def test_how_far_a_loser_was_is_in_its_record_and_in_no_decision() -> None:
    ran = run(fan("a b", FanOut(FIRST)), {"a": after(0.05), "b": writes(x=1)})
    (told,) = ran.of(ParallelLifecycle, "branch_cancelled")
    assert told.reason == "it had ended (success), not yet taken"
    faster = run(fan("a b", FanOut(FIRST)), {"b": after(5)})
    (told,) = faster.of(ParallelLifecycle, "branch_cancelled")
    assert told.reason == "'b' was at attempt 1"
    assert ran.result.outcome_digest == faster.result.outcome_digest
