"""What the larger walks rest on: the two halves of the proof meet, and what is left out is
nothing that the machine could see."""

from __future__ import annotations

import pytest

from attractorc.compiler.policy import FanOut
from attractorc.interpreter.joins import Tally
from attractorc.interpreter.outcome import End
from attractorc.interpreter.state import forks

from .fanouts import pipeline
from .lattice import Walk
from .machine import opened
from .policies import Case
from .readers import readers
from .scope import LIKE, TWO, any_cases
from .snapshots import Keys, copied
from .told import CHOOSER, Told, any_join, nothing_but_told

READ_BY: dict[str, tuple[set[str], set[str]]] = {
    "the machine asks a tally in these places only": (
        readers("tally"),
        {
            "decide/branches.py:_decide_join",
            "decide/branches.py:_decision",
            "decide/branches.py:decide_fork",
            "state/forks.py:_branch_ended",
        },
    ),
    "an error policy is read by the join, and for the record of the decision": (
        {one for one in readers("error_policy") if not one.startswith("joins/")},
        {"decide/branches.py:_decision"},
    ),
    "the order in which ends were taken is read for the record of the decision": (
        readers("taken", of="fork"),
        {"decide/branches.py:_decision", "state/forks.py:_branch_ended"},
    ),
    "a branch's position is read where branches are handed to the merge": (
        readers("position"),
        {"decide/branch_results.py:_result"},
    ),
    "ends that wait are read where they are taken": (
        {one for one in readers("arrived", of="fork") if one.startswith("decide/")},
        {"decide/branches.py:decide_fork", "decide/branches.py:_next_end"},
    ),
    "max_parallel is read where branches start": (
        readers("max_parallel"),
        {"decide/branches.py:decide_fork"},
    ),
    "success and partial_success are told apart by their names only": (
        readers("SUCCESS", "PARTIAL_SUCCESS", of="End"),
        {
            "decide/stages.py:",  # which status gives which end
            "decide/terminals.py:",  # which end gives which record
            "joins/formula.py:end_text",
            "state/forks.py:",
        },
    ),
}


@pytest.mark.parametrize(("found", "known"), READ_BY.values(), ids=READ_BY)
def test_nothing_more_is_read(found: set[str], known: set[str]) -> None:
    """A new reader here has to be looked at: does what `scope` leaves out still not matter?"""
    assert found == known


@pytest.mark.parametrize("case", list(any_cases(3)), ids=str)
def test_states_that_are_taken_for_one_lose_no_order_and_no_result(case: Case) -> None:
    """As many ways to the end from like states as from equal ones, to the same results."""
    whole = Walk(case, ends=TWO, skips=False, timeout=True, starts="branches")
    less = taking_for_one(whole, LIKE[case.policy.decide])
    assert whole.whole().orders == less.whole().orders
    assert less.report.states < whole.report.states
    if case.policy.decide == "declared":
        assert set(less._results.values()) == set(whole._results.values())
    else:
        assert set(less._results.values()) <= set(whole._results.values())


def taking_for_one(walk: Walk, forgotten: tuple[str, ...]) -> Walk:
    return Walk(walk.case, walk.ends, False, walk.timeout, walk.starts, forgotten=forgotten)


@pytest.mark.parametrize("case", list(any_cases(3)), ids=str)
def test_no_result_is_lost_where_late_branches_and_losers_end_at_once(case: Case) -> None:
    ends = (End.SUCCESS, End.TIMED_OUT)
    apart = Walk(case, ends=ends, skips=False, starts="branches")
    at_once = Walk(case, ends=ends, skips=False, starts="branches", at_once=True)
    assert at_once.whole().steps < apart.whole().steps
    assert set(at_once._results.values()) == set(apart._results.values())


@pytest.mark.parametrize("width", [1, 2, 3])
def test_starting_at_any_moment_covers_every_max_parallel(width: int) -> None:
    case = Case(3, FanOut(max_parallel=width, losers="drain"))
    free = Walk(case, ends=TWO, starts="branches")
    free.whole()
    fixed = Walk(case, ends=TWO)
    fixed.whole()
    assert set(fixed._results.values()) == set(free._results.values())


def test_a_join_is_told_everything_that_it_could_say() -> None:
    said = set()
    pending: list[tuple[int, ...]] = [()]
    while pending:
        CHOOSER.begin(pending.pop())
        tally = Told(any_join("drain", "declared", 2), {"a": None, "b": None, "c": End.SKIPPED})
        first = tally.verdict.satisfied
        said.add((first, *(tally.take(name, End.FAIL).satisfied for name in "ab")))
        pending.extend(CHOOSER.others())
    yes, no = (True, True), (False, False)
    assert said == {
        *((value, value, value) for value in (True, False)),
        *((None, *values) for values in (yes, no, (None, True), (None, False))),
    }


def test_what_is_told_offers_the_machine_what_a_tally_does() -> None:
    public = {name for name in dir(Tally) if not name.startswith("_")}
    assert public == {"counts", "take", "verdict"}
    assert public <= set(dir(Told))
    real = forks.Tally
    with nothing_but_told():
        assert forks.Tally is Told
    assert forks.Tally is real


def test_a_copy_of_a_run_is_equal_and_its_own() -> None:
    made = pipeline(3, FanOut(max_parallel=3))
    run = opened(made, dict.fromkeys("abc", "yes"))
    keys = Keys()
    before = keys.of(run)
    copy = copied(run)
    assert keys.of(copy) == before
    copy.finished("/fan.1/b", "late")
    assert keys.of(copy) != before
    assert keys.of(run) == before


def test_a_key_has_every_field_of_a_state() -> None:
    """Each field of a fork that is changed makes another key, but for those left out."""
    run = opened(pipeline(2, FanOut()), dict.fromkeys("ab", "yes"))
    keys, like = Keys(), Keys(LIKE["declared"])
    for name, value in {"counted": 7, "cursor": 1, "late": True, "satisfied": True}.items():
        other = copied(run)
        setattr(other.state.forks["/fan.1"], name, value)
        assert keys.of(other) != keys.of(run), name
        assert like.of(other) != like.of(run), name
    other = copied(run)
    other.state.forks["/fan.1"].arrived[1] = None
    assert keys.of(other) != keys.of(run)
    assert like.of(other) == like.of(run)
