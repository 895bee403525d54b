"""`attractorc lineage`: from a value or a stage back to the trunk.

Thin: asks `queries.lineage` and prints. It must not know how values are merged.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from .asking import json_option, meant, reading, run_argument, store_option
from .exits import Exit
from .paging import told_as_json
from .tables import fitted, terminal_width

if TYPE_CHECKING:
    from attractorc.interpreter.queries import Lineage, Step


@click.command(
    epilog="Example: attractorc lineage last findings",
    short_help="Show where a value or a stage came from.",
)
@run_argument
@click.argument("target", metavar="KEY|STAGE|BRANCH")
@click.option("--path", metavar="PATH", default="", help="The branch that reads the key.")
@store_option
@json_option
def command(run: str, target: str, path: str, store: str | None, as_json: bool) -> int:
    """Show where a context value came from, down to the attempts that wrote it; or how a stage
    or a branch (its path or id, with its `/`) came off the trunk, fork by fork.

    Of a key, the value is meant that the trunk has, or with --path the one that a branch saw.
    RUN is a run's id, the beginning of one, or `last`.
    """
    from attractorc.interpreter.queries import UnknownTarget, lineage

    with reading(store) as kept:
        run_id = meant(kept, run)
        found = lineage(kept, run_id, target, path.rstrip("/"))
        if found is None:
            what = "such stage or branch" if target.startswith("/") else "value of that key"
            place = f" on {path}" if path else ""
            raise UnknownTarget(f"'{target}': the run has no {what}{place}")
    if as_json:
        told_as_json([found])
    else:
        width = terminal_width()
        click.echo("\n".join(fitted(line, width) for line in _lines(found)))
    return Exit.DONE


def _lines(found: Lineage) -> Iterator[str]:
    from attractorc.interpreter.queries.wording import origin_lines

    if found.origin is not None:
        yield from origin_lines(found.origin)
        if found.steps:
            yield f"{found.origin.writer} came off the trunk so:"
    else:
        yield found.target
    for step in found.steps:
        yield f"  {_step(step)}"
    if not found.steps and found.origin is None:
        yield "  is on the trunk"


def _step(step: Step) -> str:
    what = f"branch '{step.branch_id}'" if step.branch_id else "the pipeline"
    forked = ""
    if step.base_turn:
        forked = (
            f", forked as context {step.context} from turn {step.base_turn} of context"
            f" {step.base_context}, record {step.sequence_no}"
        )
    return f"in {what} of {step.around}{forked}"
