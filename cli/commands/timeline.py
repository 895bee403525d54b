"""`attractorc timeline`: what happened to the stages of a run, in order.

Thin: asks `queries.stage_timeline` and prints. It must not know what a record does to a run.
"""

from __future__ import annotations

import dataclasses

import click

from .asking import (
    after_option,
    json_option,
    limit_option,
    meant,
    reading,
    record_filter,
    run_argument,
    store_option,
    where_options,
)
from .exits import Exit
from .tables import json_line, milliseconds, table, terminal_width


@click.command(
    epilog="Example: attractorc timeline last --path /checks.1",
    short_help="Show what happened to the stages of a run.",
)
@run_argument
@where_options
@after_option
@limit_option
@store_option
@json_option
def command(
    run: str,
    node: str | None,
    path: str | None,
    after: int,
    limit: int,
    store: str | None,
    as_json: bool,
) -> int:
    """Show what happened to the stages of a run: starts, results, retries, what was cancelled.

    RUN is a run's id, the beginning of one, or `last`.
    """
    from attractorc.interpreter.queries import stage_timeline

    with reading(store) as kept:
        run_id = meant(kept, run)
        where = record_filter(kept, run_id, node, path)
        found = stage_timeline(kept, run_id, where, after, limit)
    if as_json:
        for entry in found:
            click.echo(json_line(dataclasses.asdict(entry)))
    elif not found:
        click.echo("nothing happened yet")
    else:
        rows = [
            (
                str(entry.sequence_no),
                entry.timestamp,
                f"{entry.stage}@{entry.attempt}",
                entry.kind,
                entry.status,
                milliseconds(entry.duration_ms),
                entry.note,
            )
            for entry in found
        ]
        headings = ("NUMBER", "TIME", "STAGE", "WHAT", "STATUS", "TOOK", "NOTE")
        click.echo("\n".join(table(headings, rows, terminal_width())))
    return Exit.DONE
