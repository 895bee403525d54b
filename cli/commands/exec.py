"""`attractorc exec`: run a pipeline file, or a plan that was made of one.

Compiles, refuses on errors, runs, says how it ended. All else is the interpreter's.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .exits import Exit, Refused
from .running import (
    EXIT_CODES,
    Settings,
    carried_out,
    folders,
    listeners,
    opened,
    ports,
    store_location,
)
from .terminal import colour_option, wants_colour

if TYPE_CHECKING:
    from attractorc.compiler.plan.model import Plan


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
    "--backend",
    type=click.Choice(["simulate", "command"]),
    default="simulate",
    show_default=True,
    help="Who answers prompts.",
)
@click.option("--agent-command", metavar="COMMAND", help="The program of --backend command.")
@click.option("--interviewer", metavar="auto|console|park|queue:FILE", help="Who is asked.")
@click.option("--dry-run", is_flag=True, help="Show the plan; run nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the event stream as JSON Lines.")
@colour_option
def command(
    file: str,
    inputs: tuple[str, ...],
    jobs: int | None,
    logs: Path | None,
    store: str | None,
    run_id: str | None,
    directory: Path | None,
    backend: str,
    agent_command: str | None,
    interviewer: str | None,
    dry_run: bool,
    as_json: bool,
    colour: str,
) -> int:
    """Run a pipeline: real branches, joins and merges by its own policy, every step kept.

    Exit code 0: it succeeded; 1: it failed, or the file has errors; 3: it waits for an
    answer (`attractorc answer`, then `attractorc resume`); 130: stopped, can be resumed.
    """
    from . import showing
    from .inputs import given_inputs, refuse_shadowing
    from .plans import plan_of_file

    plan, plan_text, source = plan_of_file(file, wants_colour(colour, sys.stderr))
    values = given_inputs(plan, inputs)
    if dry_run:
        from attractorc.compiler.render.plan_tree import plan_tree

        click.echo(plan_tree(plan), nl=False)
        return Exit.DONE
    settings = Settings(store_location(store), backend, agent_command, interviewer, jobs, logs)
    kept = opened(settings.store)
    made = ports(settings, kept)
    _ready(plan, made.handlers)
    refuse_shadowing(plan, os.environ)
    from attractorc.interpreter.driver import create_run
    from attractorc.interpreter.driver.opening import NewRun, new_run_id

    name = run_id if run_id else new_run_id(made.clock)
    workspace = (directory or Path.cwd()).absolute()
    view = showing.view(plan, as_json, wants_colour(colour, sys.stderr))
    new = NewRun(
        plan,
        plan_text,
        file,
        source,
        name,
        str(workspace),
        values,
        {"backend": backend, "agent_command": agent_command} if agent_command else {},
    )

    async def opening():  # type: ignore[no-untyped-def]
        heard = listeners(settings, kept, name, view)
        return create_run(new, made, heard), folders(settings, workspace, name)

    with view:
        result = carried_out(settings, made, opening)
    showing.ending(result, view, settings.store, as_json)
    return EXIT_CODES[result.status]


def _ready(plan: Plan, handlers: object) -> None:
    from attractorc.interpreter.handlers import check_ready

    reason = check_ready(plan, handlers)  # type: ignore[arg-type]
    if reason is not None:
        raise Refused(reason)
