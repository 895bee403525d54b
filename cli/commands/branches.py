"""`attractorc branches`: the branches of a run, and how each one ended.

Thin: asks `queries.branches` and prints. It must not know how joins are decided.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .asking import json_option, meant, reading, run_argument, store_option
from .exits import Exit
from .tables import json_line, milliseconds, printable, table, terminal_width

if TYPE_CHECKING:
    from attractorc.interpreter.queries import BranchEntry


@click.command(
    epilog="Example: attractorc branches last --path /checks.1",
    short_help="Show the branches of a run.",
)
@run_argument
@click.option("--path", metavar="PREFIX", help="Only below this path.")
@click.option("--status", metavar="STATUS", help="Only branches that stand or ended so.")
@store_option
@json_option
def command(
    run: str, path: str | None, status: str | None, store: str | None, as_json: bool
) -> int:
    """Show the branches of a run: where each one is, or how it ended and why.

    A branch is waiting, running, arrived, or has ended as success, partial_success, fail,
    skipped, cancelled or timed_out. RUN is a run's id, the beginning of one, or `last`.
    """
    from attractorc.interpreter.queries import branches

    with reading(store) as kept:
        found = branches(kept, meant(kept, run), path)
    entries = [entry for entry in found if status in (None, entry.end, entry.state)]
    if as_json:
        for entry in entries:
            click.echo(json_line(dataclasses.asdict(entry)))
    elif not entries:
        click.echo("no branches")
    else:
        rows = [
            (
                entry.path,
                entry.end or entry.state,
                entry.stage if entry.attempt is None else f"{entry.stage}@{entry.attempt}",
                "" if entry.score is None else json_line(entry.score),
                milliseconds(entry.duration_ms),
                entry.reason,
            )
            for entry in entries
        ]
        headings = ("BRANCH", "STATUS", "STAGE", "SCORE", "TIME", "REASON")
        click.echo("\n".join(table(headings, rows, terminal_width())))
        for entry in entries:
            if entry.workspace:
                click.echo(printable(_files(entry)))
    return Exit.DONE


def _files(entry: BranchEntry) -> str:
    """Where a branch's own files are, or were."""
    on = f", on '{entry.git_branch}'" if entry.git_branch else ""
    changed = "" if entry.files_changed is None else f", {entry.files_changed} changed"
    gone = "" if Path(entry.workspace).exists() else " (removed)"
    return f"files of {entry.path}: {entry.workspace}{gone}{on}{changed}"
