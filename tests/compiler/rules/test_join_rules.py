"""What the rules about joins and winners say of the branches that they name and count."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from attractorc.compiler.diagnostic import Diagnostic
from attractorc.compiler.policy import (
    AllOf,
    AnyOf,
    AtLeast,
    Atom,
    Join,
    NoneOf,
    Winner,
    WinnerKey,
)
from attractorc.compiler.rules import (
    Rule,
    for_each_template,
    join_always_true,
    join_unknown_branch,
    join_unsatisfiable,
)

from ..graphs import graph_of

JOIN_RULES: tuple[Rule, ...] = (join_always_true, join_unknown_branch, join_unsatisfiable)
FORK = "start -> f -> {unit lint docs} -> j -> exit"


def findings(text: str, **attributes: dict[str, Any]) -> list[Diagnostic]:
    graph = graph_of(text, **attributes)
    return [found for rule in JOIN_RULES for found in rule.check(graph)]


@pytest.mark.parametrize(
    ("join", "expected"),
    [
        (
            Join("k_of_n", k=4),
            "error join_unsatisfiable the join of 'f' asks for 4 of its branches, but it has 3",
        ),
        (Join("k_of_n", k=3), None),
        (Join("k_of_n"), None),
        (Join("quorum", ratio=Fraction(1)), None),
        (
            Join("formula", formula=AllOf((Atom("unit"), NoneOf(Atom("unit"))))),
            "error join_unsatisfiable the join of 'f' is false however its branches end",
        ),
        (
            Join("formula", formula=AnyOf((Atom("unit"), AtLeast(3, ("lint", "docs", "docs"))))),
            "error join_unsatisfiable '3 of (...)' in the join of 'f' is never true: "
            "it names 2 branches",
        ),
        (
            Join("formula", formula=Atom("unit", "skipped")),
            "error join_unsatisfiable the join of 'f' is false however its branches end",
        ),
        (Join("formula", formula=AllOf((Atom("unit"), Atom("lint", "failed")))), None),
        (
            Join("formula", formula=AnyOf((Atom("unit"), Atom("unit", "failed")))),
            "warning join_always_true the join of 'f' is true however its branches end",
        ),
        (Join("formula", formula=AllOf((Atom("unit", "done"), Atom("lint", "done")))), None),
        (
            Join("formula", formula=AllOf((Atom("lnit"), Atom("unit")))),
            "error join_unknown_branch 'lnit' is no branch of 'f'; "
            "its branches are 'unit', 'lint', 'docs'",
        ),
        (
            Join("formula", formula=Atom("wait_al"), text="wait_al"),
            "error join_unknown_branch unknown join policy 'wait_al'; write one of wait_all, "
            "all_success, first_success, any_success, k_of_n, quorum, majority, all_done, "
            "ignore, or a formula over branch ids ('unit', 'lint', 'docs')",
        ),
    ],
    ids=str,
)
def test_a_join_is_checked_against_the_branches(join: Join, expected: str | None) -> None:
    found = [
        f"{each.severity} {each.rule} {each.message}" for each in findings(FORK, f={"join": join})
    ]
    assert found == ([] if expected is None else [expected])


def test_a_branch_that_may_be_skipped_makes_a_formula_possible() -> None:
    text = "start -> f -> unit [if=x]; f -> lint; {unit lint} -> j -> exit"
    assert findings(text, f={"join": Join("formula", formula=Atom("unit", "skipped"))}) == []


def test_an_unknown_name_has_its_nearest_branch_as_help() -> None:
    join = Join("formula", formula=AllOf((Atom("lnit"), Atom("unit"))))
    assert [each.help for each in findings(FORK, f={"join": join})] == ["did you mean 'lint'?"]


@pytest.mark.parametrize("node", ["f", "j"])
def test_a_winner_names_branches_of_its_fan_out(node: str) -> None:
    winner = Winner((WinnerKey("priority", branches=("unit", "typo")),), written=True)
    found = findings(FORK, **{node: {"winner": winner}})
    assert [(each.node, each.message) for each in found] == [
        (node, "'typo' is no branch of 'f'; its branches are 'unit', 'lint', 'docs'")
    ]


def test_an_unknown_name_in_a_formula_is_pointed_at() -> None:
    text = 'start -> f -> {unit lint} -> j -> exit; f [join="unit && types"]'
    graph = graph_of(text)
    attrs = graph.nodes["f"].attrs
    formula = AllOf((Atom("unit"), Atom("types")))
    object.__setattr__(attrs["join"], "value", Join("formula", formula=formula))
    (found,) = join_unknown_branch.check(graph)
    assert text[found.span.start : found.span.end] == "types"


@pytest.mark.parametrize(
    "attributes",
    [{"f": {"for_each": "items", "join": Join("k_of_n", k=4)}}],
    ids=["one branch becomes many"],
)
def test_a_dynamic_fan_out_has_as_many_branches_as_its_collection(
    attributes: dict[str, Any],
) -> None:
    assert findings("start -> f -> a -> j -> exit", **attributes) == []


TEMPLATES = {
    "a second branch edge": (
        "start -> f -> {a b} -> j -> exit",
        {"f": {"for_each": "items"}},
        "'f' has for_each, so every element follows one branch edge; 'f' -> 'b' is another",
    ),
    "a formula": (
        "start -> f -> a -> j -> exit",
        {"f": {"for_each": "items", "join": Join("formula", formula=Atom("a"))}},
        "a formula names branches, and the branches of for_each have no names before the run",
    ),
    "a priority": (
        "start -> f -> a -> j -> exit",
        {
            "f": {"for_each": "items"},
            "j": {"winner": Winner((WinnerKey("priority", branches=("a",)),), written=True)},
        },
        "a priority names branches, and the branches of for_each have no names before the run",
    ),
}


@pytest.mark.parametrize(("text", "attributes", "said"), TEMPLATES.values(), ids=TEMPLATES)
def test_what_the_template_of_a_dynamic_fan_out_cannot_be(
    text: str, attributes: dict[str, Any], said: str
) -> None:
    found = list(for_each_template.check(graph_of(text, **attributes)))
    assert [each.message for each in found] == [said]
