"""`attractorc replay`: prove that a run's journal gives its decisions.

Thin: the interpreter replays, here it is told. It must not know what a decision is.
"""

from __future__ import annotations

import dataclasses

import click

from .asking import json_option, meant, reading, run_argument, store_option
from .exits import Exit
from .tables import json_line, printable


@click.command(
    epilog="Example: attractorc replay last",
    short_help="Prove that a run's journal gives its decisions.",
)
@run_argument
@store_option
@json_option
def command(run: str, store: str | None, as_json: bool) -> int:
    """Go through a run's journal without running anything, and decide everything again.

    What handlers, people and the clock brought is taken as it stands; each route, join, winner,
    merge and retry must come out as it is written there. Exit code 0: it does; 1: it differs,
    and it is said where. RUN is a run's id, the beginning of one, or `last`.
    """
    from attractorc.interpreter.driver.replay import replay

    with reading(store) as kept:
        came = replay(kept, meant(kept, run))
    difference = came.difference
    if as_json:
        click.echo(json_line(dataclasses.asdict(came)))
    elif difference is None:
        click.echo(
            f"{came.run_id}: {came.decisions} decisions in {came.records} records came out as "
            f"they were journaled ({came.status})"
        )
    else:
        click.echo(f"{came.run_id}: differs at record {difference.sequence_no}: {difference.what}")
        click.echo(f"  the journal says:    {printable(json_line(difference.found))}")
        decided = json_line(difference.expected) if difference.expected else "nothing"
        click.echo(f"  it would be decided: {printable(decided)}")
    return Exit.DONE if difference is None else Exit.NOT_HELD
