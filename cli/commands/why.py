"""`attractorc why`: how a join was decided, who won, where a merged value came from.

Thin: asks `queries.why`, which has the words, and prints. It must not decide anything.
"""

from __future__ import annotations

import dataclasses

import click

from .asking import json_option, meant, reading, run_argument, store_option
from .exits import Exit
from .tables import fitted, json_line, terminal_width


@click.command(
    epilog="Example: attractorc why last findings", short_help="Explain joins and values."
)
@run_argument
@click.argument("target", metavar="[FAN_IN|KEY]", required=False)
@store_option
@json_option
def command(run: str, target: str | None, store: str | None, as_json: bool) -> int:
    """Explain how joins were decided, who won, and where each merged value came from.

    Without a target every join is explained; with a fan-out or fan-in its joins; with a
    context key, its value down to the attempts that wrote it. RUN is a run's id, the
    beginning of one, or `last`.
    """
    from attractorc.interpreter.queries import why

    with reading(store) as kept:
        found = why(kept, meant(kept, run), target)
    if as_json:
        for explanation in found:
            click.echo(json_line(dataclasses.asdict(explanation)))
    elif not found:
        click.echo("nothing to explain: the run has no fan-out")
    else:
        width = terminal_width()
        for explanation in found:
            click.echo("\n".join(fitted(line, width) for line in explanation.lines))
    return Exit.DONE
