"""What `gc` removes: workspaces that runs left, private folders, and runs out of the store.

Apart from the command, which only reads options and prints. It must not know how a store or
a workspace is made.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .exits import Exit, Refused

if TYPE_CHECKING:
    from attractorc.interpreter.ports import Store
    from attractorc.interpreter.queries.retention import RemovedRuns
    from attractorc.interpreter.workspace import Leftover


@dataclass(frozen=True, slots=True)
class Going:
    """What is to go: what runs left, and the runs that go whole."""

    leftovers: tuple[Leftover, ...]
    runs: tuple[str, ...] = ()

    @classmethod
    def by_age(
        cls, store: Store, root: Path, age_ms: int, keep: int, now: int, whole: bool
    ) -> Going:
        """What the ended runs left that are older than an age, but for the newest few."""
        from attractorc.interpreter.queries.retention import removable
        from attractorc.interpreter.workspaces.leftovers import Retention, leftovers

        rows = removable(store, age_ms, keep, now) if whole else ()
        left = leftovers(store, root, Retention(age_ms, keep), now)
        return cls(left, tuple(row.run_id for row in rows))


def named_runs(store: Store, root: Path, names: tuple[str, ...]) -> Going:
    """Runs that were named, whatever their state. `Refused` for one that somebody writes."""
    from attractorc.interpreter.queries import resolve
    from attractorc.interpreter.queries.retention import remove_runs
    from attractorc.interpreter.workspaces.leftovers import leftover_of

    rows = {row.run_id: row for row in (resolve(store, name) for name in names)}
    for busy in remove_runs(store, tuple(rows), rehearse=True).busy:
        raise Refused(f"run '{busy}' is being written; stop it first", Exit.STORE)
    left = (leftover_of(row, root) for row in rows.values())
    return Going(tuple(each for each in left if each is not None), tuple(rows))


def remove_leftovers(going: Going, dry_run: bool) -> Iterator[Leftover]:
    """Remove what runs left, one after the other, and say of each what had to stay."""
    from attractorc.interpreter.workspaces import LocalWorkspaces
    from attractorc.interpreter.workspaces.leftovers import remove_run

    port = LocalWorkspaces()
    for each in going.leftovers:
        stayed = () if dry_run else remove_run(Path(each.folder), port)
        yield dataclasses.replace(each, removed=not dry_run, stayed=stayed)


def remove_whole(
    store: Store, location: str, run_ids: tuple[str, ...], dry_run: bool
) -> RemovedRuns:
    """Take runs out of the store, and away what a dead engine left in their private folders."""
    from attractorc.interpreter.queries.retention import remove_runs
    from attractorc.interpreter.queries.run_directory import stage_folder

    taken = remove_runs(store, run_ids, rehearse=dry_run)
    for run_id in () if dry_run else taken.runs:
        shutil.rmtree(Path(f"{location}.stages") / stage_folder("", run_id), ignore_errors=True)
    return taken
