"""Joins against their definition: every policy, every vector of ends, every order."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attractorc.compiler.policy import (
    AllOf,
    AnyOf,
    AtLeast,
    Atom,
    ErrorPolicy,
    FanOut,
    Formula,
    Join,
    NoneOf,
)
from attractorc.interpreter.joins import Counts, Tally, evaluate
from attractorc.interpreter.outcome import End

S, P, F, T, K = End.SUCCESS, End.PARTIAL_SUCCESS, End.FAIL, End.TIMED_OUT, End.SKIPPED
NAMES = ("a", "b", "c", "d", "e")

COUNTING: tuple[Join, ...] = (
    Join("wait_all", text="wait_all"),
    Join("all_success", text="all_success"),
    Join("first_success", text="first_success"),
    Join("majority", text="majority"),
    Join("all_done", text="all_done"),
    *(Join("k_of_n", k=k, text=f"k_of_n({k})") for k in (1, 2, 3, 6)),
    *(
        Join("quorum", ratio=ratio, text=f"quorum({ratio})")
        for ratio in (Fraction(1, 100), Fraction(1, 2), Fraction(2, 3), Fraction(1))
    ),
)
FORMULAS: tuple[Formula, ...] = (
    Atom("a"),
    NoneOf(Atom("b")),
    AnyOf((Atom("a"), NoneOf(Atom("a")))),
    AllOf((Atom("a"), AtLeast(1, ("b", "c")))),
    AnyOf((Atom("a", "failed"), Atom("b", "skipped"))),
    AllOf((Atom("a", "done"), NoneOf(Atom("c", "failed")))),
    AtLeast(2, ("a", "b", "c")),
)
ERRORS: tuple[ErrorPolicy, ...] = ("continue", "fail_fast", "ignore")


def formula(tree: Formula) -> Join:
    return Join("formula", formula=tree, text="the formula")


def final(join: Join, errors: ErrorPolicy, ends: Sequence[End]) -> bool:
    """What a counting policy says of a whole vector of ends: the page's words, no cleverness."""
    counted = [end for end in ends if end is not K and not (errors == "ignore" and end.failed)]
    succeeded = sum(1 for end in counted if end.succeeded)
    if not counted:
        return join.kind == "all_done"
    match join.kind:
        case "wait_all" | "first_success":
            return succeeded >= 1
        case "all_success":
            return succeeded == len(counted)
        case "majority":
            return succeeded * 2 > len(counted)
        case "all_done":
            return True
        case "k_of_n":
            assert join.k is not None
            return succeeded >= join.k
        case "quorum":
            assert join.ratio is not None
            return succeeded >= join.ratio * len(counted)
        case "formula":
            raise AssertionError("no counting policy")


def defined(join: Join, errors: ErrorPolicy, ends: Sequence[End | None]) -> bool | None:
    """The value that every completion of the unknown ends agrees on, else None.

    `wait_all` and `all_done` ask whether branches are done, which is unknown of an open one.
    """
    activated = [end for end in ends if end is not K]
    if join.kind in ("wait_all", "all_done") and None in activated:
        return None
    places = [place for place, end in enumerate(ends) if end is None]
    outcomes = set()
    for rest in itertools.product((S, F), repeat=len(places)):
        whole = list(ends)
        for place, end in zip(places, rest, strict=True):
            whole[place] = end
        outcomes.add(final(join, errors, [end for end in whole if end is not None]))
    return outcomes.pop() if len(outcomes) == 1 else None


def kleene(tree: Formula, ends: Mapping[str, End | None]) -> Fraction:
    """Kleene's tables as arithmetic: false 0, unknown 1/2, true 1; and is min, or is max."""
    match tree:
        case Atom(name, state):
            end = ends[name]
            if end is None:
                return Fraction(1, 2)
            words = {
                "succeeded": end in (S, P),
                "failed": end in (F, T),
                "skipped": end is K,
                "done": True,
            }
            return Fraction(words[state])
        case AtLeast(k, branches):
            groups = itertools.combinations(sorted(set(branches)), k)
            return max((min(kleene(Atom(b), ends) for b in g) for g in groups), default=Fraction(0))
        case NoneOf(operand):
            return 1 - kleene(operand, ends)
        case AllOf(operands):
            return min(kleene(each, ends) for each in operands)
        case AnyOf(operands):
            return max(kleene(each, ends) for each in operands)


def defined_formula(
    tree: Formula, errors: ErrorPolicy, ends: Mapping[str, End | None]
) -> bool | None:
    """Kleene's value over a count that is not zero."""
    if errors == "ignore":
        tree = AllOf((tree, AtLeast(1, tuple(ends))))
    elif all(end is K for end in ends.values()):
        return False
    return {Fraction(0): False, Fraction(1): True}.get(kleene(tree, ends))


