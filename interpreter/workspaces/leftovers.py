"""What ended runs left in the folder of workspaces: which of it may go, and its removal.

A run that can still be resumed keeps everything. Apart from the making of workspaces,
because nothing of a run is known here but its row. It must not know how they were made.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..ports import RunRow, Store
from ..queries.runs import is_over
from ..records.times import millis
from ..workspace import Leftover, Workspaces
from .places import NOTE, component, trouble

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Retention:
    """Which ended runs keep what they left: those younger than an age, and the newest few."""

    older_than_ms: int
    keep: int


def leftovers(store: Store, root: Path, wanted: Retention, now: int) -> tuple[Leftover, ...]:
    """What may go, oldest first. `now` in milliseconds since the Unix epoch."""
    try:
        names = {entry.name for entry in os.scandir(root) if entry.is_dir(follow_symlinks=False)}
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise trouble("the workspaces cannot be listed", error) from error
    found: list[Leftover] = []
    ended = 0
    for row in _newest_first(store):
        over = is_over(store, row)
        ended += over
        name = component(row.run_id)
        if name not in names:
            continue
        names.discard(name)
        kept = not over or ended <= wanted.keep
        if not kept and now - millis(row.updated) >= wanted.older_than_ms:
            found.append(_leftover(row.run_id, root / name, row.updated))
    for name in sorted(names):
        age = now - (root / name).stat().st_mtime_ns // 1_000_000
        if age >= wanted.older_than_ms:
            found.append(_leftover(name, root / name, ""))
    return tuple(reversed(found))


def leftover_of(row: RunRow, root: Path) -> Leftover | None:
    """What one run left, whatever its state; None if that is nothing."""
    folder = root / component(row.run_id)
    return _leftover(row.run_id, folder, row.updated) if folder.is_dir() else None


def remove_run(folder: Path, port: Workspaces) -> tuple[str, ...]:
    """Remove a run's folder; sentences about what had to stay. Raises `WorkspaceError`."""
    if not folder.exists():
        return ()
    # Inner fan-outs first: their workspaces were made from those of the outer ones.
    places = sorted(_places(folder), key=lambda place: (-place.name.count("+"), place.name))
    stayed = tuple(line for place in places for line in port.remove(place))
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise trouble("what the run left cannot be removed", error) from error
    return stayed


def _newest_first(store: Store) -> Iterable[RunRow]:
    before: str | None = None
    while page := store.runs(before=before, limit=_PAGE):
        yield from page
        before = page[-1].run_id


def _leftover(run_id: str, folder: Path, ended: str) -> Leftover:
    count = sum(
        1
        for place in _places(folder)
        for entry in os.scandir(place)
        if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
    )
    return Leftover(run_id, str(folder), count, _size(folder), ended)


def _places(folder: Path) -> Sequence[Path]:
    return [path for path in folder.iterdir() if path.is_dir() and (path / NOTE).exists()]


def _size(folder: Path) -> int:
    total = 0
    for inner, _folders, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(inner) / name).lstat().st_size
            except OSError:
                continue
    return total
