"""The laws of joins over every run of small fan-outs; `make laws` does the rest of them."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, factorial
from typing import Any

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
from .core import CoreWalk, Count
from .interleavings import Script, at_width, outcomes
from .lattice import Walk
from .machine import opened
from .oracle import Expected, Mind, Taken, expected, mind_of
from .policies import DECIDE, LOSERS, Case, cases, joins
from .scope import SAMPLES, sample
from .watching import Facts

FIRST = Join("first_success", text="first_success")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("walks", SAMPLES.values(), ids=SAMPLES)
def test_every_order_and_every_timeout_keeps_the_laws(walks: Sequence[tuple[str, slice]]) -> None:
    """Early and standing decisions, one result for equal ends, one terminal record each."""
    for part, some in walks:
        for walk in sample(part, some):
            assert walk.whole().results


def test_the_sample_has_every_policy_that_can_be_written() -> None:
    chosen = [walk.case.policy for walk in _sampled("two branches", "three branches")]
    counted = {walk.count.join.kind for walk in _sampled("core")}
    assert {case.policy.join.kind for case in cases(3)} <= counted
    for name in ("error_policy", "losers", "decide"):
        assert len({getattr(policy, name) for policy in chosen}) == (
            3 if name == "error_policy" else 2
        )


def _sampled(*names: str) -> list[Any]:
    return [walk for name in names for part, some in SAMPLES[name] for walk in sample(part, some)]


def test_what_is_walked_has_every_policy_and_each_of_them_only_once() -> None:
    for size, part in ((3, "core 1-3"), (4, "core 4"), (5, "core 5")):
        found = [walk.count for walk in sample(part, slice(None)) if walk.count.size == size]
        assert len(set(found)) == len(found) == 3 * len(list(joins(size)))
    told = [str(walk.case) for walk in sample("any 5", slice(None))]
    assert len(set(told)) == len(told) == len(LOSERS) * len(DECIDE)


class Mistaken(Walk):
    """A walk that expects of every join what `first_success` does."""

    def _expected(self, facts: Facts, mind: Mind | None) -> Expected:
        return expected(FanOut(FIRST), self.names, facts.skipped, facts.ended, mind=mind)


def test_the_walk_notices_a_join_that_is_decided_at_the_wrong_moment() -> None:
    with pytest.raises(AssertionError, match="wait_all"):
        Mistaken(Case(2, FanOut())).whole()
    Mistaken(Case(2, FanOut(FIRST))).whole()


class MistakenCore(CoreWalk):
    """A walk of a tally that is held against another policy's words."""

    def _expected(self, ends: dict[str, End | None], last: Taken) -> bool | None:
        return mind_of(FanOut(FIRST))(ends, last)


def test_the_walk_notices_a_tally_that_says_what_it_should_not() -> None:
    with pytest.raises(AssertionError, match="wait_all"):
        MistakenCore(Count(2, FanOut().join, "continue")).whole()
    MistakenCore(Count(2, FIRST, "continue")).whole()


def test_the_orders_that_are_walked_are_all_there_are() -> None:
    """Of two branches that are run at once: either ends first, and with either of two ends."""
    two = (End.SUCCESS, End.FAIL)
    walk = Walk(Case(2, FanOut(losers="drain", max_parallel=2)), ends=two, skips=False)
    assert walk.whole().orders == 2 * 2 + 2 * 2 * 2, "one after the other, and both at once"
    assert CoreWalk(Count(3, FanOut().join, "continue")).whole().orders == sum(
        comb(3, many) * factorial(many) * 4**many for many in range(4)
    )


def test_a_join_timeout_lets_stand_what_had_ended_and_ends_the_rest() -> None:
    ended = (("b", End.SUCCESS), ("a", End.TIMED_OUT))
    page = expected(FanOut(FIRST), ("a", "b", "c"), (), ended, struck={"b"})
    assert (page.satisfied, page.known) == (None, True), "one is still to be ended"
    whole = (*ended, ("c", End.TIMED_OUT))
    page = expected(FanOut(FIRST), ("a", "b", "c"), (), whole, struck={"b"})
    assert (page.satisfied, len(page.taken)) == (True, 3)
    race = FanOut(FIRST, decide="arrival")
    page = expected(race, ("a", "b", "c"), (), ended[:1], struck={"b"})
    assert page.ends == {"a": End.CANCELLED, "b": End.SUCCESS, "c": End.CANCELLED}


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
