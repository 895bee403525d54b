"""Joins, winners and merges: what their texts and YAML forms mean, and their faults."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attractorc.compiler.frontend import joins
from attractorc.compiler.frontend.joins import (
    POLICIES,
    formula_text,
    join_of,
    no_such_policy,
    parse_join,
)
from attractorc.compiler.frontend.merges import merge_of, parse_merge
from attractorc.compiler.frontend.policies import read
from attractorc.compiler.frontend.small import Fault, Problem
from attractorc.compiler.frontend.winners import parse_winner, winner_of
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
    WinnerKey,
)
from attractorc.compiler.source import Span
from attractorc.compiler.syntax import Mapping, Name, Scalar, Sequence, Value

HERE = Span("x.yaml", 0, 0, 1, 1, 1, 1)


def written(value: Any) -> Value:
    """A Python value as a YAML file would hold it."""
    if isinstance(value, Dict):
        return Mapping(tuple((Name(key, HERE), written(each)) for key, each in value.items()), HERE)
    if isinstance(value, list):
        return Sequence(tuple(written(each) for each in value), HERE)
    return Scalar(str(value), HERE)


JOINS: dict[str, tuple[Any, Join]] = {
    "wait_all": ("wait_all", Join()),
    "any_success is first_success": ("any_success", Join("first_success", text="first_success")),
    "ignore is all_done": (" ignore ", Join("all_done", text="all_done")),
    "k of n": ("k_of_n(2)", Join("k_of_n", k=2, text="k_of_n(2)")),
    "k of n, its k elsewhere": ("k_of_n", Join("k_of_n", text="k_of_n")),
    "a quorum as a fraction": (
        "quorum( 4/6 )",
        Join("quorum", ratio=Fraction(2, 3), text="quorum(2/3)"),
    ),
    "a quorum as an exact decimal": (
        "quorum(0.1)",
        Join("quorum", ratio=Fraction(1, 10), text="quorum(1/10)"),
    ),
    "a majority": ("majority", Join("majority", text="majority")),
    "a formula": (
        'lint && 2 of (unit, e2e-1, "x y")',
        Join(
            "formula",
            formula=AllOf((Atom("lint"), AtLeast(2, ("unit", "e2e-1", "x y")))),
            text='lint && 2 of (unit, e2e-1, "x y")',
        ),
    ),
    "states and negation": (
        "!a.failed || (b.done&&c)",
        Join(
            "formula",
            formula=AnyOf((NoneOf(Atom("a", "failed")), AllOf((Atom("b", "done"), Atom("c"))))),
            text="!a.failed || b.done && c",
        ),
    ),
    "a quoted policy is a branch": (
        '"majority"',
        Join("formula", formula=Atom("majority"), text='"majority"'),
    ),
    "branches that are numbers": (
        "1 && 2",
        Join("formula", formula=AllOf((Atom("1"), Atom("2"))), text="1 && 2"),
    ),
    "a quorum as a mapping": (
        {"quorum": "2/3"},
        Join("quorum", ratio=Fraction(2, 3), text="quorum(2/3)"),
    ),
    "k of n as a mapping": ({"k_of_n": 2}, Join("k_of_n", k=2, text="k_of_n(2)")),
    "a formula as a mapping": (
        {"formula": "a && b"},
        Join("formula", formula=AllOf((Atom("a"), Atom("b"))), text="a && b"),
    ),
}


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_without_an_argument_is_what_the_grammar_says(name: str) -> None:
    assert parse_join(f" {name}\n") == read("join", name, joins._BUILDER)


@pytest.mark.parametrize(("value", "join"), JOINS.values(), ids=JOINS)
def test_a_join_means(value: Any, join: Join) -> None:
    assert join_of(written(value)) == join


JOIN_FAULTS: dict[str, tuple[str, str, str]] = {
    "a misspelt policy": ("kofn(2)", "kofn", f"write one of {', '.join(POLICIES)}"),
    "k is zero": ("k_of_n(0)", "0", "k must be a positive integer, not '0'"),
    "k is no number": ("k_of_n( two )", "two", "k must be a positive integer, not 'two'"),
    "k is missing": ("k_of_n()", "k_of_n", "k is missing"),
    "k of a formula is zero": ("a && 0 of (b)", "0", "k must be a positive integer, not '0'"),
    "a ratio above one": ("quorum(3/2)", "3/2", "above 0 and at most 1, not '3/2'"),
    "a ratio of nothing": ("quorum(0)", "0", "above 0 and at most 1, not '0'"),
    "a ratio in percent": ("quorum(67%)", "67%", "above 0 and at most 1, not '67%'"),
    "a division by zero": ("quorum(1/0)", "1/0", "above 0 and at most 1, not '1/0'"),
    "an exponent": ("quorum(1e-9)", "1e-9", "above 0 and at most 1"),
    "an argument too many": ("majority(2)", "majority(2", "takes no argument"),
    "an unknown state": ("a.success", "success", "one of succeeded, failed, skipped, done"),
    "a policy inside a formula": ("a && k_of_n(2)", "k_of_n(2", "must stand alone"),
    "no parentheses": ("2 of a", "a", "expected '(', not 'a'"),
    "two names": ("a b", "b", "not 'b'"),
    "nothing": ("  ", "  ", "the join is empty"),
}


@pytest.mark.parametrize(("text", "part", "message"), JOIN_FAULTS.values(), ids=JOIN_FAULTS)
def test_a_faulty_join_says(text: str, part: str, message: str) -> None:
    problem = parse_join(text)
    assert isinstance(problem, Problem)
    assert message in problem.message
    assert text[problem.start : problem.end] == part


def test_the_nearest_policy_is_named() -> None:
    problem = parse_join("quorm(2/3)")
    assert isinstance(problem, Problem)
    assert problem.help == "did you mean 'quorum'?"
    assert no_such_policy("wait-all").help == "did you mean 'wait_all'?"
    assert no_such_policy("any").help == "did you mean 'first_success'?"


def test_a_fault_in_a_mapping_stands_at_its_scalar() -> None:
    inner = Scalar("9/2", HERE)
    fault = join_of(Mapping(((Name("quorum", HERE), inner),), HERE))
    assert isinstance(fault, Fault)
    assert fault.value is inner
    assert isinstance(join_of(written(["a"])), Fault)
    assert isinstance(join_of(written({"a": "1", "b": "2"})), Fault)
    assert isinstance(join_of(written({"best": "1"})), Fault)


_ids = st.one_of(
    st.sampled_from(["a", "unit-tests", "2", "x y", 'q"', "majority", "of", "\\", "ü"]),
    st.text(min_size=1, max_size=6),
)
_atoms = st.builds(Atom, _ids, st.sampled_from(["succeeded", "failed", "skipped", "done"]))
_leaves = _atoms | st.builds(
    AtLeast, st.integers(1, 9), st.lists(_ids, min_size=1, max_size=3).map(tuple)
)
_formulas = st.recursive(
    _leaves,
    lambda inner: (
        st.builds(NoneOf, inner)
        | st.builds(AllOf, st.lists(inner, min_size=2, max_size=3).map(tuple))
        | st.builds(AnyOf, st.lists(inner, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=6,
)


@given(_formulas)
def test_a_formula_is_read_back_from_its_text(formula: Formula) -> None:
    text = formula_text(formula)
    assert parse_join(text) == Join("formula", formula=formula, text=text)


@given(st.text(alphabet="ab2of.,;:()!&|*\"' /k_", max_size=24))
def test_any_text_is_a_policy_or_a_problem_inside_it(text: str) -> None:
    for parse in (parse_join, parse_winner, parse_merge):
        found: Any = parse(text)
        if isinstance(found, Problem):
            assert 0 <= found.start <= found.end <= len(text)


def _winner(*keys: WinnerKey) -> Winner:
    return Winner(keys, written=True)


WINNERS: dict[str, tuple[Any, Winner]] = {
    "several keys": (
        "status, max(coverage),first",
        _winner(WinnerKey("status"), WinnerKey("max", "coverage"), WinnerKey("first")),
    ),
    "priority": (
        'priority(a, "b c")',
        _winner(WinnerKey("priority", branches=("a", "b c"))),
    ),
    "those of other days": (
        "vote(k), prompt, human, arrival",
        _winner(
            WinnerKey("vote", "k"), WinnerKey("prompt"), WinnerKey("human"), WinnerKey("arrival")
        ),
    ),
    "a list of texts and mappings": (
        [{"max": "coverage"}, "min(cost)", {"priority": ["a", "b"]}, "first"],
        _winner(
            WinnerKey("max", "coverage"),
            WinnerKey("min", "cost"),
            WinnerKey("priority", branches=("a", "b")),
            WinnerKey("first"),
        ),
    ),
    "one mapping": ({"max": "coverage"}, _winner(WinnerKey("max", "coverage"))),
}


@pytest.mark.parametrize(("value", "winner"), WINNERS.values(), ids=WINNERS)
def test_a_winner_means(value: Any, winner: Winner) -> None:
    assert winner_of(written(value)) == winner


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("best", "unknown winner key 'best'; write one of status, max, min, first"),
        ("max", "'max' needs one context key"),
        ("max(a, b)", "'max' needs one context key"),
        ("first(x)", "'first' takes no argument"),
        ("priority", "'priority' needs branch ids"),
        ("max(a) first", "expected ',' or the end, not 'first'"),
        ("", "the winner rule is empty"),
        ([], "the winner rule is empty"),
        ([{"max": "a", "min": "b"}], "a winner key needs exactly one entry here"),
        ([["a"]], "a winner key cannot be a list"),
    ],
)
def test_a_faulty_winner_says(value: Any, message: str) -> None:
    fault = winner_of(written(value))
    assert isinstance(fault, Fault)
    assert message in fault.problem.message


MERGES: dict[str, tuple[Any, tuple[MergeRule, ...]]] = {
    "rules in their order, shadowed ones too": (
        "*: isolate; findings : append ;findings: union",
        (
            MergeRule("*", "isolate"),
            MergeRule("findings", "append"),
            MergeRule("findings", "union"),
        ),
    ),
    "strategies with an argument": (
        'a: keyed(id); b.*: concat(", ");',
        (MergeRule("a", "keyed", "id"), MergeRule("b.*", "concat", ", ")),
    ),
    "a quoted key": ('"x: y": sum', (MergeRule("x: y", "sum"),)),
    "commas between rules": (
        "a: first, b: last",
        (MergeRule("a", "first"), MergeRule("b", "last")),
    ),
    "a mapping": (
        {"findings": "append", "items": {"keyed": "id"}, "*": "isolate"},
        (
            MergeRule("findings", "append"),
            MergeRule("items", "keyed", "id"),
            MergeRule("*", "isolate"),
        ),
    ),
    "a list of rules": (
        [
            {"key": "findings", "strategy": "append"},
            {"key": "log", "strategy": 'concat("\\n")'},
            {"cost": "sum"},
            "*: isolate",
        ],
        (
            MergeRule("findings", "append"),
            MergeRule("log", "concat", "\n"),
            MergeRule("cost", "sum"),
            MergeRule("*", "isolate"),
        ),
    ),
}


@pytest.mark.parametrize(("value", "rules"), MERGES.values(), ids=MERGES)
def test_a_merge_means(value: Any, rules: tuple[MergeRule, ...]) -> None:
    assert merge_of(written(value)) == Merge(rules)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("a: apend", "unknown merge strategy 'apend'; write one of isolate, winner, first"),
        ({"a": "apend"}, "unknown merge strategy 'apend'"),
        ("append", "a merge rule needs a key"),
        ("a append", "expected ':', not 'append'"),
        ("a: keyed", "'keyed' needs a field, such as keyed(id)"),
        ("a: concat", "'concat' needs a separator"),
        ("a: sum(x)", "'sum' takes no argument"),
        ("", "the merge is empty"),
        ({"a": ["b"]}, "a strategy cannot be a list"),
        ({"a": "sum; b: min"}, "a key has one strategy"),
        ({"a": {"sum": "x"}}, "'sum' takes no argument"),
    ],
)
def test_a_faulty_merge_says(value: Any, message: str) -> None:
    fault = merge_of(written(value))
    assert isinstance(fault, Fault)
    assert message in fault.problem.message


def test_a_fault_of_a_strategy_in_a_mapping_has_its_own_offsets() -> None:
    fault = merge_of(written({"a": "apend"}))
    assert isinstance(fault, Fault)
    assert (fault.problem.start, fault.problem.end) == (0, 5)
    assert fault.problem.help == "did you mean 'append'?"