def vectors(size: int, ends: tuple[End | None, ...]) -> Iterator[tuple[End | None, ...]]:
    return itertools.product(ends, repeat=size)


def expected(policy: FanOut, ends: Mapping[str, End | None]) -> bool | None:
    """The definition, for any policy but `fail_fast`, which needs an order."""
    if policy.join.formula is not None:
        return defined_formula(policy.join.formula, policy.error_policy, ends)
    return defined(policy.join, policy.error_policy, tuple(ends.values()))


def taken_in_order(policy: FanOut, whole: Mapping[str, End], order: Sequence[str]) -> list[object]:
    """The verdicts after each end, by definition: the first one stands, a failure may end it."""
    ends: dict[str, End | None] = {b: end if end is K else None for b, end in whole.items()}
    verdicts: list[object] = []
    standing = expected(policy, ends)
    for name in order:
        ends[name] = whole[name]
        if standing is None:
            failing = policy.error_policy == "fail_fast" and whole[name].failed
            standing = False if failing else expected(policy, ends)
        verdicts.append(standing)
    return verdicts


def label(value: object) -> str:
    return value.text if isinstance(value, Join) else str(value)


@pytest.mark.parametrize("errors", ["continue", "ignore"])
@pytest.mark.parametrize("join", COUNTING, ids=label)
def test_a_counting_policy_is_decided_exactly_when_every_completion_agrees(
    join: Join, errors: ErrorPolicy
) -> None:
    policy = FanOut(join, errors)
    for size in range(6):
        for ends in vectors(size, (None, S, F, K)):
            found = evaluate(policy, dict(zip(NAMES, ends, strict=False))).satisfied
            assert found == defined(join, errors, ends), (join.text, errors, ends)


@pytest.mark.parametrize("errors", ["continue", "ignore"])
@pytest.mark.parametrize("tree", FORMULAS, ids=str)
def test_a_formula_follows_kleene_and_not_every_completion(
    tree: Formula, errors: ErrorPolicy
) -> None:
    policy = FanOut(formula(tree), errors)
    for size in (3, 4, 5):
        for vector in vectors(size, (None, S, F, K)):
            ends = dict(zip(NAMES, vector, strict=False))
            assert evaluate(policy, ends).satisfied == defined_formula(tree, errors, ends), ends


@pytest.mark.parametrize("errors", ["continue", "ignore"])
@pytest.mark.parametrize("join", [*COUNTING, *map(formula, FORMULAS)], ids=label)
def test_once_decided_learning_more_never_changes_it(join: Join, errors: ErrorPolicy) -> None:
    """Every step from one vector to the next, hence every order, up to five branches."""
    policy = FanOut(join, errors)
    verdicts = {
        ends: evaluate(policy, dict(zip(NAMES, ends, strict=True))).satisfied
        for ends in vectors(5, (None, S, F, K))
    }
    for ends, verdict in verdicts.items():
        for place, end in enumerate(ends):
            if end is None and verdict is not None:
                for learned in (S, F):
                    more = (*ends[:place], learned, *ends[place + 1 :])
                    assert verdicts[more] == verdict, (join.text, ends, more)
        assert verdict is not None or None in ends


@pytest.mark.parametrize("errors", ERRORS)
@pytest.mark.parametrize("join", [*COUNTING, *map(formula, FORMULAS)], ids=label)
def test_a_tally_decides_at_the_earliest_end_and_stands_by_it_in_every_order(
    join: Join, errors: ErrorPolicy
) -> None:
    policy = FanOut(join, errors)
    for size in (3, 4):
        for vector in vectors(size, (S, F, K)):
            whole = {name: end for name, end in zip(NAMES, vector, strict=False) if end}
            activated = [name for name, end in whole.items() if end is not K]
            for order in itertools.permutations(activated):
                start = {name: end if end is K else None for name, end in whole.items()}
                tally = Tally(policy, start)
                found = [tally.take(name, whole[name]).satisfied for name in order]
                assert found == taken_in_order(policy, whole, order), (whole, order)


