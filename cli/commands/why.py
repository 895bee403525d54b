"""`attractorc why`: how a join was decided, who won, where a merged value came from.

Thin: asks `queries.why`, which has the words, and prints. It must not decide anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from .asking import (
    meant,
    page_options,
    reading,
    record_filter,
    run_argument,
    where_options,
)
from .exits import Exit
from .paging import filled, told
from .tables import fitted, terminal_width

if TYPE_CHECKING:
    from attractorc.interpreter.queries import Explanation


@click.command(
    epilog="Example: attractorc why last findings", short_help="Explain joins and values."
)
@run_argument
@click.argument("target", metavar="[FAN_IN|KEY]", required=False)
@where_options
@page_options
def command(
    run: str,
    target: str | None,
    node: str | None,
    path: str | None,
    branch: str | None,
    after: str,
    limit: int,
    store: str | None,
    as_json: bool,
) -> int:
    """Explain how joins were decided, who won, and where each merged value came from.

    Without a target every join is explained; with a fan-out or fan-in its joins; with a
    context key, its value down to the attempts that wrote it; with a file's path, which branch
    changed it and what became of that. RUN is a run's id, the beginning of one, or `last`.
    """
    from attractorc.interpreter.queries import why

    with reading(store) as kept:
        run_id = meant(kept, run)
        where = record_filter(kept, run_id, node, path, branch=branch)
        found = filled(lambda at, most: why(kept, run_id, target, where, at, most), after, limit)
    told(found, as_json, lambda: _lines(found), "nothing to explain: the run has no fan-out")
    return Exit.DONE


def _lines(found: Sequence[Explanation]) -> Sequence[str]:
    width = terminal_width()
    return [fitted(line, width) for explanation in found for line in explanation.lines]
