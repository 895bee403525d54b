"""`attractorc fan-in-decisions`: what each fan-in of a run made of its branches.

Thin: asks `queries.fan_in_decisions` and prints. It must not know how values are merged.
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
    from attractorc.interpreter.queries import DecisionEntry


@click.command(
    "fan-in-decisions",
    epilog="Example: attractorc fan-in-decisions last --status success",
    short_help="Show the merge decisions of a run.",
)
@run_argument
@where_options
@status_option(("success", "partial_success", "fail"), "decisions")
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
    """Show what each fan-in of a run made of its branches, in the order of deciding.

    --node names the fan-in. `attractorc why RUN FAN_IN` explains one; whole records are
    `attractorc events RUN --kind fan_in_decision --json`. RUN is a run's id, the beginning of
    one, or `last`.
    """
    from attractorc.interpreter.queries import fan_in_decisions

    found = page_of(
        fan_in_decisions, store, run, after, limit,
        node=node, path=path, branch=branch, status=status,
    )  # fmt: skip
    told(found, as_json, lambda: _lines(found), "no fan-in was decided")
    return Exit.DONE


def _lines(found: Sequence[DecisionEntry]) -> Sequence[str]:
    rows = [
        (
            str(entry.sequence_no),
            entry.fan_in,
            entry.fan_out,
            entry.status,
            str(entry.branch_count),
            str(entry.key_count),
            str(entry.winner.get("id") or ""),
            str(entry.winner.get("method") or "") if entry.winner.get("id") else "",
            entry.reason,
        )
        for entry in found
    ]
    headings = (
        "NUMBER", "FAN-IN", "FAN-OUT", "STATUS", "BRANCHES", "KEYS", "WINNER", "BY", "REASON",
    )  # fmt: skip
    return table(headings, rows, terminal_width())
