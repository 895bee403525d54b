"""Results of cases as `attractorc test --json` prints them, one object a line.

Plain data; `schemas/case.schema.json` is made from these classes. It must not know how
cases are run.
"""

from __future__ import annotations

from dataclasses import dataclass

from .suite import CaseResult


@dataclass(frozen=True, slots=True)
class MissEntry:
    """An expectation that did not hold: what it is about, its place, and both sides as text."""

    about: str
    line: int
    column: int
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class CaseEntry:
    """One case of one pipeline. `line` is that of its name in `file`.

    `outcome` is how the run ended, '' if it never would; `took_ms` is virtual, null then.
    """

    pipeline: str
    file: str
    line: int
    name: str
    passed: bool
    outcome: str
    took_ms: int | None
    misses: tuple[MissEntry, ...]


def entry(pipeline: str, file: str, result: CaseResult) -> CaseEntry:
    """The result of a case of a pipeline, which stands in a file."""
    run = result.run
    return CaseEntry(
        pipeline,
        file,
        result.case.span.line,
        result.case.name,
        result.passed,
        "" if run is None else run.result.status,
        None if run is None else run.took_ms,
        tuple(
            MissEntry(miss.about, miss.span.line, miss.span.column, miss.expected, miss.got)
            for miss in result.misses
        ),
    )
