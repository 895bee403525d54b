"""`branch_timeout` and `join_timeout`: what they end, what they count, what they leave alone."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from typing import Any

import pytest

from attractorc.compiler.plan.model import FanIn, Human, Parallel
from attractorc.compiler.policy import FanOut, ForEach, Join, Merge, MergeRule
from attractorc.interpreter.driver.clock import SystemClock
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.ports import Call
from attractorc.interpreter.records import (
    FanInDecision,
    InterviewLifecycle,
    ParallelLifecycle,
    StageLifecycle,
)
from attractorc.interpreter.stores.memory import MemoryStore

from .crashing import Crash, Crashing
from .pipelines import Scripted, after, fails, fan, plan, quick, region, run, step, to, writes

BRANCH = FanOut(branch_timeout_ms=60)
JOIN = FanOut(join_timeout_ms=60)
HANGS = after(30)
LATE_BRANCH = "took longer than 60ms (branch_timeout)"
LATE_JOIN = "'fan' took longer than 60ms (join_timeout)"


def ends(ran) -> dict[str, str]:
    kinds = ("completed", "failed", "skipped", "cancelled", "timed_out")
    terminals = ran.of(ParallelLifecycle, *(f"branch_{kind}" for kind in kinds))
    assert len({one.branch_path for one in terminals}) == len(terminals), "one terminal each"
    return {one.branch_id: one.status for one in terminals}


def test_a_branch_that_takes_too_long_is_timed_out_and_counts_as_failed() -> None:
    ran = run(fan("a b c", BRANCH), {"b": HANGS})
    assert ends(ran) == {"a": "success", "b": "timed_out", "c": "success"}
    (late,) = ran.of(ParallelLifecycle, "branch_timed_out")
    assert late.reason == LATE_BRANCH
    (join,) = ran.of(ParallelLifecycle, "join_decided")
    assert join.join["counts"]["failed"] == 1
    assert join.join["taken"][1] == {"branch": "b", "end": "timed_out"}
    assert ran.result.status == "success", "wait_all is satisfied by the others"


def test_the_attempt_of_a_late_branch_is_ended_and_recorded_as_cancelled() -> None:
    ran = run(fan("a b", BRANCH), {"b": HANGS})
    (cancelled,) = ran.of(StageLifecycle, "cancelled")
    assert cancelled.path == "/fan.1/b"
    (timed_out,) = ran.of(ParallelLifecycle, "branch_timed_out")
    assert timed_out.terminal_stage == "/fan.1/b/b.1", "where it was"
    late = [one.kind for one in ran.of(ParallelLifecycle) if one.branch_id == "b"]
    assert late == ["branch_started", "branch_timeout", "branch_arrived", "branch_timed_out"]


def test_what_a_late_branch_wrote_before_is_excluded_from_the_merge() -> None:
    made = plan(
        step("fan", work=Parallel()),
        step("a", "join", region="fan"),
        step("b", "b2", region="fan"),
        step("b2", "join", region="fan"),
        step("join", "exit", work=FanIn("fan")),
        regions=(
            region(
                "fan",
                "a b",
                "join",
                policy=BRANCH,
                merge=Merge((MergeRule("x", "append"),), source="all"),
            ),
        ),
    )
    ran = run(made, {"a": writes(x=1), "b": writes(x=2), "b2": HANGS})
    assert ran.context["x"] == [1]
    (decision,) = ran.of(FanInDecision)
    states = {one["branch"]: one["state"] for one in decision.keys[0]["writes"]}
    assert states == {"a": "merged", "b": "excluded"}


def test_the_time_of_a_branch_runs_from_its_first_attempt_not_from_the_fan_out() -> None:
    policy = FanOut(branch_timeout_ms=150, max_parallel=1)
    ran = run(fan("a b c", policy), dict.fromkeys("abc", after(0.08)))
    assert ends(ran) == dict.fromkeys("abc", "success"), "240 ms in all, 80 ms each"


def test_the_time_of_a_branch_covers_all_its_stages_and_backoffs() -> None:
    made = plan(
        step("fan", work=Parallel()),
        replace(
            quick(step("a", "join", region="fan"), 50),
            retry=replace(step("a").retry, max_attempts=50, initial_delay_ms=20, jitter=False),
        ),
        step("b", "join", region="fan"),
        step("join", "exit", work=FanIn("fan")),
        regions=(region("fan", "a b", "join", policy=BRANCH),),
    )
    ran = run(made, {"a": Outcome(Status.RETRY, failure_reason="later")})
    assert ends(ran) == {"a": "timed_out", "b": "success"}
    assert 1 <= len(ran.of(StageLifecycle, "retrying")) <= 5


def test_at_the_join_timeout_whoever_has_no_end_is_timed_out_started_or_not() -> None:
    policy = replace(JOIN, max_parallel=2)
    ran = run(fan("a b c", policy), {"a": writes(x=1), "b": HANGS, "c": HANGS})
    assert ends(ran) == {"a": "success", "b": "timed_out", "c": "timed_out"}
    policy = replace(JOIN, max_parallel=1)
    ran = run(fan("a b c", policy), {"a": HANGS})
    assert ends(ran) == dict.fromkeys("abc", "timed_out")
    assert len(ran.of(ParallelLifecycle, "branch_started")) == 1
    assert ran.result.status == "fail"
    assert {one.reason for one in ran.of(ParallelLifecycle, "branch_timed_out")} == {LATE_JOIN}


def test_a_branch_that_was_held_behind_a_late_one_counts_with_its_own_end() -> None:
    ran = run(
        fan("a b c", replace(JOIN, join=Join("first_success", text="first_success"))),
        {"a": HANGS, "b": writes(x=1), "c": fails()},
    )
    assert ends(ran) == {"a": "timed_out", "b": "success", "c": "fail"}
    (join,) = ran.of(ParallelLifecycle, "join_decided")
    assert join.join["satisfied"] is True
    assert join.join["losers_of"] == []
    assert ran.context["parallel.fan_in.best_id"] == "b"


@pytest.mark.parametrize(
    ("join", "status"),
    [
        (Join("wait_all", text="wait_all"), "success"),
        (Join("all_success", text="all_success"), "fail"),
        (Join("k_of_n", k=2, text="k_of_n(2)"), "success"),
        (Join("k_of_n", k=3, text="k_of_n(3)"), "fail"),
        (Join("all_done", text="all_done"), "success"),
    ],
    ids=lambda value: getattr(value, "text", value),
)
def test_the_join_is_decided_once_more_when_its_time_is_over(join: Join, status: str) -> None:
    ran = run(fan("a b c", replace(JOIN, join=join)), {"b": HANGS})
    assert ends(ran) == {"a": "success", "b": "timed_out", "c": "success"}
    assert ran.result.status == status


def test_a_join_that_was_decided_before_its_time_is_not_asked_again() -> None:
    policy = replace(JOIN, join=Join("first_success", text="first_success"))
    ran = run(fan("a b", policy), {"b": HANGS})
    assert ends(ran) == {"a": "success", "b": "cancelled"}
    assert not ran.of(ParallelLifecycle, "join_timeout")


def test_drained_losers_are_bound_by_the_join_timeout_too() -> None:
    policy = replace(JOIN, join=Join("first_success", text="first_success"), losers="drain")
    ran = run(fan("a b c", policy), {"b": HANGS, "c": after(0.01)})
    assert ends(ran) == {"a": "success", "b": "timed_out", "c": "success"}
    assert ran.result.status == "success", "the decision stands"
    assert ran.context["parallel.fan_in.candidate_count"] == 2


def test_a_timeout_ends_what_is_open_in_the_fan_out_inside() -> None:
    inner = region("inner", "x y", "ijoin", policy=FanOut(max_parallel=1), parent="fan")
    made = plan(
        step("fan", work=Parallel()),
        step("a", "join", region="fan"),
        step("inner", work=Parallel(), region="fan"),
        step("x", "ijoin", region="inner"),
        step("y", "ijoin", region="inner"),
        step("ijoin", "join", work=FanIn("inner"), region="fan"),
        step("join", "exit", work=FanIn("fan")),
        regions=(region("fan", "a inner", "join", policy=BRANCH), inner),
    )
    ran = run(made, {"x": HANGS})
    assert ends(ran) == {"a": "success", "inner": "timed_out", "x": "cancelled", "y": "cancelled"}
    assert ran.handler.ran == ["a", "x"]


def test_an_inner_timeout_leaves_the_outer_region_to_its_own_policy() -> None:
    inner = region("inner", "x y", "ijoin", policy=BRANCH, parent="fan")
    made = plan(
        step("fan", work=Parallel()),
        step("inner", work=Parallel(), region="fan"),
        step("a", "join", region="fan"),
        step("x", "ijoin", region="inner"),
        step("y", "ijoin", region="inner"),
        step("ijoin", "join", work=FanIn("inner"), region="fan"),
        step("join", "exit", work=FanIn("fan")),
        regions=(region("fan", "inner a", "join"), inner),
    )
    ran = run(made, {"x": HANGS, "y": writes(z=1)})
    assert ends(ran) == {"x": "timed_out", "y": "success", "inner": "success", "a": "success"}


class Asks:
    """Somebody who never answers."""

    async def ask(self, question: Any) -> Any:
        await asyncio.sleep(30)


def gated() -> Any:
    return plan(
        step("fan", work=Parallel()),
        step("gate", to("join", "[Y] Yes"), region="fan", work=Human(("Well?",))),
        step("b", "join", region="fan"),
        step("join", "exit", work=FanIn("fan")),
        regions=(region("fan", "gate b", "join", policy=BRANCH),),
    )


def test_a_question_in_a_late_branch_is_withdrawn() -> None:
    ran = run(gated(), interviewer=Asks())
    assert ends(ran) == {"gate": "timed_out", "b": "success"}
    assert [one.kind for one in ran.of(InterviewLifecycle)] == ["started", "withdrawn"]


def test_no_time_passes_while_the_run_is_parked() -> None:
    store = MemoryStore()
    assert run(gated(), store=store).result.status == "parked"
    for _ in range(2):
        asyncio.run(asyncio.sleep(0.08))
        ran = run(gated(), store=store, resume=True)
        assert ran.result.status == "parked", "80 ms went by outside, and none of them counts"
    assert ends(ran) == {}


def test_time_that_a_run_had_used_before_it_died_counts_after_the_resume() -> None:
    made = plan(
        step("fan", work=Parallel()),
        step("a", "a2", region="fan"),
        step("a2", "join", region="fan"),
        step("b", "join", region="fan"),
        step("join", "exit", work=FanIn("fan")),
        regions=(region("fan", "a b", "join", policy=FanOut(branch_timeout_ms=400)),),
    )
    slow = {"a": after(0.3), "a2": HANGS}
    whole = run(made, slow)
    begun = [getattr(one, "node_id", "") for one in whole.records].index("a2") + 1
    store, clock = MemoryStore(), SystemClock()
    with contextlib.suppress(Crash):
        run(made, slow, store=Crashing(store, begun))  # type: ignore[arg-type]
    resumed_at = clock.monotonic()
    ran = run(made, slow, store=store, resume=True)
    assert clock.monotonic() - resumed_at < 350, "300 of the 400 ms had been used"
    assert ends(ran) == {"a": "timed_out", "b": "success"}
    assert "a" not in ran.handler.ran


def test_from_every_prefix_of_a_timed_run_each_decision_in_it_stands() -> None:
    made = fan("a b c", replace(BRANCH, join=Join("k_of_n", k=2, text="k_of_n(2)")))
    whole = run(made, {"a": HANGS})
    assert ends(whole) == {"a": "timed_out", "b": "success", "c": "success"}
    for survives in range(4, len(whole.records)):
        store = MemoryStore()
        with contextlib.suppress(Crash):
            run(made, {"a": HANGS}, store=Crashing(store, survives))  # type: ignore[arg-type]
        ran = run(made, Scripted({"a": HANGS}), store=store, resume=True)
        assert ends(ran) == ends(whole), survives
        assert ran.result.status == whole.result.status


def test_timeouts_hold_for_dynamic_branches() -> None:
    async def work(call: Call) -> Outcome:
        await asyncio.sleep(30 if call.context["item"] == "slow" else 0)
        return writes()

    policy = FanOut(branch_timeout_ms=60, for_each=ForEach("files"))
    made = plan(
        step("list", "fan"),
        step("fan", work=Parallel()),
        step("work", "join", region="fan"),
        step("join", "exit", work=FanIn("fan")),
        regions=(region("fan", "work", "join", policy=policy),),
    )
    listed = Outcome(Status.SUCCESS, context_updates={"files": ["a", "slow", "b"]})
    ran = run(made, {"list": listed, "work": work})
    assert ends(ran) == {"work[0]": "success", "work[1]": "timed_out", "work[2]": "success"}
