"""`attractorc attempts`: every try at every stage of a run.

Thin: asks `queries.attempts` and prints. It must not know what attempts did to a run.
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
    run_argument,
    store_option,
    where_options,
)
from .exits import Exit
from .tables import json_line, milliseconds, table, terminal_width


@click.command(
    epilog="Example: attractorc attempts last --node unit",
    short_help="Show every try at every stage.",
)
@run_argument
@where_options
@click.option("--stage", metavar="ID", help="Only of this stage, such as /lint.1.")
@after_option
@limit_option
@store_option
@json_option
def command(
    run: str,
    node: str | None,
    path: str | None,
    stage: str | None,
    after: int,
    limit: int,
    store: str | None,
    as_json: bool,
) -> int:
    """Show every try at every stage of a run, in the order in which they started.

    FROM says where an outcome came from: a status file, an exit status, an agent's output, an
    endpoint. With --json also what an agent's answer cost, and its session.

    An interrupted try stands apart from its rerun, which has the same number and a later
    epoch. RUN is a run's id, the beginning of one, or `last`.
    """
    from attractorc.interpreter.queries import attempts

    with reading(store) as kept:
        run_id = meant(kept, run)
        found = attempts(kept, run_id, node=node, path=path, stage=stage, after=after, limit=limit)
    if as_json:
        for entry in found:
            click.echo(json_line(dataclasses.asdict(entry)))
    elif not found:
        click.echo("no attempts")
    else:
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
        click.echo("\n".join(table(headings, rows, terminal_width())))
    return Exit.DONE
