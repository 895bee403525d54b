"""`attractorc test`: the scripted cases beside pipelines, run on virtual time.

Finds the files, has the cases run, prints what was missed. What a case is, and whether it
holds, is decided elsewhere. It must not know the format of a case.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from .exits import Exit, Refused
from .files import is_file, read_all, read_one, shown
from .terminal import colour_option, wants_colour

if TYPE_CHECKING:
    from attractorc.testing import CaseResult

    from .files import Input

SUFFIX = ".test.yaml"


@click.command(
    epilog="Example: attractorc test review.dot pipelines/",
    short_help="Run the scripted cases of pipelines.",
)
@click.argument("paths", nargs=-1, metavar="[FILE|FOLDER|PATTERN]...")
@click.option("--case", "wanted", metavar="TEXT", help="Only cases whose name has this text.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON for each case.")
@colour_option
def command(paths: tuple[str, ...], wanted: str | None, as_json: bool, colour: str) -> int:
    """Run the cases in x.test.yaml beside each pipeline x: no process, no model, no waiting.

    A folder means the pipelines in it that have cases; without a name the current folder is
    tested. The exit code is 0 if all cases hold, 1 if one does not, 2 if a file cannot be used.
    """
    tally = Tally()
    paint = wants_colour(colour, sys.stdout)
    for item, beside in _tested(paths or (".",), tally):
        results = _results(item, beside, wanted, wants_colour(colour, sys.stderr))
        tally.add(results)
        lines = _json(item, beside, results) if as_json else _told(item, beside, results, paint)
        for line in lines:
            click.echo(line, color=paint)
    if not tally.cases:
        if wanted is not None and tally.pipelines:
            raise Refused(f"no case has '{wanted}' in its name")
        raise Refused(f"no pipeline here has cases; write them into x{SUFFIX} beside x")
    if not as_json:
        click.echo(tally.summary(), err=True)
    return Exit.NOT_HELD if tally.failed else Exit.DONE


@dataclass(slots=True)
class Tally:
    """How many there were."""

    pipelines: int = 0
    cases: int = 0
    failed: int = 0
    without: int = 0

    def add(self, results: Sequence[CaseResult]) -> None:
        """Count the cases of one pipeline."""
        self.pipelines += 1
        self.cases += len(results)
        self.failed += sum(not result.passed for result in results)

    def summary(self) -> str:
        """One line."""
        where = f"in {_plural(self.pipelines, 'pipeline')}"
        said = f"{self.failed} of {_plural(self.cases, 'case')} failed {where}"
        if not self.failed:
            said = f"{_plural(self.cases, 'case')} passed {where}"
        left = f"; {_plural(self.without, 'pipeline')} without cases" if self.without else ""
        return said + left


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _tested(paths: Sequence[str], tally: Tally) -> list[tuple[Input, Input]]:
    """The pipelines with cases and those cases; a named pipeline must have some."""
    named = {path for path in paths if is_file(path)}
    pipelines = {path for path in named if not path.endswith(SUFFIX)}
    asked = [pipeline for path in paths for pipeline in _beside(path)]
    inputs = read_all(asked)
    if inputs.unread:
        raise Refused(inputs.unread[0])
    found: list[tuple[Input, Input]] = []
    for item in inputs.read:
        assert item.path is not None
        cases = item.path.with_suffix(SUFFIX)
        if cases.is_file():
            found.append((item, read_one(str(cases))))
        elif str(item.path) in pipelines or item.name in pipelines:
            raise Refused(
                f"{item.name}: has no cases; write them into {shown(cases)}, for example: "
                "cases: [{name: all goes well, expect: {outcome: success}}]"
            )
        else:
            tally.without += 1
    return found


def _beside(path: str) -> list[str]:
    """What an argument means: of a file of cases, the pipelines that it is for."""
    if not path.endswith(SUFFIX) or not is_file(path):
        return [path]
    stem = path.removesuffix(SUFFIX)
    found = [
        f"{stem}{suffix}"
        for suffix in (".dot", ".gv", ".yaml", ".yml")
        if is_file(f"{stem}{suffix}")
    ]
    if not found:
        raise Refused(f"{shown(path)}: there is no pipeline {shown(stem)}.yaml or .dot beside it")
    return found


def _results(item: Input, beside: Input, wanted: str | None, colour: bool) -> list[CaseResult]:
    from attractorc.testing import Faulty, read_cases, run_case

    from .compiling import compiled_or_refused
    from .simulating import faults_told

    plan = compiled_or_refused(str(item.path), None, colour)
    try:
        cases = read_cases(beside.data, beside.name, plan).cases
    except Faulty as faulty:
        raise faults_told(faulty, colour) from faulty
    return [run_case(plan, case) for case in cases if wanted is None or wanted in case.name]


def _told(item: Input, beside: Input, results: Sequence[CaseResult], colour: bool) -> list[str]:
    """What people read: a line for the pipeline, and what was missed."""
    if not results:
        return []
    missed = [result for result in results if not result.passed]
    count = _plural(len(results), "case")
    verdict = f"{len(missed)} of {count} failed" if missed else f"{count} passed"
    tint = "red" if missed else "green"
    lines = [f"{item.name}: {click.style(verdict, fg=tint) if colour else verdict}"]
    for result in missed:
        word = click.style("FAILED", fg="red", bold=True) if colour else "FAILED"
        lines.append(f"  {word} {result.case.name}")
        for miss in result.misses:
            span = miss.span
            lines.append(f"    {span.file}:{span.line}:{span.column}: {miss.about}")
            lines.append(f"      expected: {miss.expected}")
            lines.append(f"      got:      {miss.got}")
        again = ("attractorc", "exec", item.name, "--simulate", beside.name)
        lines.append(f"    see it run: {shlex.join((*again, '--case', result.case.name))}")
    return lines


def _json(item: Input, beside: Input, results: Sequence[CaseResult]) -> list[str]:
    """One line of JSON for each case."""
    from attractorc.compiler.value import canonical
    from attractorc.testing.results import entry

    return [canonical(asdict(entry(item.name, beside.name, each))) for each in results]
