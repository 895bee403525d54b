"""The prefix law: whatever prefix of whatever run is resumed, the outcome is that of the run.

Pipelines, policies and results are drawn; the run dies at a drawn record, and once more while
it is resumed. Results are a function of the attempt, so the handlers answer the same again
(semantics 8).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from attractorc.compiler.plan.model import Branch, FanIn, Parallel, Plan, Region, Step
from attractorc.compiler.policy import FanOut, ForEach, Join, Merge, MergeRule, Retry
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.ports import Call
from attractorc.interpreter.records import ParallelLifecycle, RunLifecycle, StageLifecycle
from attractorc.interpreter.stores.memory import MemoryStore

from .crashing import Crash, Crashing
from .pipelines import Ran, plan, run, step

AGAIN = Retry(3, covers_fail=True, initial_delay_ms=0, jitter=False)
JOINS = (
    Join(),
    Join("all_success", text="all_success"),
    Join("first_success", text="first_success"),
    Join("k_of_n", k=2, text="k_of_n(2)"),
    Join("quorum", ratio=Fraction(1, 2), text="quorum(1/2)"),
    Join("all_done", text="all_done"),
)
POLICIES = st.builds(
    FanOut,
    join=st.sampled_from(JOINS),
    error_policy=st.sampled_from(["continue", "fail_fast", "ignore"]),
    losers=st.sampled_from(["cancel", "drain"]),
    max_parallel=st.integers(1, 3),
)
MERGES = st.builds(
    Merge,
    rules=st.sampled_from(["append", "collect", "sum", "winner", "isolate"]).map(
        lambda name: (MergeRule("x", name),)
    ),
    source=st.sampled_from(["candidates", "all", "winner"]),
)


@dataclass(frozen=True)
class Case:
    """A pipeline, and how lucky each attempt in it is: `seed` gives the results."""

    plan: Plan
    seed: int


def stage(name: str, *routes: str, **fields: Any) -> Step:
    return replace(step(name, *routes, **fields), retry=AGAIN)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """start -> list -> fan -> branches, one of which may be a fan-out -> join -> last -> exit."""
    heads, steps, regions = [], [], []
    for index in range(draw(st.integers(1, 3))):
        head = f"b{index}"
        heads.append(head)
        if draw(st.booleans()):
            steps += [
                stage(head, f"{head}x", region="fan"),
                stage(f"{head}x", "join", region="fan"),
            ]
        else:
            steps.append(stage(head, "join", region="fan"))
    if draw(st.booleans()):
        heads.append("inner")
        each = draw(st.booleans())
        policy = replace(draw(POLICIES), for_each=ForEach("items") if each else None)
        leaves = ["p"] if each else ["p", "q"]
        steps += [
            step("inner", work=Parallel(), region="fan"),
            *(stage(leaf, "meet", region="inner") for leaf in leaves),
            step("meet", "join", work=FanIn("inner"), region="fan"),
        ]
        regions.append(
            Region(
                "inner",
                tuple(Branch(leaf, leaf) for leaf in leaves),
                "meet",
                "fan_in",
                policy,
                merge=draw(MERGES),
                parent="fan",
            )
        )
    outer = Region(
        "fan",
        tuple(Branch(head, head) for head in heads),
        "join",
        "fan_in",
        draw(POLICIES),
        merge=draw(MERGES),
    )
    made = plan(
        stage("list", "fan"),
        step("fan", work=Parallel()),
        *steps,
        step("join", "last", work=FanIn("fan")),
        stage("last", "exit"),
        regions=(outer, *regions),
    )
    return Case(made, draw(st.integers(0, 10_000)))


def lucky(case: Case) -> Any:
    """A handler whose answer depends on the attempt alone."""

    async def behave(call: Call) -> Outcome:
        key = f"{case.seed}{call.stage_id}@{call.attempt}"
        luck = sum((place + 1) * ord(char) for place, char in enumerate(key)) % 7
        for _ in range(luck % 3):
            await asyncio.sleep(0)
        if call.step.id == "list":
            return Outcome(Status.SUCCESS, context_updates={"items": ["u", "v", "w"]})
        if luck == 0:
            return Outcome(Status.FAIL, failure_reason=f"unlucky at {call.attempt}")
        if luck == 1:
            return Outcome(Status.RETRY, failure_reason="later")
        status = Status.PARTIAL_SUCCESS if luck == 2 else Status.SUCCESS
        return Outcome(status, context_updates={"x": luck})

    return behave


def played(case: Case, store: Any, resume: bool = False) -> Ran:
    handler = dict.fromkeys(case.plan.steps, lucky(case))
    return run(case.plan, handler, store=store, resume=resume)


def finished_once(ran: Ran) -> bool:
    """Whether no attempt came to an end twice, and no branch."""
    ends = Counter(
        one.stage_attempt_id for one in ran.of(StageLifecycle, "completed", "failed", "retrying")
    )
    kinds = [f"branch_{k}" for k in ("completed", "failed", "skipped", "cancelled", "timed_out")]
    branches = Counter(one.branch_path for one in ran.of(ParallelLifecycle, *kinds))
    return set((ends | branches).values()) <= {1}


@settings(deadline=None, max_examples=100)
@given(cases(), st.integers(0, 10_000), st.integers(1, 40))
def test_resuming_any_prefix_of_any_run_gives_its_outcome(case: Case, at: int, more: int) -> None:
    whole = played(case, MemoryStore())
    digest = whole.result.outcome_digest
    assert digest
    first = 3  # before that there is no run
    survives = first + at % (len(whole.records) - first)
    store = MemoryStore()
    with contextlib.suppress(Crash):
        played(case, Crashing(store, survives))
    with contextlib.suppress(Crash):
        played(case, Crashing(store, more), resume=True)
    status = store.run("run-1").status
    if status in ("running", "stopped"):
        ended = played(case, store, resume=True)
        assert ended.result.outcome_digest == digest
        assert finished_once(ended)
    else:
        assert status == whole.result.status
    last = [one for one in whole.of(RunLifecycle) if one.outcome_digest]
    assert last[-1].outcome_digest == digest
