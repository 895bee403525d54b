"""The rules about choices: edges that are never taken, and loops that nothing ends."""

from __future__ import annotations

import pytest

from attractorc.compiler.frontend.condition import parse_condition
from attractorc.compiler.frontend.small import Problem
from attractorc.compiler.graph.coverage import holds
from attractorc.compiler.graph.possible import cases
from attractorc.compiler.rules import (
    Rule,
    ambiguous_accelerator,
    ambiguous_label,
    constant_condition,
    dead_edge,
    overlapping_conditions,
    self_loop,
    unbounded_loop,
    unknown_choice,
)

from .told import told

RULES: tuple[Rule, ...] = (
    ambiguous_accelerator,
    ambiguous_label,
    constant_condition,
    dead_edge,
    overlapping_conditions,
    self_loop,
    unbounded_loop,
    unknown_choice,
)
STAGES = "node [prompt=x]; a; b; c; d [shape=diamond]\n"


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        pytest.param(
            'start -> d; d -> a [condition="outcome=success"]; '
            'd -> b [condition="outcome!=success"]; d -> c; {a b c} -> exit',
            [
                "warning dead_edge [d -> c] the edge 'd' -> 'c' is never taken: the conditions "
                "of the other edges leave it no case"
            ],
            id="a default after all cases",
        ),
        pytest.param(
            'start -> d; d -> a [condition="outcome=success"]; '
            'd -> b [condition="outcome!=success"]; d -> b; {a b} -> exit',
            [],
            id="a default that leads where another leads changes nothing",
        ),
        pytest.param(
            'start -> d; d -> a [condition="outcome=success"]; '
            'd -> b [condition="outcome=fail"]; d -> c; {a b c} -> exit',
            [],
            id="a stage may end in part",
        ),
        pytest.param(
            'start -> d; d -> a [condition="x=true"]; d -> b [condition="x=false"]; d -> c; '
            "{a b c} -> exit",
            [],
            id="a key may be neither true nor false",
        ),
        pytest.param(
            'start -> d; d -> a [condition="x<3"]; d -> b [condition="x>=3"]; d -> c; '
            "{a b c} -> exit",
            [],
            id="or no number",
        ),
        pytest.param(
            'start -> d; d -> a [condition="x>5", weight=2]; d -> b [condition="x>7"]; d -> exit; '
            "{a b} -> exit",
            [
                "warning dead_edge [d -> b] the edge 'd' -> 'b' is never taken: the edge to 'a' "
                "is heavier and is always taken instead"
            ],
            id="a narrower condition with less weight",
        ),
        pytest.param(
            'start -> d; d -> a [condition="x=1"]; d -> b [condition="x=1"]; d -> exit; '
            "{a b} -> exit",
            [
                "warning dead_edge [d -> b] the edge 'd' -> 'b' is never taken: 'a' has the same "
                "weight, comes first in the alphabet, and is always taken instead"
            ],
            id="the same condition twice is dead, not overlapping",
        ),
        pytest.param(
            "start -> {a b} -> exit",
            [
                "warning dead_edge [start -> {a b] the edge 'start' -> 'b' is never taken: 'a' "
                "has the same weight, comes first in the alphabet, and is always taken instead"
            ],
            id="two edges from the start do not run side by side",
        ),
        pytest.param("start -> a -> {b c} -> exit", [], id="an agent may name the next stage"),
        pytest.param(
            "start -> a -> d; d -> b [label=yes]; d -> c [label=no]; {b c} -> exit",
            [],
            id="a label may be preferred",
        ),
        pytest.param(
            "start -> d; d -> a; d -> a; a -> exit", [], id="a repeated edge is duplicate_edge's"
        ),
        pytest.param(
            "f [shape=component]; j [shape=tripleoctagon]; start -> f -> {a b} -> j -> exit",
            [],
            id="branches are no choice",
        ),
        pytest.param(
            "start -> d; d -> a; d -> nowhere; a -> exit", [], id="an edge into nothing is enough"
        ),
    ],
)
def test_edges_that_are_never_taken(statements: str, expected: list[str]) -> None:
    assert told(STAGES + statements, RULES) == expected


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        pytest.param(
            ("outcome=success", "outcome=success && x=1"),
            "'b' and 'a' both hold when outcome is 'success' and x is '1'; 'a' is taken, only "
            "because it comes first in the alphabet",
            id="one inside the other",
        ),
        pytest.param(("x=1", "y=1"), "'b' and 'a' both hold", id="two keys"),
        pytest.param(("x=1", "x=2"), None, id="they exclude each other"),
        pytest.param(("x<3", "x>=3"), None, id="numbers that exclude each other"),
        pytest.param(("x<5", "x>3"), "'b' and 'a' both hold when x is '", id="numbers between"),
        pytest.param(("x contains p", "x contains q"), None, id="two words in a text"),
        pytest.param(("outcome=success", "outcome=fail && x=1"), None, id="two outcomes"),
    ],
)
def test_conditions_that_hold_together(conditions: tuple[str, str], expected: str | None) -> None:
    first, second = conditions
    edges = f'd -> b [condition="{first}"]; d -> a [condition="{second}"]; d -> c'
    found = told(f"{STAGES} start -> d; {edges}; {{a b c}} -> exit", (overlapping_conditions,))
    assert len(found) == (expected is not None)
    assert all((expected or "") in each for each in found)
    heavier = edges.replace(f'"{second}"', f'"{second}", weight=1')
    statements = f"{STAGES} start -> d; {heavier}; {{a b c}} -> exit"
    assert told(statements, (overlapping_conditions,)) == []


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("x=1 && x=2", '["x=1 && x=2"] the condition of \'a\' -> \'b\' never holds'),
        ("x<3 || !(x<3)", '["x<3 || !(x<3)"] the condition of \'a\' -> \'b\' always holds'),
        ("x && x<1", None),
        ("x contains ab && x!=ab", None),
        ("x contains 3 && x>20", None),
        ("outcome=retry", None),
        ("outcome=succeeded", "[succeeded] outcome is never 'succeeded'"),
        ("else", "[\"else\"] the condition 'else' asks whether a context key of that name is set"),
    ],
)  # fmt: skip
def test_conditions_whose_value_is_known(condition: str, expected: str | None) -> None:
    statements = f'{STAGES} start -> a -> exit; a -> b [condition="{condition}"]; b -> exit'
    found = told(statements, (constant_condition, dead_edge))
    assert found == ([f"warning constant_condition {expected}"] if expected else [])


