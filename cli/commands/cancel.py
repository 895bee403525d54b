"""`attractorc cancel`: end a run for good, whether anybody runs it or not.

A running engine is asked; a run that nobody runs is taken up here and ended. It must not
know what a cancel does to a run.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .exits import Exit
from .redacting import of_run
from .running import Settings, carried_out, chosen_run, folders, opened, ports, store_location
from .wishing import heard, is_running, meant, refuse_ended, store_trouble, wished

if TYPE_CHECKING:
    from attractorc.interpreter.driver.calls import Folders
    from attractorc.interpreter.driver.journal import Journal
    from attractorc.interpreter.ports import Store


@click.command(
    epilog="Example: attractorc cancel last --reason 'wrong branch'",
    short_help="End a run for good.",
)
@click.argument("run")
@click.option("--reason", metavar="TEXT", help="Why; the run's journal keeps it.")
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait until a running engine has ended it.",
)
@click.option("--store", metavar="PATH", help="Where the run is kept.")
def command(run: str, reason: str | None, wait: float, store: str | None) -> int:
    """End RUN for good: what runs is ended, with its processes, and nothing begins any more.

    A run that is parked, stopped or was left by a crash is ended, too; what its engine left
    running is ended first. RUN is a run's id, the beginning of one, or `last`; one that was
    started anew means the run that goes on for it.
    """
    from attractorc.interpreter.ports import ENDED, StoreError

    location = store_location(store)
    kept = opened(location, create=False)
    try:
        name = meant(kept, chosen_run(kept, run))
        refuse_ended(kept, name)
        running, status = is_running(kept, name), None
        if running:
            name, status = heard(kept, name, "cancel", reason, ENDED, wait)
        else:
            wished(kept, name, "cancel", reason)
    except StoreError as error:
        kept.close()
        raise store_trouble(error) from error
    if running:
        kept.close()
        word = "will be cancelled when what runs has ended" if status is None else status
        click.echo(f"{name}: {word}")
    else:
        click.echo(f"{name}: {_ended_here(kept, location, name)}")
    return Exit.DONE


def _ended_here(store: Store, location: str, name: str) -> str:
    """Take the run up, and let the engine see the wish before anything else."""
    from attractorc.interpreter.driver import resume_run
    from attractorc.interpreter.driver.opening import beginning_of

    begun = beginning_of(store, name)
    told = of_run(begun.options)
    if told.file is not None and not Path(told.file).is_file():
        told = replace(told, file=None)  # nothing of a cancel can hold what it listed
    settings = Settings(location, interviewer="park", redaction=told)
    workspace = begun.workspace or "."
    made = ports(settings, store)

    async def opening() -> tuple[Journal, Folders]:
        return await resume_run(name, made), folders(settings, Path(workspace), name)

    return carried_out(settings, made, opening).status
