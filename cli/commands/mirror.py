"""`attractorc mirror`: send a run to a CXDB server, or prove that it is there.

Thin: the interpreter sends and compares, here it is told. It must not know how.
"""

from __future__ import annotations

import dataclasses
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .asking import json_option, meant, reading, run_argument, store_option
from .exits import Exit, Refused
from .mirroring import pages_option, place_option, target_of
from .running import store_location
from .tables import json_line, printable

if TYPE_CHECKING:
    from attractorc.interpreter.cxdb.mirror import Mirror
    from attractorc.interpreter.cxdb.verifying import Comparison


@click.command(
    epilog="Example: attractorc mirror last --cxdb 127.0.0.1:9009"
    " --cxdb-http http://127.0.0.1:9010",
    short_help="Send a run to a CXDB server, or compare it with what is there.",
)
@run_argument
@place_option
@pages_option
@click.option("--verify", is_flag=True, help="Send nothing; compare turn by turn.")
@store_option
@json_option
def command(
    run: str,
    cxdb: str | None,
    cxdb_http: str | None,
    verify: bool,
    store: str | None,
    as_json: bool,
) -> int:
    """Send a run to a CXDB server: what is not there yet, or all of it if the server lost it.

    With --verify every turn is read back and compared: type, version, payload bytes, depth,
    parent, and the blobs that it names. Exit code 0: all is equal; 1: it differs, and the
    first difference is said; 4: the server cannot be reached, or refuses.
    """
    target = target_of(cxdb, cxdb_http)
    location = store_location(store)
    if location == "memory:":
        raise Refused("a run in memory is gone; name the store that the run is kept in")
    from attractorc.interpreter.cxdb.feeding import brought_up
    from attractorc.interpreter.cxdb.mirror import Mirror
    from attractorc.interpreter.cxdb.verifying import verify as verified
    from attractorc.interpreter.stores.outbox import Outbox, only_mirror

    place = str(target.place)
    with (
        reading(location) as kept,
        closing(target.client()) as client,
        closing(target.reader()) as reader,
    ):
        run_id = meant(kept, run)
        with closing(Outbox(Path(location), run_id, place)) as outbox:
            if verify:
                return _told(verified(kept, outbox, client, reader, run_id), place, as_json)
            lock = only_mirror(Path(location), run_id)
            try:
                mirror = Mirror(kept, outbox, client, reader, run_id)
                before = mirror.sent
                brought_up(mirror)
            finally:
                lock.release()
        return _sent(mirror, run_id, 0 if mirror.resent else before, place, as_json)


def _sent(mirror: Mirror, run_id: str, before: int, place: str, as_json: bool) -> int:
    now, too_large = mirror.sent - before, len(mirror.too_large)
    if as_json:
        told = {
            "run_id": run_id,
            "server": place,
            "records": mirror.sent,
            "sent": now,
            "resent": mirror.resent,
            "forked": mirror.healed,
            "too_large": too_large,
        }
        click.echo(json_line(told))
        return Exit.DONE
    sent = "none had to be sent" if not now else f"{now} of them sent now"
    click.echo(printable(f"{run_id}: {mirror.sent} records are in CXDB at {place}, {sent}"))
    if mirror.resent:
        click.echo("  the server had lost the run, so all of it was sent again")
    if mirror.healed:
        click.echo(
            f"  somebody else had written to {mirror.healed} of its contexts; forks of them go on"
        )
    if too_large:
        click.echo(f"  {too_large} blobs are too large for a server, and are only in the store")
    return Exit.DONE


def _told(came: Comparison, place: str, as_json: bool) -> int:
    if as_json:
        click.echo(json_line(dataclasses.asdict(came)))
    elif came.difference is not None:
        click.echo(printable(f"{came.run_id}: differs in CXDB at {place}: {came.difference}"))
    else:
        click.echo(
            printable(
                f"{came.run_id}: {came.records} records in {came.contexts} contexts and "
                f"{came.blobs} blobs are equal in CXDB at {place} (context {came.context})"
            )
        )
        if came.too_large:
            click.echo(f"  {came.too_large} blobs are too large for a server, and were left out")
    return Exit.DONE if came.difference is None else Exit.NOT_HELD
