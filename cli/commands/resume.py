"""`attractorc resume`: go on with a run after a crash, a stop, or an answer.

The plan, the inputs and the folder are the run's own, from its journal, unless a file is
named. All else is the interpreter's.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from . import showing, simulating
from .agents import Agents, agent_options, of_run, refuse_marker, refuse_unused_command
from .custom_handlers import custom_handlers, handlers_option, refuse_missing
from .exits import Exit, Refused
from .going_on import directory_of, its_own, onward, opened_run
from .interviewing import METAVAR
from .mirroring import Mirroring, mirror_options, refuse_scripted, told
from .plans import refuse_unready
from .redacting import Redaction, redaction_options, with_recorded
from .replanning import plan_given, refuse_override
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
    from attractorc.compiler.plan.model import Plan
    from attractorc.compiler.value import Json
    from attractorc.interpreter.driver.calls import Folders
    from attractorc.interpreter.driver.changing import NewPlan
    from attractorc.interpreter.driver.journal import Journal
    from attractorc.interpreter.driver.restarting import GoingOn
    from attractorc.interpreter.ports import Store
    from attractorc.interpreter.records import RunLifecycle

    from .showing import View


@click.command(
    epilog="Example: attractorc resume last",
    short_help="Go on after a crash, a stop, or an answer.",
)
@click.argument("run")
@click.argument("file", metavar="[FILE|PLAN]", required=False)
@click.option(
    "--accept-plan-change",
    "accept",
    is_flag=True,
    help="Let FILE (default: the run's own) take over, where only what was not reached differs.",
)
@click.option("--jobs", type=click.IntRange(min=1), help="Attempts at once in the whole run.")
@click.option("--logs", type=click.Path(file_okay=False, path_type=Path), help="Run directory.")
@click.option("--store", metavar="PATH", help="Where the run is kept.")
@agent_options
@click.option("--interviewer", metavar=METAVAR, help="Who is asked.")
@handlers_option
@click.option("--json", "as_json", is_flag=True, help="Print the event stream as JSON Lines.")
@redaction_options
@mirror_options
@colour_option
def command(
    run: str,
    file: str | None,
    accept: bool,
    jobs: int | None,
    logs: Path | None,
    store: str | None,
    agents: Agents,
    interviewer: str | None,
    handlers: tuple[str, ...],
    as_json: bool,
    colour: str,
    redaction: Redaction,
    mirror: Mirroring | None,
) -> int:
    """Go on with a run where its journal ends. Finished stages do not run again.

    RUN is a run id, an unambiguous beginning of one, or `last`. Without FILE the run's plan is
    taken from its journal; with one, it must be the same plan, else what has changed is printed,
    with exit code 2. With --accept-plan-change the new plan takes over, if all that was reached
    is the same in both: stages that have started, edges that were chosen, fan-outs that were
    entered, inputs and what the graph says.

    Exit codes are those of `exec`; 4 if another process owns the run, or it has ended.
    """
    location = store_location(store)
    kept = opened(location, create=False)
    left = _left(kept, chosen_run(kept, run), file, accept, wants_colour(colour, sys.stderr))
    options = left.begun.options
    settings = Settings(
        location,
        agents.over(of_run(options)),
        interviewer,
        jobs,
        logs or directory_of(options),
        with_recorded(redaction, options),
        custom_handlers(handlers),
        mirror,
    )
    refuse_marker(settings.agents)
    refuse_unused_command(agents, settings.agents, left.plan)
    view = showing.view(left.plan, as_json, wants_colour(colour, sys.stderr))
    if simulating.OPTION in options:
        _only_scripted(left.name, agents != Agents() or interviewer or handlers)
        refuse_scripted(mirror)
        return _played_on(left, settings, kept, view, as_json, wants_colour(colour, sys.stderr))
    refuse_missing(left.name, options, handlers)
    made = ports(settings, kept)
    refuse_unready(left.plan, made.handlers)

    own = logs or its_own(settings.logs, kept, left.going)
    here = replace(settings, logs=own)

    async def opening() -> tuple[Journal, Folders]:
        return await opened_run(here, made, view, left.going, left.given)

    with view:
        result = carried_out(settings, made, opening, onward(settings, made, view, as_json))
    showing.ending(result, view, location, as_json)
    return told(mirror, EXIT_CODES[result.status], showing.naming_store(location))


@dataclass(frozen=True, slots=True)
class Left:
    """A run that was left: what goes on, how it began, and the plan that it goes on with.

    `given` is that plan where a file was named, or asked for.
    """

    name: str
    going: GoingOn
    begun: RunLifecycle
    plan: Plan
    given: NewPlan | None


def _left(kept: Store, name: str, file: str | None, accept: bool, colour: bool) -> Left:
    from attractorc.interpreter.driver.opening import beginning_of, plan_of, refuse_ended
    from attractorc.interpreter.driver.restarting import going_on
    from attractorc.interpreter.ports import StoreError

    try:
        going = going_on(kept, name)
        begun, plan = beginning_of(kept, going.known), plan_of(kept, going.known)
        if not going.made_of:
            refuse_ended(kept.run(going.run_id))
        given = plan_given(kept, going.known, plan, file, accept, colour)
    except StoreError as error:
        raise Refused(str(error), Exit.STORE) from error
    if given is None:
        return Left(name, going, begun, plan, None)
    refuse_override(begun.options, given.plan)
    return Left(name, going, begun, given.plan, given)


def _played_on(
    left: Left, settings: Settings, kept: Store, view: View, as_json: bool, colour: bool
) -> int:
    record = cast("dict[str, Json]", left.begun.options[simulating.OPTION])
    scene = simulating.recorded(record, left.plan, colour)
    settings = replace(settings, jobs=settings.jobs or scene.jobs)
    with view:
        played = simulating.gone_on(
            left.going, left.plan, scene.script, settings, kept, view, as_json, left.given
        )
    return simulating.ending(played, scene, view, settings.store, as_json)


def _only_scripted(name: str, given: object) -> None:
    """A script answers everything, so that no other answers can be asked for."""
    if given:
        raise Refused(
            f"the run '{name}' is simulated and goes on with its script; "
            "leave out --interviewer, --handlers and what is about agents"
        )
