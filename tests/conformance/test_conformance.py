"""attractorc is held to the suite: every case, its twin, and what must not matter to it.

Of the tables of decisions every entry is played under one of both ways to treat losers;
`ATTRACTORC_CONFORMANCE=all` plays each under both.
"""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import groupby

import pytest

from .playing import inside, observed, simulated, verdict
from .scripting import depends_on_time, variations
from .suite import Conformance, all_cases

ALL = os.environ.get("ATTRACTORC_CONFORMANCE") == "all"
CASES = list(all_cases())
WRITTEN = [case for case in CASES if case.cell is None]
RUNS = [case for case in WRITTEN if not case.refused]
TWINS = [case for case in WRITTEN if case.yaml is not None]
ROWS = {
    f"{kind}, {policy}, {decide}": list(entries)
    for (kind, policy, decide), entries in groupby(
        sorted(
            (case for case in CASES if case.cell is not None),
            key=lambda case: (case.cell.cell[0], case.cell.cell[1], case.cell.cell[3]),
        ),
        key=lambda case: (case.cell.cell[0], case.cell.cell[1], case.cell.cell[3]),
    )
}


def named(case: Conformance) -> str:
    return f"{case.file.removesuffix('.yaml')}: {case.name}"


def holds(case: Conformance, language: str = "dot") -> None:
    missed = verdict(case, inside, language).missed
    assert not missed, "\n".join((*missed, f"law: {case.law}"))


@pytest.mark.parametrize("case", WRITTEN, ids=named)
def test_it_is_as_the_law_says_at_any_speed(case: Conformance) -> None:
    if case.refused:
        holds(case)
        return
    made = case.case(case.plan())
    plain = simulated(case, "dot", made)
    missed = verdict(case, lambda case, language: observed(plain)).missed
    assert not missed, "\n".join((*missed, f"law: {case.law}"))
    if not depends_on_time(case.plan(), made.script):
        for what, script, jobs in variations(made.script, case.name):
            run = simulated(case, "dot", replace(made, script=script, jobs=jobs)).result
            came, other = (run.status, run.outcome_digest), plain.result
            assert came == (other.status, other.outcome_digest), what


@pytest.mark.parametrize("entries", ROWS.values(), ids=ROWS)
def test_the_join_is_decided_as_the_table_says(entries: list[Conformance]) -> None:
    for number, entry in enumerate(entries):
        # Two entries in a row are one decision: cancel, drain. Of one cancel, of the next drain.
        if ALL or number % 4 in (0, 3):
            holds(entry)


@pytest.mark.parametrize("case", TWINS, ids=named)
def test_the_twin_in_yaml_is_the_same_pipeline(case: Conformance) -> None:
    assert case.plan("yaml").digest == case.plan("dot").digest
    holds(case, "yaml")


def test_most_cases_depend_on_neither_jobs_nor_speed() -> None:
    free = [
        case for case in RUNS if not depends_on_time(case.plan(), case.case(case.plan()).script)
    ]
    assert len(free) > 300
