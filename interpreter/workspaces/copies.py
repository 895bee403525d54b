"""Workspaces that are copies of a folder: for files that are in no repository, or ignored by one.

The parent is copied once, when the fan-out starts, and every branch's copy is made from
that: all of them begin with the same files, and a merge has its base. Contents are shared
where the file system can do that. It must not know how files are merged.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from attractorc.compiler.value import Json

from ..workspace import Changes, Closed, Contributor, Entry, Fork, WorkspaceError
from .carrying import FOREIGN
from .manifest import changes_between, content_id, entry_at, manifest
from .places import BASE, hidden, is_hidden, names_in, note, open_place, trouble, write_whole

_LIST = "base.json"
_FICLONE = 0x40049409
_NO_CLONES = (errno.EOPNOTSUPP, errno.EXDEV, errno.EINVAL, errno.ENOTTY, errno.EPERM)


class Copies:
    """The workspaces of kind `copy`."""

    def fork(self, fork: Fork) -> dict[str, Json]:
        """Copy the parent, all of it but the run's own files, as the base of the branches."""
        root = fork.parent.resolve()
        if not root.is_dir():
            raise WorkspaceError(f"the workspace '{fork.parent}' is no folder that can be copied")
        names = hidden(fork, root)
        try:
            self.remove(fork.place)
            open_place(fork)
            note(fork.place, kind="copy")
            fresh = fork.place / f"{BASE}.new"
            _copy_folder(root, fresh, names)
            listed = {path: [each.mode, each.id] for path, each in manifest(fresh, names).items()}
            write_whole(fork.place / _LIST, json.dumps(listed, sort_keys=True).encode())
            fresh.replace(fork.place / BASE)
        except OSError as error:
            raise trouble(f"'{root}' cannot be copied for the branches", error) from error
        place = str(fork.place)
        return {"kind": "copy", "root": str(root), "place": place, "hidden": list(names)}

    def make(self, base: Mapping[str, Json], branch: str) -> dict[str, Json]:
        """A copy of the base for one branch."""
        place = Path(str(base["place"]))
        folder = place / branch
        try:
            _remove_folder(folder)
            _copy_folder(place / BASE, folder, ())
        except OSError as error:
            raise trouble("a workspace for the branch cannot be made", error) from error
        return {"kind": "copy", "folder": str(folder)}

    def close(self, base: Mapping[str, Json], workspace: Mapping[str, Json]) -> Closed:
        """Count what the branch changed; a copy keeps itself."""
        return Closed(changed=len(self._changes(base, Path(str(workspace["folder"])))))

    def changes(self, base: Mapping[str, Json], branch: Contributor) -> Changes:
        """What a branch changed since the fork."""
        return self._changes(base, Path(str(branch.workspace["folder"])))

    def contents(self, base: Mapping[str, Json], branches: Sequence[Contributor]) -> Contents:
        """Where the bytes of every entry of the base and of these branches are."""
        place = Path(str(base["place"]))
        folders = [Path(str(each.workspace["folder"])) for each in branches]
        return Contents(place, names_in(base), (place / BASE, *folders))

    def look(self, base: Mapping[str, Json], paths: Sequence[str]) -> dict[str, Entry | None]:
        """What is there in the parent now."""
        root = Path(str(base["root"]))
        found: dict[str, Entry | None] = {}
        for path in paths:
            entry = entry_at(root / path)
            there = os.path.lexists(root / path)
            found[path] = FOREIGN if entry is None and there else entry
        return found

    def remove(self, place: Path) -> tuple[str, ...]:
        """Remove everything at a fork's place."""
        _remove_folder(place)
        return ()

    def _changes(self, base: Mapping[str, Json], folder: Path) -> Changes:
        place = Path(str(base["place"]))
        try:
            listed = json.loads((place / _LIST).read_bytes())
            old = {path: Entry(*entry) for path, entry in listed.items()}
            return changes_between(old, manifest(folder, names_in(base)))
        except ValueError as error:
            raise WorkspaceError(f"'{place / _LIST}' is damaged") from error
        except OSError as error:
            raise trouble("the branch's files cannot be read", error) from error


class Contents:
    """The bytes of entries, found by their ids; merged texts are added to them."""

    def __init__(self, place: Path, names: tuple[str, ...], folders: Sequence[Path]) -> None:
        self._place = place
        self._made: dict[str, bytes] = {}
        self._files: dict[tuple[bool, str], Path] = {}
        self._names = names
        self._folders = folders

    def read(self, entry: Entry) -> bytes:
        """The bytes of a regular file's content."""
        if entry.id in self._made:
            return self._made[entry.id]
        return self._file(entry).read_bytes()

    def write(self, data: bytes) -> str:
        """Keep a merged text; its id."""
        made = content_id(data)
        self._made[made] = data
        return made

    def stage(self, folder: Path, changes: Changes) -> None:
        """Put the files that the changes lead to into a folder, under their paths."""
        for path, change in changes.items():
            if change.after is None:
                continue
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if change.after.id in self._made:
                target.write_bytes(self._made[change.after.id])
                target.chmod(0o755 if change.after.mode == "100755" else 0o644)
            else:
                _copy_file(self._file(change.after), target)

    def _file(self, entry: Entry) -> Path:
        if not self._files:
            for folder in reversed(self._folders):
                for path, each in manifest(folder, self._names).items():
                    self._files[_key(each)] = folder / path
        return self._files[_key(entry)]


def _key(entry: Entry) -> tuple[bool, str]:
    return entry.mode == "120000", entry.id


def _copy_folder(source: Path, target: Path, names: tuple[str, ...], inside: str = "") -> None:
    """Copy a folder with its times and permissions; links stay links, devices are left out.

    A `.git` that is a file leads to another repository's index, and is left out too.
    """
    target.mkdir(mode=0o700)
    with os.scandir(source) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    for entry in listed:
        path = f"{inside}{entry.name}"
        is_folder = entry.is_dir(follow_symlinks=False)
        if is_hidden(path, names) or (entry.name == ".git" and not is_folder):
            continue
        if is_folder:
            _copy_folder(Path(entry.path), target / entry.name, names, f"{path}/")
        elif entry.is_symlink() or entry.is_file(follow_symlinks=False):
            _copy_file(Path(entry.path), target / entry.name)
    shutil.copystat(source, target, follow_symlinks=False)
    target.chmod(stat.S_IMODE(target.stat().st_mode) | stat.S_IRWXU)


def _copy_file(source: Path, target: Path) -> None:
    if source.is_symlink():
        target.symlink_to(source.readlink())
        return
    if not _cloned(source, target):
        shutil.copyfile(source, target)
    shutil.copystat(source, target)


def _cloned(source: Path, target: Path) -> bool:
    """Share the content with the copy, where the file system can."""
    with source.open("rb") as given, target.open("wb") as taken:
        try:
            fcntl.ioctl(taken.fileno(), _FICLONE, given.fileno())
        except OSError as error:
            if error.errno in _NO_CLONES:
                return False
            raise
    return True


def _remove_folder(folder: Path) -> None:
    """Remove a folder and all in it, also what its owner may not write to."""
    if not os.path.lexists(folder):
        return
    for inner, folders, _names in os.walk(folder):
        for name in folders:
            path = Path(inner) / name
            if not path.is_symlink():
                path.chmod(0o700)
    shutil.rmtree(folder)
