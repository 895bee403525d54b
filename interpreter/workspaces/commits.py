"""All files of a git work tree as one commit, and what differs between two commits.

The index of the work tree is read and never written: another one stands in for it. Commits
have a fixed author, and the date of the commit that they start from, so that equal files
make equal ones. It must not know what the commits are for.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

from ..workspace import Change, Changes, Entry
from .git import git, holds, line
from .places import is_hidden, trouble

_AUTHOR = "attractorc"
_EMAIL = "attractorc@localhost"
_ABSENT = "000000"


def whole_commit(
    top: Path, place: Path, names: tuple[str, ...], told: str, within: str = ""
) -> str:
    """A commit that holds all files of a work tree: HEAD if it does, else a new one on it."""
    head = ""
    if holds(top, "rev-parse", "--verify", "--quiet", "HEAD^{commit}"):
        head = line(top, "rev-parse", "HEAD^{commit}")
    parent = head or within
    index = place / f".index-{threading.get_ident()}"
    try:
        own = Path(line(top, "rev-parse", "--path-format=absolute", "--git-path", "index"))
        if own.exists():
            shutil.copyfile(own, index)
        else:
            git(top, "read-tree", parent, index=index)
        _take_in(top, index, names)
        tree = line(top, "write-tree", index=index)
    except OSError as error:
        raise trouble("the repository's index cannot be read", error) from error
    finally:
        index.unlink(missing_ok=True)
        index.with_name(f"{index.name}.lock").unlink(missing_ok=True)
    if head and tree == line(top, "rev-parse", f"{head}^{{tree}}"):
        return head
    seconds = line(top, "show", "--no-patch", "--format=%ct", within or parent)
    return _commit(top, tree, parent, f"attractorc: {told}", f"{seconds} +0000")


def changes_between(root: Path, old: str, new: str, names: tuple[str, ...]) -> dict[str, Change]:
    """The paths in which two commits differ, without the run's own."""
    raw = git(root, "diff-tree", "-r", "-z", "--raw", "--no-renames", old, new)
    found: dict[str, Change] = {}
    parts = iter(raw.split(b"\0"))
    for head in parts:
        if not head:
            continue
        path = os.fsdecode(next(parts))
        before, after, old_id, new_id, _status = head.decode("ascii").lstrip(":").split(" ")
        if not is_hidden(path, names):
            found[path] = Change(_entry(before, old_id), _entry(after, new_id))
    return found


def _entry(mode: str, made: str) -> Entry | None:
    return None if mode == _ABSENT else Entry(mode, made)


class Objects:
    """Contents as git's objects."""

    def __init__(self, root: Path, place: Path) -> None:
        self._root = root
        self._place = place

    def read(self, entry: Entry) -> bytes:
        """The bytes of a regular file's content, as git keeps them."""
        return git(self._root, "cat-file", "blob", entry.id)

    def write(self, data: bytes) -> str:
        """Keep a merged text; its id."""
        return os.fsdecode(git(self._root, "hash-object", "-w", "--stdin", given=data).strip())

    def stage(self, folder: Path, changes: Changes) -> None:
        """Check the files that the changes lead to out into a folder, under their paths."""
        index = self._place / ".index-merged"
        index.unlink(missing_ok=True)
        lines = [
            os.fsencode(f"{change.after.mode} {change.after.id}\t{path}") + b"\0"
            for path, change in changes.items()
            if change.after is not None
        ]
        try:
            given = b"".join(lines)
            git(self._root, "update-index", "-z", "--index-info", given=given, index=index)
            out = ("checkout-index", "--all", "--force", "--quiet", f"--prefix={folder}/")
            git(self._root, *out, index=index)
        finally:
            index.unlink(missing_ok=True)


def _commit(top: Path, tree: str, parent: str, message: str, date: str) -> str:
    who = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", _AUTHOR), ("EMAIL", _EMAIL), ("DATE", date))
    }
    made = git(
        top, "commit-tree", "--no-gpg-sign", "-p", parent, "-m", message, tree, environment=who
    )
    return os.fsdecode(made).strip()


def _take_in(top: Path, index: Path, names: tuple[str, ...]) -> None:
    """Bring an index up to the files, as `git add --all` would, but for the run's own files.

    Not by that command: with paths to leave out it fails where those are ignored anyway.
    """
    gone = _listed(top, index, names, "--deleted")
    git(top, "update-index", "--force-remove", "-z", "--stdin", index=index, given=_joined(gone))
    found = _listed(top, index, names, "--others", "--modified", "--exclude-standard")
    # What lies behind a link goes when the link takes its folder's place.
    there = [path for path in found if not _is_behind_link(top, os.fsdecode(path))]
    how = ("--add", "--remove", "--replace", "-z", "--stdin")
    git(top, "update-index", *how, index=index, given=_joined(there))


def _listed(top: Path, index: Path, names: tuple[str, ...], *which: str) -> list[bytes]:
    paths = git(top, "ls-files", "-z", *which, index=index).split(b"\0")
    # A repository inside is listed with a slash at its end, and taken in as its commit.
    found = {path.removesuffix(b"/") for path in paths if path}
    return sorted(path for path in found if not is_hidden(os.fsdecode(path), names))


def _joined(paths: Sequence[bytes]) -> bytes:
    return b"".join(path + b"\0" for path in paths)


def _is_behind_link(top: Path, path: str) -> bool:
    parts = path.split("/")
    return any((top / "/".join(parts[:count])).is_symlink() for count in range(1, len(parts)))
