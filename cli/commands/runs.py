"""`attractorc runs`: the runs in a store, newest first.

Thin: asks `queries.runs` and prints. It must not know how runs are kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from .asking import page_options, reading
from .exits import Exit
from .paging import filled, told
from .tables import table, terminal_width

if TYPE_CHECKING:
    from attractorc.interpreter.ports import RunRow


@click.command(epilog="Example: attractorc runs --status parked", short_help="List runs.")
@click.option("--status", metavar="STATUS", help="Only runs that stand so.")
@click.option("--pipeline", metavar="NAME", help="Only runs of this pipeline.")
@page_options
def command(
    status: str | None,
    pipeline: str | None,
    after: str,
    limit: int,
    store: str | None,
    as_json: bool,
) -> int:
    """List runs, newest first; --after names the run that was listed last.

    A run's status is running, stopped, parked, success, partial_success, fail, cancelled or
    restarted: another run, of the same name with a number, goes on (`attractorc show` names it).
    """
    from attractorc.interpreter.queries import runs
    from attractorc.interpreter.queries.runs import next_run

    with reading(store) as kept:
        found = filled(
            lambda at, most: runs(kept, pipeline=pipeline, status=status, after=at, limit=most),
            after,
            limit,
        )
        following = {row.run_id: next_run(kept, row) for row in found} if not as_json else {}
    told(found, as_json, lambda: _lines(found, following), "no runs")
    return Exit.DONE


def _lines(found: Sequence[RunRow], following: Mapping[str, str]) -> Sequence[str]:
    cells = [
        (row.run_id, _status(row, following), row.pipeline, row.created, row.updated)
        for row in found
    ]
    headings = ("RUN", "STATUS", "PIPELINE", "STARTED", "UPDATED")
    return table(headings, cells, terminal_width())


def _status(row: RunRow, following: Mapping[str, str]) -> str:
    as_what = following[row.run_id]
    return f"{row.status} as {as_what}" if as_what else row.status
