"""Every expectation, met and missed, against real simulated runs."""

from __future__ import annotations

import pytest

from attractorc.testing import run_case
from attractorc.testing.format import EXPECT
from attractorc.testing.judging import JUDGES

from .ship import one_case, ship

SCRIPT = """
script:
  stages:
    build: {after: 1s}
    unit: {after: 10s, writes: {coverage: 81}}
    lint: [{status: fail, reason: no linter}, {writes: {findings: [x], score: 1.0}}]
    audit: {response: fine}
  answers: {approve: [N, Y]}
"""
"""The fan-out runs twice; `lint` fails the first time."""
ONCE = SCRIPT.replace("[N, Y]", "park")
CLASH = ONCE.replace("coverage: 81", "score: 2").replace("{status: fail, reason: no linter}, ", "")


def missed(expect: str, script: str = SCRIPT) -> list[tuple[str, str, str]]:
    result = run_case(ship(), one_case(f"{script}expect: {expect}"))
    return [(miss.about, miss.expected, miss.got) for miss in result.misses]


HOLDS = {
    "outcome": "{outcome: success}",
    "path": "{path: [build, checks, gate, approve, checks, gate, approve, audit, exit]}",
    "branches": "{branches: {/checks.1: {unit: [unit], lint: [lint]}}}",
    "ends": "{ends: {/checks.1: {lint: fail}, /checks.2: {unit: success, lint: success}}}",
    "join": "{join: {/checks.2: {satisfied: true, reason: 2 succeeded, taken: [unit, lint]}}}",
    "winner": "{winner: {/checks.1: unit, /checks.2: lint}}",
    "writes": "{writes: {/checks.2: {findings: {lint: merged}, coverage: {unit: isolated}}}}",
    "conflicts": "{conflicts: {/checks.1: []}}",
    "context": "{context: {findings: [x], score: 1.0, report: fine}}",
    "absent": "{absent: [coverage, nothing]}",
    "ran": "{ran: {build: 1, lint: 2, checks: 2, audit: 1}}",
    "never_ran": "{never_ran: []}",
    "questions": "{questions: []}",
    "took": "{took: 21s}",
}


@pytest.mark.parametrize("expect", HOLDS.values(), ids=HOLDS.keys())
def test_what_holds_is_not_missed(expect: str) -> None:
    assert missed(expect) == []


MISSED = {
    "outcome": ("{outcome: fail}", ("outcome", "fail", "success")),
    "path": (
        "{path: [build, exit]}",
        (
            "path",
            "[build, exit]",
            "[build, checks, gate, approve, checks, gate, approve, audit, exit]",
        ),
    ),
    "branches": (
        "{branches: {/checks.2: {unit: [lint]}}}",
        ("branches: /checks.2: unit", "[lint]", "[unit]"),
    ),
    "ends": (
        "{ends: {/checks.2: {lint: fail}}}",
        ("ends: /checks.2: lint", "fail", "success"),
    ),
    "an unknown branch": (
        "{ends: {/checks.2: {nuit: fail}}}",
        ("ends: /checks.2: nuit", "a branch of that id", "only unit, lint"),
    ),
    "a visit that never was": (
        "{ends: {/checks.3: {unit: success}}}",
        ("ends: /checks.3", "a fan-out that ran", "it never ran"),
    ),
    "a fan-out that ran twice": (
        "{winner: {checks: unit}}",
        ("winner: checks", "one visit", "it ran 2 times: name one of /checks.1, /checks.2"),
    ),
    "join": (
        "{join: {/checks.2: {satisfied: false}}}",
        ("join: /checks.2: satisfied", "false", "true (all 2 branches ended, 2 succeeded)"),
    ),
    "the reason of a join": (
        "{join: {/checks.2: {reason: 1 of 2}}}",
        ("join: /checks.2: reason", "... 1 of 2 ...", "all 2 branches ended, 2 succeeded"),
    ),
    "the order of a join": (
        "{join: {/checks.2: {taken: [lint, unit]}}}",
        ("join: /checks.2: taken", "[lint, unit]", "[unit, lint]"),
    ),
    "winner": ("{winner: {/checks.1: null}}", ("winner: /checks.1", "no winner", "unit")),
    "writes": (
        "{writes: {/checks.2: {score: {lint: isolated}}}}",
        ("writes: /checks.2: score: lint", "isolated", "merged"),
    ),
    "a write that never was": (
        "{writes: {/checks.2: {score: {unit: merged}}}}",
        ("writes: /checks.2: score: unit", "merged", "not written"),
    ),
    "conflicts": (
        "{conflicts: {/checks.2: [score]}}",
        ("conflicts: /checks.2", "[score]", "[]"),
    ),
    "context": ("{context: {score: 1}}", ("context: score", "1", "1.0")),
    "a key that is not there": (
        "{context: {coverage: 81}}",
        ("context: coverage", "81", "nothing"),
    ),
    "absent": ("{absent: [score]}", ("absent: score", "nothing", "1.0")),
    "ran": ("{ran: {lint: 1}}", ("ran: lint", "1 attempt", "2 attempts")),
    "never_ran": ("{never_ran: [audit]}", ("never_ran: audit", "never", "1 attempt")),
    "questions": ("{questions: [approve]}", ("questions", "[approve]", "[]")),
    "took": ("{took: 2m}", ("took", "2m", "21s")),
    "reason": ("{reason: no disk}", ("reason", "... no disk ...", "nothing")),
}


@pytest.mark.parametrize(("expect", "miss"), MISSED.values(), ids=MISSED.keys())
def test_what_does_not_hold_is_missed(expect: str, miss: tuple[str, str, str]) -> None:
    assert missed(expect) == [miss]


@pytest.mark.parametrize("question", ["approve", "/approve.1"])
def test_questions_are_named_by_node_or_stage(question: str) -> None:
    assert missed(f"{{outcome: parked, questions: [{question}]}}", ONCE) == []


def test_a_fan_out_that_ran_once_is_named_by_its_node() -> None:
    assert missed("{winner: {checks: unit}, ends: {checks: {lint: fail}}}", ONCE) == []


def test_a_conflict_is_named_by_its_key() -> None:
    assert missed("{conflicts: {checks: [score]}, outcome: fail, reason: score}", CLASH) == []


def test_misses_stand_in_the_order_of_the_file_and_point_at_it() -> None:
    expect = "\n  took: 1s\n  outcome: fail\n  context: {score: 1,\n    report: none}\n"
    result = run_case(ship(), one_case(f"{SCRIPT}expect:{expect}"))
    places = [(miss.about, miss.span.line, miss.span.column) for miss in result.misses]
    first = places[0][1]
    assert places == [
        ("took", first, 13),
        ("outcome", first + 1, 16),
        ("context: score", first + 2, 17),
        ("context: report", first + 3, 9),
    ]


def test_a_run_that_never_ends_is_a_miss() -> None:
    text = "script: {stages: {build: {hang: true}}}\nexpect: {outcome: success}"
    result = run_case(ship(), one_case(text))
    (miss,) = result.misses
    assert (miss.about, miss.expected) == ("the run", "a run that ends")
    assert miss.got == "the simulation cannot go on: /build.1 waits for ever"
    assert result.run is None


def test_every_expectation_has_a_judge_and_is_tried() -> None:
    assert set(JUDGES) == set(EXPECT.keys)
    assert {*HOLDS, "reason"} == set(JUDGES)
    assert set(JUDGES) <= set(MISSED)
