"""`attractorc show`: one run in short.

Thin: asks `queries.show` and prints. It must not know how runs are kept.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .asking import json_option, meant, reading, run_argument, store_option
from .exits import Exit
from .tables import fitted, json_line, terminal_width

if TYPE_CHECKING:
    from attractorc.interpreter.queries import JoinEntry, RunSummary

_LABEL = 11
_COUNTS = {
    "stages": {
        "stages_completed": "completed",
        "stages_failed": "failed",
        "retries": "retried",
        "interruptions": "interrupted",
    },
    "branches": {
        "branches_succeeded": "succeeded",
        "branches_failed": "failed",
        "branches_skipped": "skipped",
        "branches_cancelled": "cancelled",
        "branches_timed_out": "timed out",
    },
}


@click.command(epilog="Example: attractorc show last", short_help="Show one run in short.")
@run_argument
@store_option
@json_option
def command(run: str, store: str | None, as_json: bool) -> int:
    """Show one run in short: outcome, counts, joins, open questions, where it stands.

    RUN is a run's id, the beginning of one, or `last`.
    """
    from attractorc.interpreter.queries import show

    with reading(store) as kept:
        found = show(kept, meant(kept, run))
    if as_json:
        click.echo(json_line(dataclasses.asdict(found)))
    else:
        width = terminal_width()
        click.echo("\n".join(fitted(line, width) for line in _lines(found)))
    return Exit.DONE


def _lines(run: RunSummary) -> Iterator[str]:
    yield f"run {run.run_id}: {run.status}" + (f", {run.reason}" if run.reason else "")
    yield from _labelled("pipeline", f"{run.pipeline}  {run.plan_digest}")
    yield from _labelled("goal", run.goal)
    yield from _labelled("started", run.created)
    yield from _labelled("ended" if run.ended else "updated", run.updated)
    yield from _labelled("follows", run.previous_run)
    yield from _labelled("goes on as", run.next_run)
    yield from _labelled("resumed", f"{run.epochs - 1} times" if run.epochs > 1 else "")
    yield from _labelled("workspace", run.workspace)
    yield from _labelled("outcome", run.outcome_digest)
    for name, value in run.inputs.items():
        yield from _labelled("input", f"{name} = {json_line(value)}")
    for label, names in _COUNTS.items():
        told = [f"{run.counts[key]} {word}" for key, word in names.items() if run.counts[key]]
        yield from _labelled(label, ", ".join(told))
    for join in run.joins:
        yield from _labelled("join", _join(join))
    if "joins" in run.in_part:
        yield from _labelled("", "and more: 'attractorc joins' lists them all")
    there = [folder for folder in run.branch_workspaces if Path(folder).exists()]
    if there:
        what = "workspaces are" if len(there) > 1 else "workspace is"
        some = "or more " if "branch_workspaces" in run.in_part else ""
        where = f"{len(there)} {some}{what} kept until 'attractorc gc', the first in {there[0]}"
        yield from _labelled("files", where)
    for question in run.questions:
        yield from _labelled("question", f"{question.question_id}: {question.text}")
    if "questions" in run.in_part:
        yield from _labelled("", "and perhaps others: 'attractorc questions --open' lists them all")
    for place in run.where:
        yield from _labelled("at", f"{place.stage}@{place.attempt}, since {place.since}")
    if "where" in run.in_part:
        others = "'attractorc attempts --status running' lists them all"
        yield from _labelled("", f"and perhaps others that began long ago: {others}")


def _labelled(label: str, text: str) -> Iterator[str]:
    if text:
        yield f"  {label.ljust(_LABEL)}{text}"


def _join(join: JoinEntry) -> str:
    from attractorc.interpreter.queries.wording import UNDECIDED

    if join.satisfied is None:
        return f"{join.fan_out}: {UNDECIDED[join.state]}"
    verdict = "satisfied" if join.satisfied else "not satisfied"
    merged = f"; merged at {join.merged_at}" if join.merged_at else ""
    winner = f", winner {join.winner}" if join.winner else ""
    return f"{join.fan_out}: {join.policy}, {verdict}{merged}{winner}"
