"""What a person sees of a running pipeline: progress while it runs, the outcome at the end.

On a terminal one line per running branch, elsewhere one plain line per finished stage;
with `--json` the records themselves. Reads records, decides nothing.
"""

from __future__ import annotations

import contextlib
import json
import sys
from typing import TYPE_CHECKING, cast

import click

from attractorc.compiler.value import canonical

from .exits import Exit, Refused

if TYPE_CHECKING:
    from types import TracebackType

    from attractorc.compiler.plan.model import Plan
    from attractorc.interpreter.driver import RunResult
    from attractorc.interpreter.records import Record
    from attractorc.interpreter.state import State

MARKS = {
    "success": ("ok", "green"),
    "partial_success": ("partial", "yellow"),
    "skipped": ("skipped", "yellow"),
    "fail": ("failed", "red"),
    "retry": ("retry", "yellow"),
    "cancelled": ("cancelled", "yellow"),
    "timed_out": ("timed out", "red"),
}
SILENT = ("start", "exit", "conditional")


def view(plan: Plan, as_json: bool, colour: bool) -> View:
    """The view that fits where the output goes."""
    if as_json:
        return JsonLines()
    if sys.stderr.isatty() and colour:
        from .live import Live

        return Live(plan)
    return View(colour)


class View:
    """Plain lines on standard error: one for each finished stage, join and merge."""

    def __init__(self, colour: bool = False) -> None:
        self._colour = colour
        self._names: dict[str, str] = {}
        self.joins: list[str] = []

    def __enter__(self) -> View:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass

    def __call__(self, record: Record, state: State) -> None:
        """Hear of a record."""
        line = self.line(record)
        if line is not None:
            self.show(line)

    def show(self, line: str) -> None:
        """Print one line of progress; that nobody is there to read it stops no run."""
        with contextlib.suppress(OSError):
            click.echo(line, err=True, color=self._colour)

    def line(self, record: Record) -> str | None:
        """What there is to say about a record; None if nothing."""
        from attractorc.interpreter.records import (
            InterviewLifecycle,
            ParallelLifecycle,
            PlanChange,
            RunLifecycle,
            StageLifecycle,
        )

        match record:
            case RunLifecycle(kind="initialized"):
                return f"run {record.run_id}: {record.pipeline}"
            case RunLifecycle(kind="resumed"):
                return f"run {record.run_id}: resumed"
            case RunLifecycle(kind="finalized") if record.next_run:
                text = f"starts anew at '{record.start_at}' as {record.next_run}"
                return f"run {record.run_id}: {_one_line(text)}"
            case PlanChange():
                return f"run {record.run_id}: goes by another plan from here on"
            case StageLifecycle(kind="started"):
                self._names[f"{record.path}/{record.node_id}"] = record.handler or ""
            case StageLifecycle(kind="completed" | "failed" | "retrying" | "cancelled"):
                return self._stage(record)
            case StageLifecycle(kind="judging"):
                listed = ", ".join(cast("list[str]", record.asked["candidates"]))
                text = f"{record.node_id}: asks an agent for the winner among {listed}"
                return f"  {where(record.path)}{_one_line(text)}"
            case ParallelLifecycle(kind="started"):
                return f"  {where(record.path)}{record.node_id}: {record.branch_count} branches"
            case ParallelLifecycle(kind="join_decided"):
                word = "satisfied" if record.join["satisfied"] else "not satisfied"
                text = f"{record.node_id}: join {word}: {record.reason}"
                self.joins.append(text)
                return f"  {where(record.path)}{text}"
            case InterviewLifecycle(kind="started"):
                return f"  {where(record.path)}{record.node_id}: asks: {record.question}"
        return None

    def _stage(self, record: object) -> str | None:
        from attractorc.interpreter.records import StageLifecycle

        assert isinstance(record, StageLifecycle)
        if self._names.get(f"{record.path}/{record.node_id}") in SILENT:
            return None
        status = record.status or record.kind
        mark, colour = MARKS.get(status, (status, "white"))
        if record.kind == "retrying":
            mark = f"try {record.attempt} failed, again in {record.delay_ms} ms"
            colour = "yellow"
        words = click.style(mark, fg=colour) if self._colour else mark
        took = "" if record.duration_ms is None else f" ({record.duration_ms / 1000:.1f} s)"
        why = f": {_one_line(record.failure_reason)}" if record.failure_reason else ""
        return f"  {where(record.path)}{record.node_id}: {words}{took}{why}"


class JsonLines(View):
    """The event stream on standard output, one JSON object a line."""

    def __call__(self, record: Record, state: State) -> None:
        """Print a record."""
        from attractorc.interpreter.records.codec import to_json

        try:
            click.echo(canonical(to_json(record)))
        except BrokenPipeError as error:
            raise Refused(
                "nobody reads the events any more, so the run was left; go on with: attractorc "
                f"resume {record.run_id}",
                Exit.INTERRUPTED,
            ) from error


def where(path: str) -> str:
    """The branches and the stages' pipelines that a path leads through: `checks/unit › `."""
    if not path:
        return ""
    from attractorc.interpreter.queries.paths import levels

    return "/".join(level.branch or level.node for level in levels(path)) + " › "


def _one_line(text: str, limit: int = 160) -> str:
    flat = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def ending(
    result: RunResult, shown: View, store: str, as_json: bool, *, stopped: bool = True
) -> None:
    """Say how the run ended and what to type next; on standard output.

    `stopped`: of a run that starts anew, the next one is not begun in this process.
    """
    if as_json:
        summary = {
            "run_id": result.run_id,
            "status": result.status,
            "reason": result.reason,
            "questions": list(result.questions),
            "outcome_digest": result.outcome_digest,
            **({"next_run": result.next_run} if result.next_run else {}),
        }
        click.echo(json.dumps(summary, ensure_ascii=False), err=True)
        return
    reason = f": {_one_line(result.reason)}" if result.reason and result.status != "parked" else ""
    following = f" as {result.next_run}" if result.next_run else ""
    click.echo(f"{result.run_id}: {result.status}{following}{reason}")
    for text in shown.joins:
        click.echo(f"  {_one_line(text)}")
    if not stopped and result.next_run:
        return
    option = "" if store == "memory:" else naming_store(store)
    if store == "memory:":
        click.echo("  the run was kept in memory only, and is gone")
        return
    match result.status:
        case "parked":
            for question in result.questions:
                click.echo(f"  waits for an answer to {question}")
            click.echo(f"  see the questions:  attractorc questions {result.run_id}{option}")
            first = result.questions[0] if result.questions else "QUESTION"
            click.echo(
                f"  answer and go on:   attractorc answer {result.run_id} {first} CHOICE{option}"
                f" && attractorc resume {result.run_id}{option}"
            )
        case "stopped" | "restarted":
            click.echo(f"  go on:              attractorc resume {result.run_id}{option}")
        case _:
            click.echo(f"  kept in {store}")
            click.echo(f"  look closer:        attractorc why {result.run_id}{option}")


def naming_store(store: str) -> str:
    """What to add to a command that is to find the run; empty for the default store."""
    from pathlib import Path

    from attractorc.interpreter.stores.opening import default_location

    return "" if store == str(default_location(Path.cwd())) else f" --store {store}"
