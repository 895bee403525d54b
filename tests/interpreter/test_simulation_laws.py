"""Laws of simulated runs: speed, limits and order of finishing change no canonical outcome."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from attractorc.compiler.plan.model import FanIn, Parallel, Plan
from attractorc.compiler.policy import FanOut, Join, Merge, MergeRule
from attractorc.interpreter.outcome import Status
from attractorc.interpreter.simulation import Play, Script, Simulated, simulate

from .pipelines import plan, quick, region, step

HEADS = "a b c d"
STAGES = (*HEADS.split(), "tail", "x", "y")
JOINS = (
    Join("wait_all"),
    Join("all_success"),
    Join("first_success"),
    Join("k_of_n", k=2),
    Join("majority"),
    Join("all_done"),
)
MERGE = Merge(
    tuple(
        MergeRule(key, strategy)
        for key, strategy in (("list", "append"), ("sum", "sum"), ("one", "same"), ("k", "winner"))
    ),
    "candidates",
    "collect",
)


def nested(policy: FanOut) -> Plan:
    """Four branches: one of two stages, one with a fan-out in it."""
    return plan(
        step("fan", work=Parallel()),
        quick(step("a", "tail", region="fan"), 1),
        step("tail", "join", region="fan"),
        step("b", "join", region="fan"),
        step("c", "inner", region="fan"),
        step("inner", work=Parallel(), region="fan"),
        step("x", "meet", region="inner"),
        step("y", "meet", region="inner"),
        step("meet", "join", work=FanIn("inner"), region="fan"),
        step("d", "join", region="fan"),
        step("join", "exit", work=FanIn("fan")),
        regions=(
            region("fan", HEADS, "join", policy=policy, merge=MERGE),
            region("inner", "x y", "meet", policy=policy, merge=MERGE, parent="fan"),
        ),
    )


statuses = st.sampled_from((Status.SUCCESS, Status.SUCCESS, Status.FAIL, Status.PARTIAL_SUCCESS))
values = st.fixed_dictionaries(
    {},
    optional={
        "list": st.lists(st.integers(0, 3), max_size=2),
        "sum": st.integers(-2, 2),
        "one": st.integers(0, 1),
        "k": st.text("ab", max_size=1),
        "score": st.integers(0, 2),
    },
)
plays = st.builds(Play, status=statuses, writes=values, reason=st.sampled_from(("", "no")))
outcomes = st.fixed_dictionaries({name: st.tuples(plays, plays) for name in STAGES})
speeds = st.fixed_dictionaries({name: st.integers(0, 9) for name in STAGES})
policies = st.builds(
    FanOut,
    join=st.sampled_from(JOINS),
    error_policy=st.sampled_from(("continue", "fail_fast", "ignore")),
    losers=st.sampled_from(("cancel", "drain")),
    max_parallel=st.integers(1, 5),
)


def played(
    policy: FanOut, stages: dict[str, tuple[Play, Play]], speed: dict[str, int], jobs: int | None
) -> Simulated:
    script = Script(
        {
            name: tuple(replace(turn, after_ms=speed[name]) for turn in turns)
            for name, turns in stages.items()
        }
    )
    return simulate(nested(policy), script, jobs=jobs)


@settings(deadline=None, max_examples=60)
@given(policies, outcomes, speeds, st.sampled_from((None, 1, 2)), st.integers(1, 5))
def test_equal_outcomes_give_equal_digests_whatever_the_speed_and_the_limits(
    policy: FanOut,
    stages: dict[str, tuple[Play, Play]],
    speed: dict[str, int],
    jobs: int | None,
    width: int,
) -> None:
    still = played(policy, stages, dict.fromkeys(STAGES, 0), None)
    moved = played(replace(policy, max_parallel=width), stages, speed, jobs)
    # The width is part of the plan, and so of its digest; all else is the same.
    same = played(policy, stages, speed, jobs)
    assert same.result.outcome_digest == still.result.outcome_digest
    assert same.context == moved.context == still.context


@settings(deadline=None, max_examples=25)
@given(policies, outcomes, speeds)
def test_one_script_gives_one_journal(
    policy: FanOut, stages: dict[str, tuple[Play, Play]], speed: dict[str, int]
) -> None:
    one, other = (played(policy, stages, speed, None) for _ in range(2))
    assert one.records == other.records


@settings(deadline=None, max_examples=25)
@given(outcomes, speeds)
def test_a_run_takes_as_long_as_its_slowest_branch(
    stages: dict[str, tuple[Play, Play]], speed: dict[str, int]
) -> None:
    fine = {
        name: (replace(first, status=Status.SUCCESS),) * 2 for name, (first, _) in stages.items()
    }
    run = played(FanOut(Join("wait_all"), max_parallel=9), fine, speed, None)
    inner = speed["c"] + max(speed["x"], speed["y"])
    assert run.took_ms == max(speed["a"] + speed["tail"], speed["b"], inner, speed["d"])
