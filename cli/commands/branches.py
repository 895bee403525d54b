"""`attractorc branches`: the branches of a run, and how each one ended.

Thin: asks `queries.branches` and prints. It must not know how joins are decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .asking import page_options, run_argument, status_option, where_options
from .exits import Exit
from .paging import page_of, told
from .tables import json_line, milliseconds, printable, table, terminal_width

if TYPE_CHECKING:
    from attractorc.interpreter.queries import BranchEntry

STATUSES = (
    "waiting",
    "running",
    "arrived",
    "ended",
    "success",
    "partial_success",
    "fail",
    "skipped",
    "cancelled",
    "timed_out",
)


@click.command(
    epilog="Example: attractorc branches last --path /checks.1",
    short_help="Show the branches of a run.",
)
@run_argument
@where_options
@status_option(STATUSES, "branches")
@page_options
def command(
    run: str,
    node: str | None,
    path: str | None,
    branch: str | None,
    status: str | None,
    after: str,
    limit: int,
    store: str | None,
    as_json: bool,
) -> int:
    """Show the branches of a run: where each one is, or how it ended and why.

    They stand by fan-out, in declared order; with --status and an end, in the order in which
    they ended. --node names the fan-out. RUN is a run's id, the beginning of one, or `last`.
    """
    from attractorc.interpreter.queries import branches

    found = page_of(
        branches, store, run, after, limit, node=node, path=path, branch=branch, status=status
    )
    told(found, as_json, lambda: _lines(found), "no branches")
    return Exit.DONE


def _lines(found: Sequence[BranchEntry]) -> Sequence[str]:
    rows = [
        (
            entry.path,
            entry.end or entry.state,
            entry.stage if entry.attempt is None else f"{entry.stage}@{entry.attempt}",
            "" if entry.score is None else json_line(entry.score),
            milliseconds(entry.duration_ms),
            entry.reason,
        )
        for entry in found
    ]
    headings = ("BRANCH", "STATUS", "STAGE", "SCORE", "TIME", "REASON")
    files = [printable(_files(entry)) for entry in found if entry.workspace]
    return [*table(headings, rows, terminal_width()), *files]


def _files(entry: BranchEntry) -> str:
    """Where a branch's own files are, or were."""
    on = f", on '{entry.git_branch}'" if entry.git_branch else ""
    changed = "" if entry.files_changed is None else f", {entry.files_changed} changed"
    gone = "" if Path(entry.workspace).exists() else " (removed)"
    return f"files of {entry.path}: {entry.workspace}{gone}{on}{changed}"
