"""The mirror of a run on a CXDB server, as `exec` and `resume` are asked for it.

Options become a target; each run is followed by a thread while an engine has it; what is
missing in the end is told in a sentence. It must not know what is sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .exits import Exit, Refused
from .stopping import SIGNALS

if TYPE_CHECKING:
    from attractorc.interpreter.cxdb.feeding import Target
    from attractorc.interpreter.driver import Engine

Function = TypeVar("Function", bound=Callable[..., Any])

place_option = click.option("--cxdb", "cxdb", metavar="HOST:PORT", help="Mirror to this server.")
pages_option = click.option("--cxdb-http", metavar="URL", help="The server's other port.")


@dataclass(frozen=True, slots=True)
class Mirroring:
    """A target, and the runs that are not whole there, with the reason."""

    target: Target
    shortfalls: list[tuple[str, str]] = field(default_factory=list)


def mirror_options(function: Function) -> Function:
    """`--cxdb`, `--cxdb-http` and `--cxdb-mode`, given to a command as one `mirror`."""

    @functools.wraps(function)
    def wrapped(
        *arguments: Any, cxdb: str | None, cxdb_http: str | None, cxdb_mode: str | None, **more: Any
    ) -> Any:
        if cxdb is None and cxdb_mode is not None:
            raise Refused("--cxdb-mode is for --cxdb; name the server")
        mirror = None
        if cxdb is not None or cxdb_http is not None:
            mirror = Mirroring(target_of(cxdb, cxdb_http, required=cxdb_mode == "required"))
        return function(*arguments, mirror=mirror, **more)

    wrapped = click.option(
        "--cxdb-mode",
        type=click.Choice(["required", "best-effort"]),
        help="Without the server: stop the run, or go on (the default).",
    )(wrapped)
    return place_option(pages_option(wrapped))  # type: ignore[return-value]


def target_of(cxdb: str | None, cxdb_http: str | None, *, required: bool = False) -> Target:
    """The server that two options name. Raises `Refused`; says so if strangers can read along."""
    from attractorc.interpreter.cxdb.address import address, is_public, web
    from attractorc.interpreter.cxdb.feeding import Target

    if cxdb is None and cxdb_http is None:
        raise Refused("name the server with --cxdb HOST:PORT and --cxdb-http URL, its two ports")
    if cxdb is None or cxdb_http is None:
        raise Refused("--cxdb and --cxdb-http go together: a server has two ports")
    try:
        place = address(cxdb)
    except ValueError as error:
        raise Refused(f"--cxdb: {error}") from error
    try:
        pages = web(cxdb_http)
    except ValueError as error:
        raise Refused(f"--cxdb-http: {error}") from error
    hosts = [place.host] if pages.secure else [place.host, pages.address.host]
    for host in dict.fromkeys(hosts):
        if is_public(host):
            click.echo(
                f"note: {host} is neither this machine nor in a private network: CXDB asks nobody "
                "who they are and encrypts nothing, so anybody on the way can read the run and "
                "write into it",
                err=True,
            )
    return Target(place, pages, required)


def refuse_scripted(mirror: Mirroring | None) -> None:
    """Raise `Refused` for the mirror of a run that a script plays."""
    if mirror is not None:
        raise Refused(
            "--cxdb and a script exclude each other: what was only played is not mirrored while "
            "it goes on; 'attractorc mirror' sends a run that was kept"
        )


def ready(mirror: Mirroring | None, store: str) -> None:
    """Raise `Refused` where a run cannot be mirrored, or may not begin without its mirror."""
    if mirror is None:
        return
    from attractorc.interpreter.cxdb.feeding import refuse_unless_there
    from attractorc.interpreter.cxdb.trouble import CxdbError

    if store == "memory:":
        raise Refused("--cxdb needs a store on disk, which keeps what was sent; leave memory: out")
    if mirror.target.required:
        try:
            refuse_unless_there(mirror.target)
        except CxdbError as error:
            raise Refused(
                f"{error}; nothing was run, because --cxdb-mode is required", Exit.STORE
            ) from error


@contextlib.asynccontextmanager
async def followed(
    mirror: Mirroring | None, store: str, run_id: str, engine: Engine
) -> AsyncIterator[None]:
    """Mirror a run while the engine has it; what is left is sent afterwards.

    Ctrl-C then leaves it at what the server has.
    """
    if mirror is None:
        yield
        return
    from attractorc.interpreter.cxdb.feeding import Feeder

    loop = asyncio.get_running_loop()

    def failed(why: str) -> None:
        reason = f"the mirror is required, and {why}"
        with contextlib.suppress(RuntimeError):  # the loop may be over
            loop.call_soon_threadsafe(partial(engine.request_stop, reason=reason))

    feeder = Feeder(mirror.target, Path(store), run_id, failed=failed)
    feeder.start()
    try:
        yield
    finally:
        for number in SIGNALS:
            loop.add_signal_handler(number, feeder.abandon)
        trouble = await asyncio.to_thread(feeder.finish)
        if trouble:
            mirror.shortfalls.append((run_id, trouble))


def told(mirror: Mirroring | None, code: int, naming: str) -> int:
    """Say which runs are not whole on the server; the exit code, which tells of a required one.

    `naming` is what a command needs to find the store.
    """
    if mirror is None or not mirror.shortfalls:
        return code
    target = mirror.target
    for run_id, why in mirror.shortfalls:
        again = f"attractorc mirror {run_id} --cxdb {target.place} --cxdb-http {target.pages}"
        click.echo(
            f"attractorc: {run_id} is not whole in CXDB: {why}; '{again}{naming}' sends the rest",
            err=True,
        )
    return Exit.STORE if target.required else code
