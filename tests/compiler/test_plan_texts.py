"""Labels, conditions and policies as canonical text: parsing it gives the same thing back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attractorc.compiler.expr import And, Comparison, Expr, Not, Or, Truth, condition_text
from attractorc.compiler.frontend.condition import parse_condition
from attractorc.compiler.frontend.joins import parse_join
from attractorc.compiler.frontend.merges import parse_merge
from attractorc.compiler.frontend.winners import parse_winner
from attractorc.compiler.plan.labels import accelerator, match_text
from attractorc.compiler.plan.policy_text import formula_text, join_text, rule_text, winner_text
from attractorc.compiler.policy import (
    AllOf,
    AnyOf,
    AtLeast,
    Atom,
    Formula,
    Join,
    Merge,
    MergeRule,
    NoneOf,
    Winner,
)
from attractorc.compiler.value import duration_ms, duration_text

from .plans import conditions
from .policy_plans import joins, winners

quick = settings(max_examples=60, deadline=None)

BRANCHES = ("unit", "e2e-slow", "of", "majority", "über", "a b", 'say "x"', "back\\slash", "2")


@pytest.mark.parametrize(
    ("label", "match", "key"),
    [
        ("Yes", "yes", "Y"),
        ("  Yes, Deploy ", "yes, deploy", "Y"),
        ("[Y] Yes, deploy", "yes, deploy", "Y"),
        ("[OK]Fine", "fine", "OK"),
        ("Y) Yes", "yes", "Y"),
        ("Y - Yes", "yes", "Y"),
        ("[y] Yes", "yes", "y"),
        ("[Y]", "y", "Y"),
        ("Fix - later", "fix - later", "F"),
        ("a-b", "a-b", "a"),
        ("[not closed", "[not closed", "["),
        ("", "", ""),
        ("   ", "", ""),
    ],
)
def test_a_label_is_compared_without_its_accelerator(label: str, match: str, key: str) -> None:
    assert (match_text(label), accelerator(label)) == (match, key)


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (Comparison("outcome", "=", "success"), "outcome=success"),
        (Comparison("context.n", "<=", "-2.5"), "context.n<=-2.5"),
        (Comparison("a", "contains", "b c"), 'a contains "b c"'),
        (Comparison("a", "!=", ""), 'a!=""'),
        (Comparison("a", "=", 'q"\\\n'), 'a="q\\"\\\\\\n"'),
        (Not(Truth("a")), "!a"),
        (Not(Comparison("a", "=", "b")), "!(a=b)"),
        (
            And((Truth("a"), Or((Truth("b"), Not(And((Truth("c"), Truth("d")))))))),
            "a && (b || !(c && d))",
        ),
    ],
)
def test_a_condition_has_one_text(expr: Expr, text: str) -> None:
    assert condition_text(expr) == text
    assert parse_condition(text) == expr


@given(conditions)
@quick
def test_the_text_of_a_condition_means_the_condition(expr: Expr) -> None:
    assert parse_condition(condition_text(expr)) == expr


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (Atom("lint"), "lint"),
        (Atom("majority"), '"majority"'),
        (Atom("a b", "failed"), '"a b".failed'),
        (
            AllOf((Atom("lint"), AtLeast(2, ("unit", "e2e", "fuzz")))),
            "lint && 2 of (unit, e2e, fuzz)",
        ),
        (
            AnyOf((AllOf((Atom("a"), Atom("b"))), NoneOf(AnyOf((Atom("c"), Atom("d")))))),
            "a && b || !(c || d)",
        ),
    ],
)
def test_a_formula_has_one_text(formula: Formula, text: str) -> None:
    assert formula_text(formula) == text


@given(joins(BRANCHES))
@quick
def test_the_text_of_a_join_means_the_join(join: Join) -> None:
    assert parse_join(join_text(join)) == join


@given(winners(BRANCHES).filter(lambda winner: winner.written))
@quick
def test_the_text_of_a_winner_means_the_winner(winner: Winner) -> None:
    assert parse_winner(winner_text(winner)) == winner


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (MergeRule("*", "isolate"), "*: isolate"),
        (MergeRule("a.b*", "keyed", "id"), "a.b*: keyed(id)"),
        (MergeRule("log", "concat", ", "), 'log: concat(", ")'),
        (MergeRule("two words", "concat", "\n"), '"two words": concat("\\n")'),
    ],
)
def test_a_merge_rule_has_one_text(rule: MergeRule, text: str) -> None:
    assert rule_text(rule) == text
    assert parse_merge(text) == Merge((rule,))


@given(st.integers(0, 10**12))
@quick
def test_the_text_of_a_duration_means_the_duration(milliseconds: int) -> None:
    assert duration_ms(duration_text(milliseconds)) == milliseconds
