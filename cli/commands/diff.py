"""`attractorc diff`: the first decision or result where two runs part.

Thin: asks `queries.parting` and prints. It must not know what is canonical in a run.
"""

from __future__ import annotations

import dataclasses

import click

from .asking import json_option, meant, reading, store_option
from .exits import Exit
from .tables import json_line, printable


@click.command(
    epilog="Example: attractorc diff last 2026",
    short_help="Find the first decision where two runs part.",
)
@click.argument("one", metavar="RUN")
@click.argument("other", metavar="RUN")
@store_option
@json_option
def command(one: str, other: str, store: str | None, as_json: bool) -> int:
    """Find the first result or decision where two runs part, path by path.

    Times, ids of the store, and what cancelled branches did are left out. Exit code 0: the runs
    are equal; 1: they part. RUN is a run's id, the beginning of one, or `last`.
    """
    from attractorc.interpreter.queries import parting

    with reading(store) as kept:
        names = meant(kept, one), meant(kept, other)
        found = parting(kept, *names)
    if as_json:
        click.echo(json_line(None if found is None else dataclasses.asdict(found)))
    elif found is None:
        click.echo(f"{names[0]} and {names[1]} came to the same, by the same decisions")
    else:
        click.echo(f"the runs part at {found.what}" + (f", in {found.path}" if found.path else ""))
        for side in (found.one, found.other):
            if side.sequence_no is None:
                click.echo(f"  {side.run_id}: has nothing there")
            else:
                said = printable(json_line(dict(side.said)))
                click.echo(f"  {side.run_id} (record {side.sequence_no}): {said}")
    return Exit.DONE if found is None else Exit.NOT_HELD
