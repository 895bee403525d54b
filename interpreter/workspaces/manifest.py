"""What a folder holds: every file with its mode and a hash of its content, every link.

Git's own folders are left out, whatever level they are at, and so are folders without
files, devices and sockets: what is listed is what a merge can bring. It must not know what
the folder is for.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from blake3 import blake3

from ..workspace import FILE, LINK, PROGRAM, Change, Entry
from .places import is_hidden

_CHUNK = 1 << 20


def manifest(root: Path, hidden: tuple[str, ...]) -> dict[str, Entry]:
    """The files and links below a root, by path. Raises `OSError`."""
    found: dict[str, Entry] = {}
    for path in _paths(root, "", hidden):
        entry = entry_at(root / path)
        if entry is not None:
            found[path] = entry
    return found


def changes_between(old: dict[str, Entry], new: dict[str, Entry]) -> dict[str, Change]:
    """The paths that differ."""
    return {
        path: Change(old.get(path), new.get(path))
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    }


def entry_at(path: Path) -> Entry | None:
    """The entry of one file or link; None for nothing, and for all else."""
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISLNK(mode):
        return Entry(LINK, content_id(os.fsencode(path.readlink())))
    if not stat.S_ISREG(mode):
        return None
    digest = blake3()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return Entry(PROGRAM if mode & 0o100 else FILE, digest.hexdigest())


def content_id(data: bytes) -> str:
    """The id of some content: a hash, as `entry_at` makes it."""
    return str(blake3(data).hexdigest())


def _paths(root: Path, folder: str, hidden: tuple[str, ...]) -> Iterator[str]:
    with os.scandir(root / folder) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    for entry in listed:
        path = f"{folder}{entry.name}"
        if entry.name == ".git" or is_hidden(path, hidden):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _paths(root, f"{path}/", hidden)
        else:
            yield path
