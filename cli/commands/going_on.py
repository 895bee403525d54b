"""Opening a run that is there, or that starts another one anew, for `exec` and `resume`.

Both go on in the same process where a pipeline takes an edge with `loop_restart`: the old
run's end is told, and the new one is opened with the same settings. It must not know what an
engine does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .exits import Refused
from .running import Settings, folders, listeners

if TYPE_CHECKING:
    from attractorc.compiler.value import Json
    from attractorc.interpreter.driver import RunResult
    from attractorc.interpreter.driver.calls import Folders
    from attractorc.interpreter.driver.changing import NewPlan
    from attractorc.interpreter.driver.journal import Journal
    from attractorc.interpreter.driver.restarting import GoingOn
    from attractorc.interpreter.ports import Ports, Store

    from .showing import View

DIRECTORY = "logs"


def kept_directory(logs: Path | None) -> dict[str, Json]:
    """A run's directory as its options keep it, so that a resume goes on with it."""
    return {} if logs is None else {DIRECTORY: str(logs.absolute())}


def directory_of(options: Mapping[str, Json]) -> Path | None:
    """The directory that a run was given. Raises `Refused` where its name held a secret."""
    from attractorc.interpreter.redaction import has_marker

    told = options.get(DIRECTORY)
    if told is None:
        return None
    if has_marker(str(told)):
        raise Refused(
            "the name of the run's directory held a secret, which was not kept; give it again "
            "with --logs"
        )
    return Path(str(told))


def its_own(logs: Path | None, store: Store, going: GoingOn) -> Path | None:
    """Of the directory that the first run was given, the one of a run that followed it."""
    from attractorc.interpreter.driver.restarting import chain

    if logs is None:
        return None
    number = len(chain(store, going.known)) + bool(going.made_of)
    return _numbered(logs, number) if number > 1 else logs


def _numbered(logs: Path, number: int) -> Path:
    return Path(f"{logs}.{number}")


def onward(
    settings: Settings, made: Ports, view: View, as_json: bool
) -> Callable[[RunResult], Awaitable[tuple[Journal, Folders]]]:
    """What opens the run that starts another one anew, once that has ended."""

    async def following(result: RunResult) -> tuple[Journal, Folders]:
        next_settings, going = told_and_next(result, settings, made.store, view, as_json)
        return await opened_run(next_settings, made, view, going)

    return following


def told_and_next(
    result: RunResult, settings: Settings, store: Store, view: View, as_json: bool
) -> tuple[Settings, GoingOn]:
    """Say how a run ended that starts anew; the next one, and the settings for it.

    Its run directory, if there is to be one, stands beside the first run's, with its number.
    """
    from attractorc.interpreter.driver.restarting import chain, going_on

    from .showing import ending

    ending(result, view, settings.store, as_json, stopped=False)
    view.joins.clear()
    if settings.logs is not None:
        number = len(chain(store, result.run_id)) + 1
        settings = replace(settings, logs=_numbered(settings.logs, number))
    return settings, going_on(store, result.run_id)


async def opened_run(
    settings: Settings, made: Ports, view: View, going: GoingOn, given: NewPlan | None = None
) -> tuple[Journal, Folders]:
    """The journal and the folders of a run to go on with, made if it was never begun.

    `given` is the plan that it is to go on with, if one was named.
    """
    from attractorc.interpreter.driver.restarting import taken_up

    heard = listeners(settings, made.store, going.run_id, view)
    journal = await taken_up(going, made, heard, given)
    return journal, folders(settings, Path(journal.state.workspace or "."), going.run_id)
