"""Retries: the presets' tries and delays, a jitter that nobody draws twice, permanent errors."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from statistics import mean

import pytest

from attractorc.compiler.policy import RETRY_PRESETS, Retry
from attractorc.interpreter.outcome import Outcome, Status, failed
from attractorc.interpreter.ports import Call
from attractorc.interpreter.records import StageLifecycle
from attractorc.interpreter.retry import delay_ms, jitter, tries_again
from attractorc.interpreter.stores.memory import MemoryStore

from .crashing import Crash, Crashing
from .pipelines import fails, plan, run, step

ASKS = Outcome(Status.RETRY, failure_reason="busy")
REFUSED = failed("the key is refused", permanent=True)

DELAYS = {
    "none": [],
    "standard": [200, 400, 800, 1_600],
    "aggressive": [500, 1_000, 2_000, 4_000],
    "linear": [500, 500],
    "patient": [2_000, 6_000],
}


@pytest.mark.parametrize("name", RETRY_PRESETS)
def test_a_preset_has_the_tries_and_delays_of_the_specification(name: str) -> None:
    policy = RETRY_PRESETS[name]
    tries = range(1, policy.max_attempts)
    assert [delay_ms(policy, attempt, 1.0) for attempt in tries] == DELAYS[name]
    assert all(tries_again(policy, ASKS, attempt) for attempt in tries)
    assert not tries_again(policy, ASKS, policy.max_attempts)


def test_a_delay_is_capped_before_its_jitter() -> None:
    policy = Retry(100, initial_delay_ms=1_000, backoff_factor=10.0)
    assert delay_ms(policy, 50, 1.0) == 60_000
    assert delay_ms(policy, 50, 1.5) == 90_000


def test_jitter_is_between_half_and_one_and_a_half_and_the_same_for_the_same_attempt() -> None:
    drawn = [jitter(f"run-{number}:/a.1@1") for number in range(2_000)]
    assert min(drawn) >= 0.5
    assert max(drawn) < 1.5
    assert abs(mean(drawn) - 1.0) < 0.02
    assert jitter("run-1:/a.1@1") == drawn[1] != jitter("run-1:/a.1@2")


def slow(retries: int = 3, **fields: object) -> Retry:
    policy = Retry(retries + 1, True, 40, 1.0)
    return replace(policy, **fields)  # type: ignore[arg-type]


def test_the_delay_is_journaled_with_its_jitter() -> None:
    came = run(plan(step("a", "exit", retry=slow(1))), {"a": fails()})
    (record,) = came.of(StageLifecycle, "retrying")
    assert record.delay_ms == round(40 * jitter("run-1:/a.1@1"))


def test_a_resume_waits_what_was_journaled_and_draws_nothing_again() -> None:
    made = plan(step("a", "exit", retry=slow(1, initial_delay_ms=60)))
    for survives in range(8, 14):
        store = MemoryStore()
        try:
            run(made, {"a": fails()}, store=Crashing(store, survives), replayed=False)
        except Crash:
            came = run(made, {"a": fails()}, store=store, resume=True)
            delays = [one.delay_ms for one in came.of(StageLifecycle, "retrying")]
            assert delays == [round(60 * jitter("run-1:/a.1@1"))]


PERMANENT = {
    "a failure is tried again": (fails(), slow(), 4),
    "a failure that is permanent is not": (REFUSED, slow(), 1),
    "a failure is not where only the graph's default covers it": (
        fails(),
        slow(covers_fail=False),
        1,
    ),
    "a request for a retry is in any case": (ASKS, slow(covers_fail=False), 4),
}


@pytest.mark.parametrize(("outcome", "policy", "tries"), PERMANENT.values(), ids=PERMANENT)
def test_of_all_ends_of_an_attempt(outcome: Outcome, policy: Retry, tries: int) -> None:
    came = run(plan(step("a", "exit", retry=replace(policy, initial_delay_ms=1))), {"a": outcome})
    assert came.handler.ran == ["a"] * tries


def test_a_stage_that_asks_for_a_retry_for_ever_gives_up_and_says_after_how_many() -> None:
    async def busy(call: Call) -> Outcome:
        await asyncio.sleep(0)
        return ASKS

    came = run(plan(step("a", "exit", retry=replace(slow(4), initial_delay_ms=1))), {"a": busy})
    assert came.result.reason == "gave up after 5 tries: busy"
