"""`attractorc pause`: have a running engine stop at its next boundary.

Thin: posts the wish and waits a little for it to be obeyed. It must not know what stopping
means.
"""

from __future__ import annotations

import click

from .exits import Exit, Refused
from .running import chosen_run, opened, store_location
from .showing import naming_store
from .wishing import heard, is_running, meant, refuse_ended, store_trouble


@click.command(
    epilog="Example: attractorc pause last --reason 'deploy freeze'",
    short_help="Stop a run at its next boundary; it can be resumed.",
)
@click.argument("run")
@click.option("--reason", metavar="TEXT", help="Why; the run's journal keeps it.")
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait until it has stopped.",
)
@click.option("--store", metavar="PATH", help="Where the run is kept.")
def command(run: str, reason: str | None, wait: float, store: str | None) -> int:
    """Ask the engine that runs RUN to stop: attempts that run come to their end, nothing new
    begins. `attractorc resume RUN` goes on.

    RUN is a run's id, the beginning of one, or `last`; one that was started anew means the run
    that goes on for it.
    """
    from attractorc.interpreter.ports import ENDED, StoreError

    location = store_location(store)
    kept = opened(location, create=False)
    try:
        name = meant(kept, chosen_run(kept, run))
        refuse_ended(kept, name)
        if not is_running(kept, name):
            stands = kept.run(name).status
            raise Refused(f"nobody runs '{name}' now ({stands}); there is nothing to pause")
        name, status = heard(kept, name, "pause", reason, ("stopped", "parked", *ENDED), wait)
    except StoreError as error:
        raise store_trouble(error) from error
    finally:
        kept.close()
    option = naming_store(location)
    if status == "stopped":
        click.echo(f"{name}: stopped; go on with: attractorc resume {name}{option}")
    elif status is None:
        click.echo(f"{name}: will stop when its running attempts have ended")
    else:
        click.echo(f"{name}: {status} before it could be paused")
    return Exit.DONE
