"""`attractorc attempts`: every try at every stage of a run.

Thin: asks `queries.attempts` and prints. It must not know what attempts did to a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from .asking import page_options, run_argument, status_option, where_options
from .exits import Exit
from .paging import page_of, told
from .tables import milliseconds, table, terminal_width

if TYPE_CHECKING:
    from attractorc.interpreter.queries import AttemptEntry

STATUSES = (
    "success",
    "partial_success",
    "fail",
    "retry",
    "skipped",
    "running",
    "completed",
    "failed",
    "retrying",
    "interrupted",
    "cancelled",
)


@click.command(
    epilog="Example: attractorc attempts last --node unit",
    short_help="Show every try at every stage.",
)
@run_argument
@where_options
@click.option("--stage", metavar="ID", help="Only of this stage, such as /lint.1.")
@click.option("--attempt", metavar="ID", help="Only this attempt, such as /lint.1@1.")
@status_option(STATUSES, "tries with an outcome or a result")
@page_options
def command(
    run: str,
    node: str | None,
    path: str | None,
    branch: str | None,
    stage: str | None,
    attempt: str | None,
    status: str | None,
    after: str,
    limit: int,
    store: str | None,
    as_json: bool,
) -> int:
    """Show every try at every stage of a run, in the order in which they started.

    FROM says where an outcome came from: a status file, an exit status, an agent's output, an
    endpoint. With --json also what an agent's answer cost, and its session.

    An interrupted try stands apart from its rerun, which has the same number and a later
    epoch. With --status other than `running`, tries stand in the order in which they ended.
    RUN is a run's id, the beginning of one, or `last`.
    """
    from attractorc.interpreter.queries import attempts

    found = page_of(
        attempts, store, run, after, limit,
        node=node, path=path, attempt=attempt, branch=branch, stage=stage, status=status,
    )  # fmt: skip
    told(found, as_json, lambda: _lines(found), "no attempts")
    return Exit.DONE


def _lines(found: Sequence[AttemptEntry]) -> Sequence[str]:
    rows = [
        (
            str(entry.sequence_no),
            f"{entry.stage}@{entry.attempt}",
            entry.result,
            entry.status,
            entry.source,
            milliseconds(entry.duration_ms),
            "" if entry.epoch is None else str(entry.epoch),
            "; ".join((entry.reason, *entry.ignored)).removeprefix("; "),
        )
        for entry in found
    ]
    headings = (
        "NUMBER",
        "ATTEMPT",
        "RESULT",
        "STATUS",
        "FROM",
        "TIME",
        "EPOCH",
        "REASON, WHAT DID NOT COUNT",
    )
    return table(headings, rows, terminal_width())
