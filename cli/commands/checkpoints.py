"""`attractorc checkpoints`: where a run stood whenever an engine left it.

Thin: asks `queries.checkpoints` and prints. It must not know what resumes a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from .asking import page_options, run_argument
from .exits import Exit
from .paging import page_of, told
from .tables import table, terminal_width

if TYPE_CHECKING:
    from attractorc.interpreter.queries import CheckpointEntry


@click.command(
    epilog="Example: attractorc checkpoints last",
    short_help="Show where a run stood whenever it was left.",
)
@run_argument
@click.option("--node", metavar="ID", help="Only where the trunk stood at this node.")
@page_options
def command(
    run: str, node: str | None, after: str, limit: int, store: str | None, as_json: bool
) -> int:
    """Show where a run stood whenever an engine left it: parked, stopped, or at its end.

    RUN is a run's id, the beginning of one, or `last`.
    """
    from attractorc.interpreter.queries import checkpoints

    found = page_of(checkpoints, store, run, after, limit, node=node)
    told(found, as_json, lambda: _lines(found), "no checkpoint yet")
    return Exit.DONE


def _lines(found: Sequence[CheckpointEntry]) -> Sequence[str]:
    rows = [
        (
            str(entry.sequence_no),
            entry.timestamp,
            entry.stage_attempt_id.partition(":")[2],
            str(entry.completed_count),
            str(entry.branch_count or ""),
            ", ".join(f"{stage} {state}" for stage, state in entry.joins.items()),
        )
        for entry in found
    ]
    headings = ("NUMBER", "TIME", "TRUNK AT", "STAGES DONE", "OPEN BRANCHES", "JOINS")
    return table(headings, rows, terminal_width())