@pytest.mark.parametrize("errors", ERRORS)
@pytest.mark.parametrize("join", [*COUNTING, *map(formula, FORMULAS)], ids=label)
def test_evaluating_again_after_each_end_in_declared_order_says_what_a_tally_says(
    join: Join, errors: ErrorPolicy
) -> None:
    policy = FanOut(join, errors)
    for vector in vectors(4, (S, F, K)):
        whole = dict(zip(NAMES, vector, strict=False))
        ends: dict[str, End | None] = {b: e if e is K else None for b, e in whole.items()}
        tally = Tally(policy, ends)
        for name in [name for name, end in whole.items() if end is not K]:
            ends[name] = whole[name]
            open_before = tally.verdict.satisfied is None
            taken, found = tally.take(name, whole[name]), evaluate(policy, ends)
            assert taken.satisfied == found.satisfied
            assert not open_before or taken == found
        assert tally.verdict.satisfied is not None


@pytest.mark.parametrize("errors", ERRORS)
@pytest.mark.parametrize("join", [*COUNTING, *map(formula, FORMULAS)], ids=label)
def test_partial_success_counts_as_success_and_a_timeout_as_failure(
    join: Join, errors: ErrorPolicy
) -> None:
    policy = FanOut(join, errors)
    like: dict[End | None, End | None] = {P: S, T: F}
    for vector in vectors(3, (None, S, P, F, T, K)):
        ends = dict(zip(NAMES, vector, strict=False))
        plain = {name: like.get(end, end) for name, end in ends.items()}
        assert evaluate(policy, ends).satisfied == evaluate(policy, plain).satisfied


