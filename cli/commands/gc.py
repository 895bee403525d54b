"""`attractorc gc`: remove what ended runs left behind.

For now that is the workspaces of their branches, with the git branches that belong to them.
Thin: asks `workspaces.leftovers` and prints. It must not know what is in a workspace.
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
@click.option("--dry-run", is_flag=True, help="Say what would go; remove nothing.")
@store_option
@json_option
def command(older_than: str, keep: int, dry_run: bool, store: str | None, as_json: bool) -> int:
    """Remove what ended runs left behind: the workspaces of their branches (copies, git
    worktrees and their branches). What a run did stays known.

    Runs that can be resumed keep everything. A git branch with commits that are not the run's
    stays, and so does one that is checked out.
    """
    from attractorc.compiler.value import duration_ms
    from attractorc.interpreter.driver.clock import SystemClock
    from attractorc.interpreter.workspace import WorkspaceError
    from attractorc.interpreter.workspaces import LocalWorkspaces
    from attractorc.interpreter.workspaces.leftovers import (
        Retention,
        leftovers,
        remove_run,
    )

    age = duration_ms(older_than)
    if age is None:
        raise Refused(f"--older-than: '{older_than}' is no duration; write 0, 12h, 7d or the like")
    location = store_location(store)
    port = LocalWorkspaces()
    removed: list[Leftover] = []
    try:
        with reading(location) as kept:
            root = workspaces_of(Path(location))
            found = leftovers(kept, root, Retention(age, keep), SystemClock().now())
        for each in found:
            stayed = () if dry_run else remove_run(Path(each.folder), port)
            removed.append(dataclasses.replace(each, removed=not dry_run, stayed=stayed))
            _say(removed[-1], as_json)
    except WorkspaceError as error:
        raise Refused(str(error), Exit.NOT_HELD) from error
    if not as_json:
        click.echo(_total(removed, dry_run))
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


def _total(removed: list[Leftover], dry_run: bool) -> str:
    if not removed:
        return "nothing to remove"
    size = _size(sum(each.size_bytes for each in removed))
    verb = "would remove" if dry_run else "removed"
    return f"{verb} what {_count(len(removed), 'run')} left, {size}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _size(size_bytes: int) -> str:
    size, unit = float(size_bytes), 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size_bytes} bytes" if unit == 0 else f"{size:.1f} {_UNITS[unit]}"
