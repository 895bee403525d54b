"""`attractorc resume`: go on with a run after a crash, a stop, or an answer.

The plan, the inputs and the folder are the run's own, from its journal. All else is the
interpreter's.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from .exits import Refused
from .going_on import onward, opened_run
from .redacting import Redaction, redaction_options, with_recorded
from .running import (
    EXIT_CODES,
    Settings,
    carried_out,
    chosen_run,
    opened,
    ports,
    store_location,
)
from .terminal import colour_option, wants_colour

if TYPE_CHECKING:
    from attractorc.compiler.value import Json
    from attractorc.interpreter.driver.calls import Folders
    from attractorc.interpreter.driver.journal import Journal


@click.command(
    epilog="Example: attractorc resume last",
    short_help="Go on after a crash, a stop, or an answer.",
)
@click.argument("run")
@click.option("--jobs", type=click.IntRange(min=1), help="Attempts at once in the whole run.")
@click.option("--logs", type=click.Path(file_okay=False, path_type=Path), help="Run directory.")
@click.option("--store", metavar="PATH", help="Where the run is kept.")
@click.option("--backend", type=click.Choice(["simulate", "command"]), help="Who answers prompts.")
@click.option("--agent-command", metavar="COMMAND", help="The program of --backend command.")
@click.option("--interviewer", metavar="auto|console|park|queue:FILE", help="Who is asked.")
@click.option("--json", "as_json", is_flag=True, help="Print the event stream as JSON Lines.")
@redaction_options
@colour_option
def command(
    run: str,
    jobs: int | None,
    logs: Path | None,
    store: str | None,
    backend: str | None,
    agent_command: str | None,
    interviewer: str | None,
    as_json: bool,
    colour: str,
    redaction: Redaction,
) -> int:
    """Go on with a run where its journal ends. Finished stages do not run again.

    RUN is a run id, an unambiguous beginning of one, or `last`. Exit codes are those of
    `exec`; 4 if another process owns the run, or it has ended.
    """
    from attractorc.interpreter.driver.opening import beginning_of, plan_of
    from attractorc.interpreter.driver.restarting import going_on
    from attractorc.interpreter.ports import StoreError

    from . import showing, simulating

    location = store_location(store)
    kept = opened(location, create=False)
    name = chosen_run(kept, run)
    try:
        going = going_on(kept, name)
        begun, plan = beginning_of(kept, going.known), plan_of(kept, going.known)
    except StoreError as error:
        raise Refused(str(error)) from error
    settings = Settings(
        location,
        backend or str(begun.options.get("backend", "simulate")),
        agent_command or begun.options.get("agent_command"),  # type: ignore[arg-type]
        interviewer,
        jobs,
        logs,
        with_recorded(redaction, begun.options),
    )
    _refuse_marker(settings.agent_command)
    view = showing.view(plan, as_json, wants_colour(colour, sys.stderr))
    if simulating.OPTION in begun.options:
        _only_scripted(name, backend or agent_command or interviewer)
        record = cast("dict[str, Json]", begun.options[simulating.OPTION])
        scene = simulating.recorded(record, plan, wants_colour(colour, sys.stderr))
        settings = replace(settings, jobs=jobs or scene.jobs)
        with view:
            played = simulating.gone_on(going, plan, scene.script, settings, kept, view, as_json)
        return simulating.ending(played, scene, view, location, as_json)
    made = ports(settings, kept)

    async def opening() -> tuple[Journal, Folders]:
        return await opened_run(settings, made, view, going)

    with view:
        result = carried_out(settings, made, opening, onward(settings, made, view, as_json))
    showing.ending(result, view, location, as_json)
    return EXIT_CODES[result.status]


def _refuse_marker(agent_command: str | None) -> None:
    """A command line that held a secret was kept without it, so it cannot be used again."""
    from attractorc.interpreter.redaction import has_marker

    if agent_command is not None and has_marker(agent_command):
        raise Refused(
            "the run's agent command held a secret, which was not kept; give it again with "
            "--agent-command"
        )


def _only_scripted(name: str, given: str | None) -> None:
    """A script answers everything, so that no other answers can be asked for."""
    if given:
        raise Refused(
            f"the run '{name}' is simulated and goes on with its script; "
            "leave --backend, --agent-command and --interviewer out"
        )