formulas = st.recursive(
    st.one_of(
        st.builds(Atom, st.sampled_from(NAMES), st.sampled_from(["succeeded", "failed"])),
        st.builds(Atom, st.sampled_from(NAMES), st.sampled_from(["skipped", "done"])),
        st.builds(
            AtLeast,
            st.integers(1, 4),
            st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map(tuple),
        ),
    ),
    lambda inner: st.one_of(
        st.builds(NoneOf, inner),
        st.builds(AllOf, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


@settings(deadline=None, max_examples=200)
@given(
    tree=formulas,
    errors=st.sampled_from(ERRORS),
    whole=st.tuples(*[st.sampled_from([S, P, F, T, K])] * 5),
    order=st.permutations(NAMES),
)
def test_any_formula_is_decided_as_early_as_its_definition_says(
    tree: Formula, errors: ErrorPolicy, whole: tuple[End, ...], order: list[str]
) -> None:
    policy = FanOut(formula(tree), errors)
    ends = dict(zip(NAMES, whole, strict=True))
    order = [name for name in order if ends[name] is not K]
    tally = Tally(policy, {name: end if end is K else None for name, end in ends.items()})
    found = [tally.take(name, ends[name]).satisfied for name in order]
    assert found == taken_in_order(policy, ends, order)


def join(kind: str, **fields: object) -> Join:
    return Join(kind, **fields)


REASONS: tuple[tuple[str, FanOut, dict[str, End | None], bool | None, str], ...] = (
    (
        "a quorum that is reached says how many it needed",
        FanOut(join("quorum", ratio=Fraction(2, 3), text="quorum(2/3)")),
        {"a": S, "b": F, "c": P},
        True,
        "2 of 3 succeeded; quorum(2/3) needs 2",
    ),
    (
        "a k that can no longer be met is not waited for",
        FanOut(join("k_of_n", k=2, text="k_of_n(2)")),
        {"a": F, "b": F, "c": None},
        False,
        "0 of 3 succeeded and only 1 more could; k_of_n(2) needs 2",
    ),
    (
        "all_success names the branch that failed",
        FanOut(join("all_success", text="all_success")),
        {"lint": None, "unit": T},
        False,
        "'unit' timed out; all_success needs every branch",
    ),
    (
        "fail_fast names the branch that failed",
        FanOut(join("first_success", text="first_success"), "fail_fast"),
        {"lint": None, "unit": F},
        False,
        "'unit' failed; error_policy=fail_fast",
    ),
    (
        "a success before the failure stands under fail_fast",
        FanOut(join("first_success", text="first_success"), "fail_fast"),
        {"lint": S, "unit": F},
        True,
        "1 of 2 succeeded; first_success needs 1",
    ),
    (
        "the failure that would complete wait_all decides it under fail_fast",
        FanOut(Join(), "fail_fast"),
        {"lint": S, "unit": F},
        False,
        "'unit' failed; error_policy=fail_fast",
    ),
    (
        "wait_all waits",
        FanOut(),
        {"lint": S, "unit": None},
        None,
        "1 of 2 succeeded; wait_all waits for all",
    ),
    (
        "wait_all is done with one success",
        FanOut(),
        {"lint": S, "unit": F},
        True,
        "all 2 branches ended, 1 succeeded",
    ),
    (
        "wait_all without any success is not satisfied",
        FanOut(),
        {"lint": F},
        False,
        "the only branch ended and none succeeded; wait_all needs 1",
    ),
    (
        "all_done is satisfied by failures",
        FanOut(join("all_done", text="all_done")),
        {"lint": F, "unit": F},
        True,
        "all 2 branches ended, 0 succeeded",
    ),
    (
        "no branch in the count satisfies nothing but all_done",
        FanOut(join("majority", text="majority")),
        {"lint": K, "unit": K},
        False,
        "no branch was activated; majority needs 1",
    ),
    (
        "skipped branches are not in the count",
        FanOut(join("majority", text="majority")),
        {"lint": K, "unit": S},
        True,
        "1 of 1 succeeded; majority needs 1",
    ),
    (
        "ignored failures are told",
        FanOut(join("majority", text="majority"), "ignore"),
        {"lint": F, "unit": S},
        True,
        "1 of 2 succeeded, 1 failed and are ignored; majority needs 1",
    ),
    (
        "a formula names the branches that decided it",
        FanOut(
            join(
                "formula",
                formula=AllOf((Atom("unit"), AtLeast(1, ("lint", "types")))),
                text="unit && 1 of (lint, types)",
            )
        ),
        {"unit": S, "lint": F, "types": S, "docs": None},
        True,
        "'unit' succeeded, 'types' succeeded; unit && 1 of (lint, types) is true",
    ),
    (
        "a formula of failures can be satisfied by them",
        FanOut(join("formula", formula=Atom("unit", "failed"), text="unit.failed")),
        {"unit": F},
        True,
        "'unit' failed; unit.failed is true",
    ),
    (
        "a formula stays unknown with its branch",
        FanOut(join("formula", formula=Atom("unit", "skipped"), text="unit.skipped")),
        {"unit": None, "lint": S},
        None,
        "1 of 2 ended; unit.skipped is not known yet",
    ),
    (
        "a failure that is ignored still counts as failed in a formula",
        FanOut(
            join(
                "formula",
                formula=AllOf((Atom("unit", "failed"), NoneOf(Atom("unit")))),
                text="unit.failed && !unit",
            ),
            "ignore",
        ),
        {"unit": F, "lint": S},
        True,
        "'unit' failed; unit.failed && !unit is true",
    ),
    (
        "ignored failures of every branch leave nothing to satisfy a formula",
        FanOut(join("formula", formula=Atom("unit", "failed"), text="unit.failed"), "ignore"),
        {"unit": F},
        False,
        "all that was activated failed and is ignored; unit.failed needs one",
    ),
)


@pytest.mark.parametrize(
    ("policy", "ends", "satisfied", "reason"),
    [case[1:] for case in REASONS],
    ids=[case[0] for case in REASONS],
)
def test_a_verdict_says_why(
    policy: FanOut, ends: dict[str, End | None], satisfied: bool | None, reason: str
) -> None:
    verdict = evaluate(policy, ends)
    assert (verdict.satisfied, verdict.reason) == (satisfied, reason)


def test_many_branches_are_not_all_named_in_a_reason() -> None:
    names = tuple(f"b{place}" for place in range(9))
    tree = formula(AllOf(tuple(map(Atom, names))))
    verdict = evaluate(FanOut(tree), dict.fromkeys(names, S))
    assert verdict.reason.startswith("'b0' succeeded, 'b1' succeeded,")
    assert verdict.reason.endswith("'b4' succeeded and 4 more; the formula is true")


def test_the_counts_go_on_after_the_decision() -> None:
    tally = Tally(FanOut(Join("first_success", text="first_success")), {"a": None, "b": None})
    decided = tally.take("b", S)
    assert tally.take("a", F) is decided
    assert tally.counts == Counts(activated=2, succeeded=1, failed=1, skipped=0)


@pytest.mark.parametrize(
    ("name", "end"),
    [("nobody", S), ("done", F), ("b", End.CANCELLED), ("b", K)],
    ids=["an unknown branch", "one taken before", "a cancelled one", "a skipped one"],
)
def test_an_end_that_cannot_be_taken_is_our_fault(name: str, end: End) -> None:
    tally = Tally(FanOut(), {"done": S, "b": None})
    with pytest.raises(AssertionError):
        tally.take(name, end)


@pytest.mark.parametrize("errors", ERRORS)
@pytest.mark.parametrize("policy", COUNTING, ids=label)
def test_ten_thousand_ends_are_taken_in_no_time(policy: Join, errors: ErrorPolicy) -> None:
    names = [f"item[{place}]" for place in range(10_000)]
    tally = Tally(FanOut(policy, errors), dict.fromkeys(names))
    before = time.process_time()
    for name in names:
        tally.take(name, S)
    assert time.process_time() - before < 2
    assert tally.verdict.satisfied is True
