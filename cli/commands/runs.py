"""`attractorc runs`: the runs in a store, newest first.

Thin: asks `queries.list_runs` and prints. It must not know how runs are kept.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from .asking import json_option, limit_option, reading, store_option
from .exits import Exit
from .tables import json_line, table, terminal_width

if TYPE_CHECKING:
    from attractorc.interpreter.ports import RunRow


@click.command(epilog="Example: attractorc runs --status parked", short_help="List runs.")
@click.option("--status", metavar="STATUS", help="Only runs that stand so.")
@click.option("--before", metavar="RUN", help="Only runs older than this one.")
@limit_option
@store_option
@json_option
def command(
    status: str | None, before: str | None, limit: int, store: str | None, as_json: bool
) -> int:
    """List runs, newest first.

    A run's status is running, stopped, parked, success, partial_success, fail, cancelled or
    restarted: another run, of the same name with a number, goes on (`attractorc show` names it).
    """
    from attractorc.interpreter.queries import list_runs
    from attractorc.interpreter.queries.runs import next_run

    with reading(store) as kept:
        rows = list_runs(kept, status=status, before=before, limit=limit)
        following = {row.run_id: next_run(kept, row) for row in rows} if not as_json else {}
    if as_json:
        for row in rows:
            click.echo(json_line(dataclasses.asdict(row)))
    elif not rows:
        click.echo("no runs")
    else:
        cells = [
            (row.run_id, _status(row, following), row.pipeline, row.created, row.updated)
            for row in rows
        ]
        headings = ("RUN", "STATUS", "PIPELINE", "STARTED", "UPDATED")
        click.echo("\n".join(table(headings, cells, terminal_width())))
    return Exit.DONE


def _status(row: RunRow, following: Mapping[str, str]) -> str:
    as_what = following[row.run_id]
    return f"{row.status} as {as_what}" if as_what else row.status
