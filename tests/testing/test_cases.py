"""Files of cases: what they become, and a sentence with a place for what is wrong."""

from __future__ import annotations

import pytest

from attractorc.interpreter.outcome import Status
from attractorc.interpreter.simulation import Play, Reply
from attractorc.testing import read_cases

from .ship import case_faults, ship, yaml


def test_entries_of_a_case_count_before_those_of_all() -> None:
    cases = read_cases(
        yaml(
            """
            script:
              stages: {build: fail, unit: fail}
              answers: {approve: Y}
              default: {after: 1s}
            cases:
              - name: one
                inputs: {depth: 3}
                jobs: 2
                script: {stages: {unit: success}, answers: {approve: N}}
                expect: {outcome: success}
              - name: other
                inputs: {depth: 4, base: side, level: high}
                script: {default: fail}
                expect: {outcome: fail}
            """
        ),
        "ship.test.yaml",
        ship(),
    ).cases
    one, other = cases
    assert one.script.stages == {"build": (Play(Status.FAIL),), "unit": (Play(),)}
    assert one.script.answers == {"approve": (Reply("answer", "N"),)}
    assert (one.script.default, other.script.default) == (Play(after_ms=1_000), Play(Status.FAIL))
    assert (one.inputs, one.jobs) == ({"base": "main", "depth": 3, "level": "low"}, 2)
    assert (other.inputs, other.jobs) == ({"base": "side", "depth": 4, "level": "high"}, None)
    assert (one.span.line, one.name) == (7, "one")


HEAD = "cases: [{name: it, inputs: {depth: 1}, expect: "
FAULTS = {
    "no cases": ("script: {}", "1:1 a file of cases needs 'cases'"),
    "an empty list of cases": ("cases: []", "1:8 'cases' is empty; it needs at least one entry"),
    "a case without a name": (
        "cases: [{expect: {outcome: fail}}]",
        "1:9 a case needs 'name'",
    ),
    "a case that expects nothing": (
        f"{HEAD}{{}}}}]",
        "1:48 the case expects nothing; write for example outcome: success",
    ),
    "two cases of one name": (
        "cases:\n"
        "- {name: a, inputs: {depth: 1}, expect: {outcome: fail}}\n"
        "- {name: a, inputs: {depth: 1}, expect: {outcome: fail}}\n",
        "3:10 two cases are called 'a'; rename one",
    ),
    "an unknown expectation": (
        f"{HEAD}{{result: fail}}}}]",
        "1:49 an expectation has no 'result'; it has outcome, reason, path, branches, ends, join, "
        "winner, writes, conflicts, context, absent, ran, never_ran, questions, took",
    ),
    "a status that no run has": (
        f"{HEAD}{{outcome: failed}}}}]",
        "1:58 'outcome' must be one of success, partial_success, fail, cancelled, parked "
        "(did you mean 'fail'?), not 'failed'",
    ),
    "a path through an unknown node": (
        f"{HEAD}{{path: [biuld]}}}}]",
        "1:56 'path': the pipeline has no node 'biuld'; did you mean 'build'?",
    ),
    "counting an unknown node": (
        f"{HEAD}{{ran: {{biuld: 1}}}}}}]",
        "1:55 'ran': the pipeline has no node 'biuld'; did you mean 'build'?",
    ),
    "a branch through an unknown node": (
        f"{HEAD}{{branches: {{checks: {{unit: [x]}}}}}}}}]",
        "1:76 'branches': the pipeline has no node 'x'",
    ),
    "ends of no fan-out": (
        f"{HEAD}{{ends: {{build: {{unit: fail}}}}}}}}]",
        "1:56 'ends': 'build' is no fan-out",
    ),
    "a winner of an unknown fan-out": (
        f"{HEAD}{{winner: {{check: a}}}}}}]",
        "1:58 'winner': the pipeline has no node 'check'; did you mean 'checks'?",
    ),
    "an end that is none": (
        f"{HEAD}{{ends: {{checks: {{unit: failed}}}}}}}}]",
        "1:71 'unit' must be one of success, partial_success, fail, skipped, cancelled, timed_out "
        "(did you mean 'fail'?), not 'failed'",
    ),
    "an input that is missing": (
        "cases: [{name: it, expect: {outcome: fail}}]",
        "1:10 the case gives no value for the input 'depth', which has no default",
    ),
    "an unknown input": (
        "cases: [{name: it, inputs: {depth: 1, bas: x}, expect: {outcome: fail}}]",
        "1:39 the pipeline has no input 'bas'; did you mean 'base'?",
    ),
    "an input of the wrong type": (
        "cases: [{name: it, inputs: {depth: deep}, expect: {outcome: fail}}]",
        "1:29 the input 'depth' must be of the type int",
    ),
    "a truth value for a number": (
        "cases: [{name: it, inputs: {depth: true}, expect: {outcome: fail}}]",
        "1:29 the input 'depth' must be of the type int",
    ),
    "an input that is no choice": (
        "cases: [{name: it, inputs: {depth: 1, level: mid}, expect: {outcome: fail}}]",
        '1:39 the input \'level\' must be one of "low", "high"',
    ),
    "a fault in a script": (
        "script: {stages: {biuld: fail}}\n"
        "cases: [{name: it, inputs: {depth: 1}, expect: {outcome: fail}}]",
        "1:19 the pipeline has no node 'biuld'; did you mean 'build'?",
    ),
    "no jobs": (
        "cases: [{name: it, jobs: 0, inputs: {depth: 1}, expect: {outcome: fail}}]",
        "1:26 'jobs' must be a whole number from 1, not '0'",
    ),
}


@pytest.mark.parametrize(("text", "said"), FAULTS.values(), ids=FAULTS.keys())
def test_what_is_wrong_with_a_file_of_cases(text: str, said: str) -> None:
    assert said in case_faults(text)
