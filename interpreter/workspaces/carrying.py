"""Brings a finished result into a workspace: whole files, one by one, or nothing.

Every path must be as it was at the fork, or as the result has it already: then a rerun after
a crash does what is left, and what somebody else changed meanwhile is never lost. Bytes
come from a folder in which all of the result lies ready. It must not know kinds of workspaces.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from ..merges.files import readable
from ..workspace import LINK, PROGRAM, Change, Changes, Entry, WorkspaceError
from .places import MERGED, trouble, write_whole

RESULT = "result.json"
FILES = "files"
FOREIGN = Entry("", "")
"""What stands in the way of a path and is no file: a folder, a device, a link above it."""

Look = Callable[[Sequence[str]], Mapping[str, Entry | None]]
"""What is there at these paths now; None where nothing is."""

_TOLD_AT_MOST = 5


def write_result(place: Path, changes: Changes, stage: Callable[[Path, Changes], None]) -> None:
    """Make the result complete, apart, under its final name once it is whole.

    `stage` puts the files of the changes into a folder, under their paths.
    """
    fresh = place / f"{MERGED}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    files = fresh / FILES
    files.mkdir(parents=True, mode=0o700)
    stage(files, changes)
    listed = {path: [_plain(each.before), _plain(each.after)] for path, each in changes.items()}
    write_whole(fresh / RESULT, json.dumps(listed, sort_keys=True).encode())
    shutil.rmtree(place / MERGED, ignore_errors=True)
    fresh.replace(place / MERGED)


def read_result(place: Path) -> dict[str, Change]:
    """The changes that `write_result` wrote down."""
    try:
        listed = json.loads((place / MERGED / RESULT).read_bytes())
    except (OSError, ValueError) as error:
        raise WorkspaceError(f"the merged files in '{place}' are gone or damaged") from error
    return {path: Change(_entry(before), _entry(after)) for path, (before, after) in listed.items()}


def refusal(root: Path, changes: Changes, look: Look) -> str:
    """Why the changes cannot be brought in, as one sentence; '' if they can."""
    there = _present(root, changes, look)
    wrong = [
        path
        for path, change in sorted(changes.items())
        if not _fits(root, path, there[path], changes)
    ]
    if not wrong:
        return ""
    named = ", ".join(f"'{readable(path)}'" for path in wrong[:_TOLD_AT_MOST])
    more = f" and {len(wrong) - _TOLD_AT_MOST} more" if len(wrong) > _TOLD_AT_MOST else ""
    return (
        f"somebody changed {named}{more} in '{root}' while the branches ran, so nothing of the "
        "branches' files was brought back; they are in their workspaces"
    )


def carry(root: Path, place: Path, look: Look) -> None:
    """Bring the result at a place into a workspace. Raises `WorkspaceError` before any change."""
    changes = read_result(place)
    if reason := refusal(root, changes, look):
        raise WorkspaceError(reason)
    source = place / MERGED / FILES
    there = _present(root, changes, look)
    try:
        for path in sorted(changes, reverse=True):
            if changes[path].after is None:
                _delete(root, path)
        for path, change in sorted(changes.items()):
            if change.after is not None and not _same(there[path], change.after):
                _put(source / path, root / path, change)
            elif change.after is not None:
                _mode(root / path, change)
    except OSError as error:
        raise trouble("the branches' files cannot be brought back", error) from error


def _present(root: Path, changes: Changes, look: Look) -> dict[str, Entry | None]:
    """What is there now at every path. Nothing is looked at through a link."""
    found: dict[str, Entry | None] = {}
    asked: list[str] = []
    for path in changes:
        barred = _barred(root, path)
        if barred is None:
            asked.append(path)
        else:
            # What the result itself puts there, or takes away, leaves no room for the path.
            found[path] = None if barred in changes else FOREIGN
    return {**found, **look(asked)}


def _barred(root: Path, path: str) -> str | None:
    """The first thing above a path that is no folder; None where there is none."""
    for above in _above(path):
        try:
            mode = (root / above).lstat().st_mode
        except OSError:
            return None
        if not stat.S_ISDIR(mode):
            return above
    return None


def _fits(root: Path, path: str, now: Entry | None, changes: Changes) -> bool:
    change = changes[path]
    if now == FOREIGN:
        if (root / path).is_symlink() or not (root / path).is_dir():
            return False
        if change.after is None:
            # The folder that the result puts in the place of the file is there already.
            return any(
                other.startswith(f"{path}/") and each.after is not None
                for other, each in changes.items()
            )
        return change.before is None and _empties(root, path, changes)
    return _same(now, change.before) or _same(now, change.after)


def _empties(root: Path, path: str, changes: Changes) -> bool:
    """Whether the result takes away all that is in a folder."""
    for folder, _folders, names in os.walk(root / path):
        for name in names:
            inner = changes.get(str((Path(folder) / name).relative_to(root)))
            if inner is None or inner.after is not None:
                return False
    return True


def _same(one: Entry | None, other: Entry | None) -> bool:
    """Whether two entries have one content; whether a program may be run is no content."""
    if one is None or other is None:
        return one is other
    return one.id == other.id and (one.mode == LINK) == (other.mode == LINK)


def _above(path: str) -> Iterable[str]:
    """The folders above a path, the outermost first."""
    parts = path.split("/")
    return ("/".join(parts[:count]) for count in range(1, len(parts)))


def _delete(root: Path, path: str) -> None:
    """Take a file away, and the folders that it leaves empty."""
    for above in _above(path):
        if (root / above).is_symlink() or not (root / above).is_dir():
            return
    if (root / path).is_dir() and not (root / path).is_symlink():
        return
    (root / path).unlink(missing_ok=True)
    for above in reversed(list(_above(path))):
        try:
            (root / above).rmdir()
        except OSError:
            return


def _put(source: Path, target: Path, change: Change) -> None:
    """Write one file whole, under its name only when it is complete."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir() and not target.is_symlink():
        _clear(target)
    digest = sha256(os.fsencode(target.name)).hexdigest()[:16]
    fresh = target.with_name(f".attractorc-{digest}.new")
    fresh.unlink(missing_ok=True)
    if source.is_symlink():
        fresh.symlink_to(source.readlink())
    else:
        shutil.copyfile(source, fresh)
        old = target if target.is_file() and not target.is_symlink() else None
        fresh.chmod(_bits(source if old is None else old, change, is_new=old is None))
        with fresh.open("rb") as stream:
            os.fsync(stream.fileno())
    fresh.replace(target)


def _clear(folder: Path) -> None:
    """Remove a folder in which only folders are left."""
    for inner, _folders, _names in os.walk(folder, topdown=False):
        Path(inner).rmdir()


def _mode(target: Path, change: Change) -> None:
    """Give a file whose content is right the mode that the result wants."""
    if not target.is_symlink():
        target.chmod(_bits(target, change))


def _bits(like: Path, change: Change, *, is_new: bool = False) -> int:
    """The permissions for a file: those that it had, and execution as the result has it."""
    bits = stat.S_IMODE(like.stat().st_mode)
    unchanged = (
        change.before is not None
        and change.after is not None
        and change.before.mode == change.after.mode
    )
    if is_new or unchanged:
        return bits
    program = change.after is not None and change.after.mode == PROGRAM
    return bits | (bits & 0o444) >> 2 if program else bits & ~0o111


def _plain(entry: Entry | None) -> list[str] | None:
    return None if entry is None else [entry.mode, entry.id]


def _entry(data: list[str] | None) -> Entry | None:
    return None if data is None else Entry(*data)
