"""`attractorc joins`: the joins of a run, how each was decided and what was merged.

Thin: asks `queries.joins` and prints. It must not know how joins are decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from .asking import page_options, run_argument, status_option, where_options
from .exits import Exit
from .paging import page_of, told
from .tables import table, terminal_width

if TYPE_CHECKING:
    from attractorc.interpreter.queries import JoinEntry


@click.command(
    epilog="Example: attractorc joins last --status decided",
    short_help="Show the joins of a run.",
)
@run_argument
@where_options
@status_option(("undecided", "decided", "merged", "abandoned"), "joins")
@page_options
def command(
    run: str,
    node: str | None,
    path: str | None,
    branch: str | None,
    status: str | None,
    after: str,
    limit: int,
    store: str | None,
    as_json: bool,
) -> int:
    """Show the joins of a run, in the order in which their fan-outs started.

    --node names the fan-out. `attractorc why RUN FAN_OUT` explains one. RUN is a run's id, the
    beginning of one, or `last`.
    """
    from attractorc.interpreter.queries import joins

    found = page_of(
        joins, store, run, after, limit, node=node, path=path, branch=branch, status=status
    )
    told(found, as_json, lambda: _lines(found), "no joins")
    return Exit.DONE


def _lines(found: Sequence[JoinEntry]) -> Sequence[str]:
    rows = [
        (
            entry.fan_out,
            entry.state,
            entry.policy,
            "" if entry.satisfied is None else "yes" if entry.satisfied else "no",
            _ends(entry),
            entry.merged_at,
            entry.winner or "",
            entry.reason,
        )
        for entry in found
    ]
    headings = ("FAN-OUT", "STATUS", "JOIN", "SATISFIED", "ENDS", "MERGED AT", "WINNER", "REASON")
    return table(headings, rows, terminal_width())


def _ends(entry: JoinEntry) -> str:
    """How many ends were counted of how many branches."""
    return f"{entry.taken_count}/{entry.branch_count}"
