"""`attractorc gc`: remove what ended runs left behind, and, if asked to, the runs themselves.

What they left are the workspaces of their branches, with the git branches that belong to
them. Thin: `removing` does it, this prints. It must not know what is in a workspace.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .asking import json_option, reading, store_option
from .exits import Exit, Refused
from .running import store_location, workspaces_of
from .tables import json_line, printable

if TYPE_CHECKING:
    from attractorc.interpreter.queries.retention import RemovedRuns
    from attractorc.interpreter.workspace import Leftover

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


@click.command(
    epilog="Example: attractorc gc --older-than 7d --keep 5 --dry-run",
    short_help="Remove what ended runs left behind.",
)
@click.option(
    "--older-than",
    default="30d",
    show_default=True,
    metavar="DURATION",
    help="Only of runs that ended so long ago; 0 for all.",
)
@click.option(
    "--keep",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="COUNT",
    help="Keep what the newest ended runs left, whatever their age.",
)
@click.option("--runs", "whole", is_flag=True, help="Take the runs themselves away, too.")
@click.option("--run", "named", multiple=True, metavar="RUN", help="Take this run away: only it.")
@click.option("--vacuum", is_flag=True, help="Then make the store's file as small as it can be.")
@click.option("--dry-run", is_flag=True, help="Say what would go; remove nothing.")
@store_option
@json_option
def command(
    older_than: str,
    keep: int,
    whole: bool,
    named: tuple[str, ...],
    vacuum: bool,
    dry_run: bool,
    store: str | None,
    as_json: bool,
) -> int:
    """Remove what ended runs left behind: the workspaces of their branches (copies, git
    worktrees and their branches). What a run did stays known, unless --runs takes away its
    journal as well, with all that only it refers to.

    Runs that can be resumed keep everything: they go only if --run names them. A git branch
    with commits that are not the run's stays, and so does one that is checked out.
    """
    from attractorc.compiler.value import duration_ms
    from attractorc.interpreter.driver.clock import SystemClock
    from attractorc.interpreter.workspace import WorkspaceError

    from .removing import Going, named_runs, remove_leftovers, remove_whole

    age = duration_ms(older_than)
    if age is None:
        raise Refused(f"--older-than: '{older_than}' is no duration; write 0, 12h, 7d or the like")
    location = store_location(store)
    root = workspaces_of(Path(location))
    removed: list[Leftover] = []
    taken: RemovedRuns | None = None
    try:
        with reading(location) as kept:
            now = SystemClock().now()
            if named:
                going = named_runs(kept, root, named)
            else:
                going = Going.by_age(kept, root, age, keep, now, whole)
            for each in remove_leftovers(going, dry_run):
                removed.append(each)
                _say(each, as_json)
            if named or whole:
                taken = remove_whole(kept, location, going.runs, dry_run)
            if vacuum and not dry_run:
                kept.compact()
    except WorkspaceError as error:
        raise Refused(str(error), Exit.NOT_HELD) from error
    if as_json and taken is not None:
        click.echo(json_line(dataclasses.asdict(taken)))
    elif not as_json:
        click.echo(_total(removed, taken, dry_run))
    return Exit.DONE


def _say(leftover: Leftover, as_json: bool) -> None:
    if as_json:
        click.echo(json_line(dataclasses.asdict(leftover)))
        return
    when = f", ended {leftover.ended}" if leftover.ended else ", of no run in the store"
    many = _count(leftover.workspaces, "workspace")
    click.echo(printable(f"{leftover.run_id}: {many}, {_size(leftover.size_bytes)}{when}"))
    for line in leftover.stayed:
        click.echo(printable(f"  {line}"))


def _total(removed: list[Leftover], taken: RemovedRuns | None, dry_run: bool) -> str:
    verb = "would remove" if dry_run else "removed"
    told = []
    if removed:
        size = _size(sum(each.size_bytes for each in removed))
        told.append(f"{verb} what {_count(len(removed), 'run')} left, {size}")
    if taken is not None:
        if taken.runs:
            records = f"{_count(taken.turns, 'record')} and {_count(taken.blobs, 'blob')}"
            size = _size(taken.blob_bytes)
            told.append(f"{verb} {_count(len(taken.runs), 'run')}: {records} ({size})")
        told += [f"run {each} stays: it is being written" for each in taken.busy]
    return printable("; ".join(told) or "nothing to remove")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _size(size_bytes: int) -> str:
    size, unit = float(size_bytes), 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size_bytes} bytes" if unit == 0 else f"{size:.1f} {_UNITS[unit]}"
