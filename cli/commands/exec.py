"""`attractorc exec`: run a pipeline file, or a plan that was made of one.

Compiles, refuses on errors, runs, says how it ended. All else is the interpreter's.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .agents import Agents, agent_options, configured_agents, refuse_unused_command
from .custom_handlers import custom_handlers, handlers_option, recorded
from .exits import Exit, Refused
from .interviewing import METAVAR
from .mirroring import Mirroring, mirror_options, refuse_scripted, told
from .plans import plan_of_file, refuse_unready
from .redacting import Redaction, configured_for, note_inputs, redaction_options
from .running import (
    EXIT_CODES,
    Settings,
    carried_out,
    folders,
    listeners,
    opened,
    ports,
    refuse_run_id,
    store_location,
)
from .terminal import colour_option, wants_colour

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attractorc.compiler.plan.model import Plan
    from attractorc.compiler.value import Json
    from attractorc.interpreter.driver import RunResult
    from attractorc.interpreter.driver.calls import Folders
    from attractorc.interpreter.driver.journal import Journal

    from .showing import View
    from .simulating import Scenario


@click.command(
    epilog="Example: attractorc exec review.yaml --input base=main --jobs 8",
    short_help="Run a pipeline.",
)
@click.argument("file", metavar="FILE|PLAN")
@click.option("--input", "inputs", multiple=True, metavar="NAME=VALUE", help="Give an input.")
@click.option("--jobs", type=click.IntRange(min=1), help="Attempts at once in the whole run.")
@click.option("--logs", type=click.Path(file_okay=False, path_type=Path), help="Run directory.")
@click.option("--store", metavar="PATH", help="Where the run is kept; memory: for nowhere.")
@click.option("--run-id", metavar="ID", help="What to call the run.")
@click.option(
    "-C",
    "--directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="What stages work in (default: the current folder).",
)
@click.option(
    "--workspace",
    "files",
    type=click.Choice(["shared", "copy", "worktree"]),
    help="What files branches see, whatever the pipeline says.",
)
@click.option(
    "--decide",
    type=click.Choice(["declared", "arrival"]),
    help="In which order ends of branches count, whatever the pipeline says.",
)
@agent_options
@click.option("--interviewer", metavar=METAVAR, help="Who is asked.")
@handlers_option
@click.option("--simulate", "script", metavar="FILE", help="Script stages and people; run nothing.")
@click.option("--case", metavar="NAME", help="With --simulate: the case of an x.test.yaml.")
@click.option("--dry-run", is_flag=True, help="Show the plan; run nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the event stream as JSON Lines.")
@redaction_options
@mirror_options
@colour_option
def command(
    file: str,
    inputs: tuple[str, ...],
    jobs: int | None,
    logs: Path | None,
    store: str | None,
    run_id: str | None,
    directory: Path | None,
    files: str | None,
    decide: str | None,
    agents: Agents,
    interviewer: str | None,
    handlers: tuple[str, ...],
    script: str | None,
    case: str | None,
    dry_run: bool,
    as_json: bool,
    colour: str,
    redaction: Redaction,
    mirror: Mirroring | None,
) -> int:
    """Run a pipeline: real branches, joins and merges by its own policy, every step kept.

    Exit code 0: it succeeded; 1: it failed, or the file has errors; 2: it cannot be run as
    asked; 3: it waits for an answer (`attractorc answer`, then `attractorc resume`); 4: trouble
    with the store; 130: stopped, can be resumed.
    """
    from . import going_on, showing, simulating
    from .inputs import given_inputs

    if run_id is not None:
        refuse_run_id(run_id)
    paint = wants_colour(colour, sys.stderr)
    compiled = Compiled(file, *plan_of_file(file, paint))
    if dry_run:
        return _shown(compiled.plan, inputs)
    options = _overrides(compiled.plan, files, decide)
    view = showing.view(compiled.plan, as_json, paint)
    redaction = configured_for(file).and_also(redaction)
    if script is not None:
        _refuse_actors(mirror)
        place = store or simulating.MEMORY
        settings = Settings(place, jobs=jobs, logs=logs, redaction=redaction)
        scene = simulating.scenario(script, case, compiled.plan, paint)
        return _simulated(compiled, settings, view, run_id, scene, inputs, options, as_json)
    if case is not None:
        raise Refused("--case is for --simulate; name its file")
    values = given_inputs(compiled.plan, inputs)
    place = store_location(store)
    own = custom_handlers(handlers)
    given, agents = agents, agents.over(configured_agents(file))
    refuse_unused_command(given, agents, compiled.plan)
    settings = Settings(place, agents, interviewer, jobs, logs, redaction, own, mirror)
    options |= recorded(handlers)
    workspace = (directory or Path.cwd()).absolute()
    options |= agents.recorded() | going_on.kept_directory(logs)
    result = _executed(compiled, settings, view, run_id, workspace, values, options, as_json)
    showing.ending(result, view, settings.store, as_json)
    return told(mirror, EXIT_CODES[result.status], showing.naming_store(place))


_ACTORS = (
    *("directory", "files", "backend", "agent_command", "status_file"),
    *("interviewer", "handlers"),
)


@dataclass(frozen=True, slots=True)
class Compiled:
    """What is run, and what it was made from."""

    file: str
    plan: Plan
    plan_text: str
    source: str


def _shown(plan: Plan, inputs: tuple[str, ...]) -> int:
    from attractorc.compiler.render.plan_tree import plan_tree

    from .inputs import given_inputs

    given_inputs(plan, inputs)
    click.echo(plan_tree(plan), nl=False)
    return Exit.DONE


def _overrides(plan: Plan, files: str | None, decide: str | None) -> dict[str, Json]:
    """What the command line overrides of the pipeline; it is journaled with the run."""
    if decide == "declared":
        refuse_declared(plan)
    given = {"workspace": files, "decide": decide}
    return {name: value for name, value in given.items() if value is not None}


def refuse_declared(plan: Plan) -> None:
    """Refuse a plan in which a winner is chosen by an order that there is not."""
    for name, region in plan.regions.items():
        if any(key.kind == "arrival" for key in region.winner.keys):
            raise Refused(
                f"--decide declared: the winner of '{name}' is chosen by arrival, and "
                "nothing arrives first in declared order"
            )


def _refuse_actors(mirror: Mirroring | None) -> None:
    """Refuse options that say who acts in a run where a script does, and who gets it."""
    refuse_scripted(mirror)
    context = click.get_current_context()
    for parameter in context.command.params:
        if parameter.name not in _ACTORS:
            continue
        source = context.get_parameter_source(parameter.name)
        if source is not None and source.name == "COMMANDLINE":
            option = parameter.opts[-1]
            raise Refused(f"{option} and --simulate exclude each other: the script says it all")


def _simulated(
    compiled: Compiled,
    settings: Settings,
    view: View,
    run_id: str | None,
    scene: Scenario,
    inputs: tuple[str, ...],
    options: Mapping[str, Json],
    as_json: bool,
) -> int:
    from attractorc.interpreter.driver.clock import SystemClock
    from attractorc.interpreter.driver.opening import NewRun, new_run_id

    from . import simulating
    from .inputs import given_inputs

    plan = compiled.plan
    if scene.inputs is not None and inputs:
        raise Refused("--input and --case exclude each other: a case has inputs of its own")
    values = given_inputs(plan, inputs) if scene.inputs is None else scene.inputs
    settings = replace(settings, jobs=settings.jobs or scene.jobs)
    kept = opened(settings.store)
    if run_id is None:
        in_memory = settings.store == simulating.MEMORY
        run_id = simulating.RUN_ID if in_memory else new_run_id(SystemClock())
    new = NewRun(
        plan,
        compiled.plan_text,
        compiled.file,
        compiled.source,
        run_id,
        "",
        values,
        {**options, simulating.OPTION: dict(scene.record), **settings.redaction.recorded()},
    )
    with view:
        played = simulating.begun(new, scene.script, settings, kept, view, as_json)
    return simulating.ending(played, scene, view, settings.store, as_json)


def _executed(
    compiled: Compiled,
    settings: Settings,
    view: View,
    run_id: str | None,
    workspace: Path,
    values: Mapping[str, Json],
    options: Mapping[str, Json],
    as_json: bool,
) -> RunResult:
    from attractorc.interpreter.driver import create_run
    from attractorc.interpreter.driver.opening import NewRun, new_run_id

    from .going_on import onward
    from .inputs import refuse_shadowing

    plan = compiled.plan
    kept = opened(settings.store)
    made = ports(settings, kept)
    refuse_unready(plan, made.handlers)
    refuse_shadowing(plan, os.environ)
    note_inputs(values, made.secrets)
    name = new_run_id(made.clock) if run_id is None else run_id
    new = NewRun(
        plan,
        compiled.plan_text,
        compiled.file,
        compiled.source,
        name,
        str(workspace),
        values,
        {**options, **settings.redaction.recorded()},
    )

    async def opening() -> tuple[Journal, Folders]:
        heard = listeners(settings, kept, name, view)
        return create_run(new, made, heard), folders(settings, workspace, name)

    with view:
        return carried_out(settings, made, opening, onward(settings, made, view, as_json))