def test_a_foreign_outcome_is_told_once_a_file() -> None:
    edges = 'a -> b [condition="outcome=failed"]; b -> c [condition="outcome=failed"]'
    found = told(f"{STAGES} start -> a -> exit; b -> exit; c -> exit; {edges}", RULES)
    assert found == ["warning constant_condition [failed] outcome is never 'failed'"]


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        pytest.param(
            "start -> a -> b -> a; b -> exit",
            ["warning unbounded_loop [b -> a] nothing in the file ends the loop 'a' -> 'b' -> 'a'"],
            id="two stages",
        ),
        pytest.param(
            "start -> a -> d; d -> a; d -> exit",
            ["warning unbounded_loop [d -> a] nothing in the file ends the loop 'a' -> 'd' -> 'a'"],
            id="the way out of it is not told besides",
        ),
        pytest.param(
            "start -> a -> b -> a; b -> exit [weight=1]", [], id="the heavier edge leads out"
        ),
        pytest.param("start -> a -> b -> a; b -> exit; a [max_visits=3]", [], id="a limit"),
        pytest.param(
            "start -> a -> b; b -> a [label=again]; b -> exit [label=done]", [], id="labels"
        ),
        pytest.param(
            'start -> a -> b; b -> a [condition="outcome=fail"]; b -> exit', [], id="a condition"
        ),
        pytest.param("h [shape=hexagon]; start -> a -> h -> a; h -> exit", [], id="a person in it"),
        pytest.param("start -> a -> b -> a", [], id="without a way out it is no_path_to_exit's"),
        pytest.param(
            "start -> a -> a; a -> exit",
            [
                "warning self_loop [a -> a] 'a' leads back to itself, and nothing in the "
                "file ends that"
            ],
            id="one stage",
        ),
        pytest.param(
            'start -> a -> a; a -> exit [condition="outcome=success"]', [], id="with a way out"
        ),
    ],
)
def test_loops(statements: str, expected: list[str]) -> None:
    assert told(STAGES + statements, RULES) == expected


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        pytest.param(("[Y] Yes", "[N] No"), [], id="two keys"),
        pytest.param(
            ("Yes", "[Y] yes"),
            [
                "warning ambiguous_label [\"[Y] yes\"] two edges of 'h' have the label 'yes'; "
                "the one to 'a' is always chosen"
            ],
            id="one label with and without its key",
        ),
        pytest.param(
            ("[A] Accept", "A) Amend"),
            ["warning ambiguous_accelerator [\"A) Amend\"] two choices of 'h' have the key 'A'"],
            id="one key twice",
        ),
        pytest.param(
            ("Abort", "[A] Accept"),
            ["warning ambiguous_accelerator [\"[A] Accept\"] two choices of 'h' have the key 'A'"],
            id="a key that is another's first letter",
        ),
        pytest.param(("Abort", "Accept"), [], id="first letters that nobody chose"),
    ],
)
def test_choices_that_cannot_be_told_apart(labels: tuple[str, str], expected: list[str]) -> None:
    one, other = labels
    statements = f'h [shape=hexagon]; start -> h; h -> a [label="{one}"]; h -> b [label="{other}"]'
    assert told(f"{STAGES}{statements}; {{a b}} -> exit", RULES) == expected


