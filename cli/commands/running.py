"""Running a plan or going on with a run, as `exec` and `resume` both do it.

Wires store, handlers, interviewer and clock together, lets the engine run under signals,
and says how it ended. It must not know how options are written on a command line.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .agents import Agents
from .exits import Exit, Refused
from .interviewing import interviewer
from .mirroring import Mirroring, followed, ready
from .redacting import Redaction, secrets_of
from .stopping import heed_signals

if TYPE_CHECKING:
    from typing import TypeAlias

    from attractorc.interpreter.driver import RunResult
    from attractorc.interpreter.driver.calls import Folders
    from attractorc.interpreter.driver.journal import Journal, Listener
    from attractorc.interpreter.ports import Ports, Store
    from attractorc.interpreter.records import Record

    Opening: TypeAlias = Callable[[], Awaitable[tuple[Journal, Folders]]]

POLL_MS = 250
"""How often a running engine looks at what other terminals want."""

_RUN_ID = re.compile(r"\w[\w.-]{0,99}")
EXIT_CODES = {
    "success": Exit.DONE,
    "partial_success": Exit.DONE,
    "fail": Exit.NOT_HELD,
    "cancelled": Exit.NOT_HELD,
    "parked": Exit.PARKED,
    "stopped": Exit.INTERRUPTED,
    "restarted": Exit.INTERRUPTED,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What both commands can be told. `jobs` None: no limit over the whole run.

    `handlers` are the host's own, by node type.
    """

    store: str
    agents: Agents = field(default_factory=Agents)
    interviewer: str | None = None
    jobs: int | None = None
    logs: Path | None = None
    redaction: Redaction = field(default_factory=Redaction)
    handlers: Mapping[str, Any] = field(default_factory=dict)
    mirror: Mirroring | None = None


def store_location(given: str | None) -> str:
    """The store that was named, or the one that belongs to the current folder."""
    from attractorc.interpreter.stores.opening import default_location

    return given if given is not None else str(default_location(Path.cwd()))


def opened(location: str, *, create: bool = True) -> Store:
    """The store at a location, made if it is missing and `create`. Raises `Refused`, code 4."""
    from attractorc.interpreter.ports import StoreError
    from attractorc.interpreter.stores.opening import open_store

    try:
        return open_store(location, create=create)
    except StoreError as error:
        raise Refused(str(error), Exit.STORE) from error


def chosen_run(store: Store, name: str) -> str:
    """The run id that a name, the beginning of one, or `last` means. `Refused` if none."""
    from attractorc.interpreter.ports import NotFound, StoreError
    from attractorc.interpreter.queries import resolve

    try:
        return resolve(store, name).run_id
    except NotFound as error:
        raise Refused(str(error)) from error
    except StoreError as error:
        raise Refused(str(error), Exit.STORE) from error


def refuse_run_id(name: str) -> None:
    """Raise `Refused` for what a new run cannot be called: it stands in ids, paths and hints."""
    if not _RUN_ID.fullmatch(name) or name == "last":
        raise Refused(
            f"--run-id '{name}': a run is called by 1 to 100 letters, digits, '.', '_' or '-', "
            "the first of them no '.' or '-', and not 'last'"
        )


def ports(settings: Settings, store: Store) -> Ports:
    """One implementation of each port. Raises `Refused` for settings that cannot be."""
    from attractorc.interpreter.driver.clock import SystemClock
    from attractorc.interpreter.handlers import built_in
    from attractorc.interpreter.ports import Ports
    from attractorc.interpreter.workspaces import LocalWorkspaces

    environment = dict(os.environ)
    agents = settings.agents
    hidden = Redaction(agents.secrets(environment))
    secrets = secrets_of(hidden.and_also(settings.redaction), environment)
    handlers = built_in(
        environment,
        backends=agents.backends(environment, secrets),
        backend=agents.chosen,
        providers=agents.providers,
        custom=settings.handlers,
        lenient=agents.lenient,
    )
    asked = interviewer(settings.interviewer, secrets)
    files = LocalWorkspaces()
    return Ports(store, handlers, asked, SystemClock(), workspaces=files, secrets=secrets)


