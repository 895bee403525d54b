"""`attractorc timeline`: what happened to the stages of a run, in order.

Thin: asks `queries.timeline` and prints. It must not know what a record does to a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from .asking import (
    follow_option,
    meant,
    page_options,
    reading,
    record_filter,
    run_argument,
    status_option,
    where_options,
)
from .exits import Exit
from .paging import filled, followed, told, told_as_json
from .tables import clock_time, fitted, milliseconds, table, terminal_width

if TYPE_CHECKING:
    from attractorc.interpreter.queries import Page, StageEntry

_AT_ONCE = 200


@click.command(
    epilog="Example: attractorc timeline last --path /checks.1 --follow",
    short_help="Show what happened to the stages of a run.",
)
@run_argument
@where_options
@click.option("--attempt", metavar="ID", help="Only of this attempt, such as /lint.1@1.")
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Only this kind of entry.")
@status_option(("success", "partial_success", "fail", "retry", "skipped"), "outcomes")
@follow_option
@page_options
def command(
    run: str,
    node: str | None,
    path: str | None,
    branch: str | None,
    attempt: str | None,
    kinds: tuple[str, ...],
    status: str | None,
    follow: bool,
    after: str,
    limit: int,
    store: str | None,
    as_json: bool,
) -> int:
    """Show what happened to the stages of a run: starts, results, retries, what was cancelled.

    With --follow, entries are shown as they come, until the run has ended. RUN is a run's id,
    the beginning of one, or `last`.
    """
    from attractorc.interpreter.queries import timeline

    with reading(store) as kept:
        run_id = meant(kept, run)
        where = record_filter(kept, run_id, node, path, attempt, kinds, branch)

        def ask(at: str, most: int) -> Page[StageEntry]:
            return timeline(kept, run_id, where, at, most, status=status)

        if follow:
            width = terminal_width()
            for entry in followed(kept, run_id, ask, after, _AT_ONCE):
                if as_json:
                    told_as_json([entry])
                else:
                    click.echo(fitted(_line(entry), width))
            return Exit.DONE
        found = filled(ask, after, limit)
    told(found, as_json, lambda: _lines(found), "nothing happened yet")
    return Exit.DONE


def _lines(found: Sequence[StageEntry]) -> Sequence[str]:
    headings = ("NUMBER", "TIME", "STAGE", "WHAT", "STATUS", "TOOK", "NOTE")
    return table(headings, [_cells(entry) for entry in found], terminal_width())


def _cells(entry: StageEntry) -> tuple[str, ...]:
    return (
        str(entry.sequence_no),
        clock_time(entry.timestamp),
        f"{entry.stage}@{entry.attempt}",
        entry.kind,
        entry.status,
        milliseconds(entry.duration_ms),
        entry.note,
    )


def _line(entry: StageEntry) -> str:
    """An entry by itself: who knows how wide the next one is."""
    number, *others = _cells(entry)
    return "  ".join([number.rjust(6), *(cell for cell in others if cell)])