@pytest.mark.parametrize(
    ("choice", "known"),
    [("a", True), ("yes", True), ("[Y] Yes", True), ("n", True), ("B", False), ("maybe", False)],
)
def test_default_choices(choice: str, known: bool) -> None:
    statements = (
        f'h [shape=hexagon, "human.default_choice"="{choice}"]; start -> h; '
        'h -> a [label="[Y] Yes"]; h -> c [label="No"]; {a c} -> exit'
    )
    assert told(STAGES + statements, RULES) == [
        f"error unknown_choice [\"{choice}\"] '{choice}' is no choice of 'h'; its choices are "
        "'[Y] Yes', 'No'"
    ] * (not known)


@pytest.mark.parametrize(
    ("choice", "winner", "known"),
    [
        ("a", "human", True),
        ("x", "human", False),
        ("x", "first", True),
        ("c[0]", "human", False),
    ],
)
def test_default_choices_of_a_person_who_chooses_a_winner(
    choice: str, winner: str, known: bool
) -> None:
    statements = (
        f'f [shape=component]; j [shape=tripleoctagon, winner="{winner}", '
        f'"human.default_choice"="{choice}"]; start -> f -> {{a b}} -> j -> exit'
    )
    assert told(STAGES + statements, RULES) == [
        f"error unknown_choice [\"{choice}\"] '{choice}' is no branch of 'f'; there are a, b"
    ] * (not known)


@pytest.mark.parametrize(
    ("texts", "known"),
    [
        (("x contains a && x>3",), False),
        (tuple(f"k{number}=1" for number in range(9)), False),
        (("x=1", "outcome=fail"), True),
    ],
)
def test_where_cases_cannot_be_told_there_are_none(texts: tuple[str, ...], known: bool) -> None:
    conditions = [parse_condition(text) for text in texts]
    assert not any(isinstance(condition, Problem) for condition in conditions)
    found = cases(conditions)  # type: ignore[arg-type]
    assert bool(found) is known
    for condition in conditions if known else ():
        assert {holds(condition, case) for case in found} == {True, False}  # type: ignore[arg-type]