def folders(settings: Settings, workspace: Path, run_id: str) -> Folders:
    """Where the run's files are: private ones beside the store, in memory's case temporary."""
    from attractorc.interpreter.driver.calls import Folders
    from attractorc.interpreter.queries.run_directory import stage_folder
    from attractorc.interpreter.workspaces import component

    logs = None if settings.logs is None else settings.logs.absolute()
    if settings.store == "memory:":
        own = Path(tempfile.mkdtemp(prefix="attractorc-"))
        return Folders(workspace, own / "stages", logs, own / "workspaces" / component(run_id))
    store = Path(settings.store).absolute()
    stages = Path(f"{store}.stages") / stage_folder("", run_id)
    return Folders(workspace, stages, logs, workspaces_of(store) / component(run_id), store)


def workspaces_of(store: Path) -> Path:
    """Where the branches of a store's runs have their own files, a folder for each run."""
    return Path(f"{store.absolute()}.workspaces")


def listeners(
    settings: Settings,
    store: Store,
    run_id: str,
    shown: Listener | None,
    *,
    real_time: bool = True,
) -> list[Listener]:
    """Who hears of every record: the progress view, and the run directory if asked for."""
    heard: list[Listener] = [] if shown is None else [shown]
    if settings.logs is not None:
        heard.append(_kept_in(settings.logs, store, run_id, real_time))
    return heard


def _kept_in(folder: Path, store: Store, run_id: str, real_time: bool) -> Listener:
    """A listener that keeps a run directory. Raises `Refused` for one that is not the run's.

    In real time the last checkpoint before a long stage is not left unwritten.
    """
    from attractorc.interpreter.ports import StoreError
    from attractorc.interpreter.queries.run_directory import (
        CHECKPOINT_SECONDS,
        RunDirectory,
        refuse_occupied,
    )
    from attractorc.interpreter.records import RunLifecycle

    try:
        refuse_occupied(folder, run_id)
    except StoreError as error:
        raise Refused(str(error)) from error
    directory = RunDirectory(folder, store, run_id)
    planned = False

    def later() -> None:
        nonlocal planned
        planned = False
        # Where it cannot be written, the next record says so in a place where it is heard.
        with contextlib.suppress(StoreError):
            directory.flush()

    def keep(record: Record, _state: object) -> None:
        nonlocal planned
        directory.feed(record)
        ended = isinstance(record, RunLifecycle) and record.kind != "initialized"
        if not directory.flush(force=ended) and real_time and not planned:
            planned = True
            asyncio.get_running_loop().call_later(CHECKPOINT_SECONDS, later)

    return keep


def carried_out(
    settings: Settings,
    made: Ports,
    opening: Opening,
    onward: Callable[[RunResult], Awaitable[tuple[Journal, Folders]]] | None = None,
) -> RunResult:
    """Open a run and let the engine have it until it ends, parks or is stopped.

    `onward` opens the run that starts one anew. Ctrl-C asks for a stop at the next boundary, a
    second one ends what runs. Raises `Refused` with code 4 for trouble with the store.
    """
    from attractorc.interpreter.driver import Engine
    from attractorc.interpreter.driver.looping import carried_through
    from attractorc.interpreter.ports import PlanRefused, StoreError, Unkeepable
    from attractorc.interpreter.workspace import WorkspaceError

    async def go() -> RunResult:
        journal, where = await opening()
        stopping = False
        while True:
            try:
                engine = Engine(journal, made, where, settings.jobs, poll_ms=POLL_MS)
                heed_signals(engine)
                if stopping:
                    engine.request_stop()
                run_id = journal.state.run_id
                async with followed(settings.mirror, settings.store, run_id, engine):
                    result = await engine.run()
            finally:
                journal.close()
                where.close()
                if settings.store == "memory:":
                    forget(where, made)
            if not result.next_run or engine.stopping or onward is None:
                return result
            journal, where = await onward(result)
            stopping = engine.stopping

    try:
        ready(settings.mirror, settings.store)
        return carried_through(go())
    except (Unkeepable, PlanRefused) as error:
        raise Refused(str(error)) from error
    except (StoreError, WorkspaceError) as error:
        raise Refused(str(error), Exit.STORE) from error
    finally:
        made.store.close()


def forget(where: Folders, made: Ports) -> None:
    """Nobody can ask for what a run without a store left, so nothing stays of it."""
    from attractorc.interpreter.workspaces.leftovers import remove_run

    if where.workspaces is not None and made.workspaces is not None:
        remove_run(where.workspaces, made.workspaces)
        shutil.rmtree(where.workspaces.parent.parent, ignore_errors=True)
