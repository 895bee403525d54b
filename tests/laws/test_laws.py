"""The laws of joins over every run of small fan-outs; `make laws` does the rest of them."""

from __future__ import annotations

import pytest

from attractorc.compiler.expr import Comparison
from attractorc.compiler.plan.model import FanIn, Parallel, Plan
from attractorc.compiler.policy import (
    AllOf,
    Atom,
    FanOut,
    Join,
    Merge,
    MergeRule,
    NoneOf,
)
from attractorc.interpreter.outcome import End, Outcome, Status

from ..interpreter.pipelines import fails, plan, quick, region, step, to, writes
from .interleavings import Script, at_width, outcomes
from .lattice import Walk
from .machine import opened
from .oracle import Expected, expected
from .policies import Case, cases
from .scope import SAMPLES, Sample, walk

FIRST = Join("first_success", text="first_success")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: f"{one.size} branches")
def test_every_order_and_every_max_parallel_keeps_the_laws(sample: Sample) -> None:
    """Early and standing decisions, one result for equal ends, one terminal record each."""
    for case in sample.cases():
        assert walk(case).whole().results


def test_the_sample_has_every_policy_that_can_be_written() -> None:
    chosen = [case.policy for sample in SAMPLES for case in sample.cases()]
    for size in (1, 2, 3):
        assert {c.policy.join.kind for c in cases(size)} <= {p.join.kind for p in chosen}
    for name in ("error_policy", "losers", "decide"):
        assert len({getattr(policy, name) for policy in chosen}) == (
            3 if name == "error_policy" else 2
        )


class Mistaken(Walk):
    """A walk that expects of every join what `first_success` does."""

    def _expected(self, skipped: tuple[str, ...], ended: tuple[tuple[str, End], ...]) -> Expected:
        return expected(FanOut(FIRST), self.names, skipped, ended)


def test_the_walk_notices_a_join_that_is_decided_at_the_wrong_moment() -> None:
    with pytest.raises(AssertionError, match="wait_all"):
        Mistaken(Case(2, FanOut())).whole()
    Mistaken(Case(2, FanOut(FIRST))).whole()


def test_an_end_that_is_held_is_taken_in_declared_order() -> None:
    page = expected(FanOut(), ("a", "b"), (), (("b", End.SUCCESS),))
    assert (page.satisfied, page.taken) == (None, ())
    race = FanOut(FIRST, decide="arrival")
    page = expected(race, ("a", "b"), (), (("b", End.SUCCESS),))
    assert (page.satisfied, page.ends) == (True, {"a": End.CANCELLED, "b": End.SUCCESS})


def nested(outer: FanOut, inner: FanOut) -> Plan:
    """Two branches; in the first a fan-out of two, with a retry before it and a loop after."""
    merge = Merge((MergeRule("n", "append"), MergeRule("t", "sum")))
    return plan(
        step("outer", work=Parallel()),
        quick(step("x", "inner", region="outer"), 1),
        step("inner", work=Parallel(), region="outer"),
        step("p", "meet", region="inner"),
        quick(step("q", "meet", region="inner"), 1),
        step("meet", "y", work=FanIn("inner"), region="outer"),
        step("y", to("x", condition=Comparison("again", "=", "yes")), "join", region="outer"),
        step("z", "join", region="outer"),
        step("join", "exit", work=FanIn("outer")),
        regions=(
            region("outer", "x z", "join", policy=outer, merge=merge),
            region("inner", "p q", "meet", policy=inner, merge=merge, parent="outer"),
        ),
    )


TREE = Join("formula", formula=AllOf((Atom("p"), NoneOf(Atom("q", "failed")))), text="p && !q")
AGAIN = Outcome(Status.RETRY, failure_reason="later")
SCRIPT: Script = {
    "x": [AGAIN, writes(n="x")],
    "p": [writes(n="p", t=1, score=1)],
    "q": [AGAIN, writes(n="q", t=2, score=2)],
    "y": [writes(again="yes"), writes(again="no")],
    "z": [writes(n="z", t=4)],
}
NESTED: dict[str, tuple[FanOut, FanOut, Script]] = {
    "waiting for all, twice round": (FanOut(), FanOut(), SCRIPT),
    "a formula inside": (FanOut(), FanOut(TREE), SCRIPT),
    "losers that are drained inside": (FanOut(), FanOut(FIRST, losers="drain"), SCRIPT),
    "losers that are cancelled inside": (FanOut(), FanOut(FIRST), SCRIPT),
    "a whole region that is cancelled": (
        FanOut(Join("formula", formula=Atom("z"), text="z")),
        FanOut(FIRST),
        {**SCRIPT, "y": [writes(again="no")]},
    ),
    "a failure that ends it": (FanOut(error_policy="fail_fast"), FanOut(), SCRIPT),
    "a failure inside that is ignored": (
        FanOut(Join("all_success", text="all_success")),
        FanOut(Join("all_success", text="all_success"), "ignore"),
        {**SCRIPT, "p": [fails("red")]},
    ),
    "a loser that fails is drained": (
        FanOut(FIRST, losers="drain"),
        FanOut(),
        {**SCRIPT, "z": [fails("red")]},
    ),
}


@pytest.mark.parametrize(("outer", "inner", "script"), NESTED.values(), ids=NESTED)
def test_no_interleaving_shows_in_the_canonical_outcome(
    outer: FanOut, inner: FanOut, script: Script
) -> None:
    """Equal for every order of finishing, every delay, every max_parallel and --jobs."""
    made = nested(outer, inner)
    found = set()
    for width, jobs in ((1, None), (2, 1), (2, 2), (2, None)):
        found |= outcomes(at_width(made, width), script, jobs)
    assert len(found) == 1, sorted(found)


def test_a_race_has_more_than_one_outcome() -> None:
    """So that the law above can be seen to fail."""
    race = FanOut(FIRST, decide="arrival")
    assert len(outcomes(nested(race, FanOut()), {**SCRIPT, "y": [writes(again="no")]})) == 2


def test_no_attempt_is_left_when_control_leaves() -> None:
    run = opened(nested(FanOut(FIRST, decide="arrival"), FanOut()))
    run.finished("/outer.1/z", Outcome(Status.SUCCESS))
    assert run.finish is None
    assert list(run.out) == ["/outer.1/x"]
    run.finished("/outer.1/x", writes(n="late"))
    assert run.finish is not None
    assert "n" not in run.state.trunk.context


def test_a_decision_is_not_touched_by_what_is_drained() -> None:
    """What a drained loser brings is in its record and its end, and not in the join."""
    made = plan(
        step("fan", work=Parallel()),
        step("a", "join", region="fan"),
        step("b", "join", region="fan"),
        step("join", "exit", work=FanIn("fan")),
        regions=(region("fan", "a b", "join", policy=FanOut(FIRST, losers="drain")),),
    )
    run = opened(made)
    run.finished("/fan.1/a", Outcome(Status.SUCCESS))
    fork = run.state.forks["/fan.1"]
    before = (dict(run.joins[0].join), list(fork.taken), fork.tally.counts, fork.tally.verdict)
    fork_join = fork.join
    run.finished("/fan.1/b", fails("red"))
    assert fork.branches[1].end is End.FAIL
    assert (dict(run.joins[0].join), fork.taken, fork.tally.counts, fork.tally.verdict) == before
    assert fork.join is fork_join
    context = run.state.trunk.context
    assert context["parallel.fan.fail_count"] == 1
