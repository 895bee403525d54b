"""What values a join formula can have, once all branches ended."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attractorc.compiler.graph.truth import values
from attractorc.compiler.policy import AllOf, AnyOf, AtLeast, Atom, Formula, NoneOf

A, B = Atom("a"), Atom("b")


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        pytest.param(A, {True, False}, id="a branch succeeds or not"),
        pytest.param(AllOf((A, NoneOf(A))), {False}, id="not both"),
        pytest.param(AnyOf((A, Atom("a", "failed"))), {True}, id="one or the other"),
        pytest.param(AnyOf((B, Atom("b", "failed"))), {True, False}, id="or skipped"),
        pytest.param(Atom("a", "done"), {True}, id="done in the end"),
        pytest.param(Atom("a", "skipped"), {False}, id="never skipped"),
        pytest.param(AtLeast(2, ("a", "a")), {False}, id="one branch counts once"),
        pytest.param(AtLeast(2, ("a", "b")), {True, False}, id="two of two"),
    ],
)
def test_all_ways_to_end_are_tried(formula: Formula, expected: set[bool]) -> None:
    assert values(formula, {"a": False, "b": True}) == expected


def test_that_every_branch_is_skipped_is_no_case() -> None:
    formula = AnyOf((A, Atom("a", "failed")))
    assert values(formula, {"a": True}) == {True}
    assert values(formula, {"a": True, "b": True}) == {True, False}


formulas: st.SearchStrategy[Formula] = st.recursive(
    st.builds(
        Atom, st.sampled_from("abc"), st.sampled_from(["succeeded", "failed", "skipped", "done"])
    )
    | st.builds(
        AtLeast, st.integers(1, 3), st.lists(st.sampled_from("abc"), min_size=1).map(tuple)
    ),
    lambda inner: (
        st.builds(NoneOf, inner)
        | st.builds(AllOf, st.tuples(inner, inner))
        | st.builds(AnyOf, st.tuples(inner, inner))
    ),
    max_leaves=6,
)


@given(formulas, st.tuples(st.booleans(), st.booleans(), st.booleans()))
@settings(deadline=None)
def test_a_formula_and_its_negation_have_opposite_values(
    formula: Formula, skippable: tuple[bool, bool, bool]
) -> None:
    branches = dict(zip("abc", skippable, strict=True))
    expected = {not value for value in values(formula, branches)}
    assert values(NoneOf(formula), branches) == expected


def test_a_formula_with_too_many_cases_is_left_alone() -> None:
    names = [f"b{number}" for number in range(20)]
    formula = AnyOf(tuple(Atom(name) for name in names))
    assert values(formula, dict.fromkeys(names, False)) == frozenset()
