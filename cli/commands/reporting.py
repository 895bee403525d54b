"""What `check` prints: findings in one of the output formats, or the changes as diffs.

Formats are a table of functions, so that a new one is one entry more. Findings go to
standard output and sentences about them to standard error. It must not decide the exit code.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

import click

if TYPE_CHECKING:
    from attractorc.compiler.diagnostic import Diagnostic
    from attractorc.compiler.source import Source


@dataclass(frozen=True, slots=True)
class Report:
    """All findings in order, of all files; `failing` says which of them fail the check."""

    findings: Sequence[Diagnostic]
    sources: Mapping[str, Source]
    failing: Callable[[Diagnostic], bool]
    colour: bool = False


Format: TypeAlias = Callable[[Report], str]


def _text(report: Report) -> str:
    from attractorc.compiler.render.findings_text import full

    return full(report.findings, report.sources, report.colour)


def _concise(report: Report) -> str:
    from attractorc.compiler.render.findings_text import concise

    return concise(report.findings, report.colour)


def _json(report: Report) -> str:
    from attractorc.compiler.render.findings_json import as_json

    return as_json(report.findings)


def _sarif(report: Report) -> str:
    from importlib.metadata import version

    from attractorc.compiler.render.sarif import RuleHelp, as_sarif
    from attractorc.compiler.rules.pages import pages

    rules = [
        RuleHelp(each.rule, each.severity, each.title, each.as_text(), each.as_markdown())
        for each in pages()
    ]
    return as_sarif(report.findings, report.sources, rules, version("attractorc"))


def _github(report: Report) -> str:
    from attractorc.compiler.render.github import as_commands

    return as_commands(report.findings)


def _junit(report: Report) -> str:
    from attractorc.compiler.render.junit import as_junit

    return as_junit(report.findings, tuple(report.sources), report.failing)


FORMATS: Final[Mapping[str, Format]] = {
    "text": _text,
    "concise": _concise,
    "json": _json,
    "sarif": _sarif,
    "github": _github,
    "junit": _junit,
}
_SUMMED_UP: Final = ("text", "concise", "github")
"""Formats for people; the others hold their own counts, and are often redirected with both
streams into one file."""

_say = partial(click.echo, err=True)


def printed(layout: str, report: Report, mended: int, fixable: bool) -> None:
    """Prints all findings, and what there is to say about them in one line.

    `mended` is how many fixes were put in; `fixable` says that `--fix` would put in some.
    """
    from attractorc.compiler.render.findings_text import summary

    told = FORMATS[layout](report)
    # On a terminal its encoding decides; elsewhere the bytes are the same for every locale.
    click.echo(told if sys.stdout.isatty() else _bytes(told), nl=False, color=True)
    if mended:
        _say(f"{_counted(mended)} put in")
    if layout in _SUMMED_UP and report.sources:
        ready = sum(found.fix is not None and found.fix.safe for found in report.findings)
        hint = f"; --fix puts in {_counted(ready)}" if fixable and ready else ""
        _say(summary(report.findings, len(report.sources)) + hint)


def printed_diffs(changes: Sequence[tuple[str, str, str]], mended: int, left: Report) -> None:
    """Prints the changes of all files: the name of each, its text before, and after."""
    from attractorc.compiler.render.diff import as_diff
    from attractorc.compiler.render.findings_text import summary

    for name, before, after in changes:
        click.echo(_bytes(as_diff(name, before, after)), nl=False)
    if left.sources:
        would = f"{_counted(mended)} would be put in; then " if mended else ""
        _say(would + summary(left.findings, len(left.sources)))


def _bytes(text: str) -> bytes:
    """As UTF-8; half a surrogate pair as its escape, which is one in JSON, too."""
    return text.encode("utf-8", "backslashreplace")


def _counted(fixes: int) -> str:
    return "1 fix" if fixes == 1 else f"{fixes} fixes"
