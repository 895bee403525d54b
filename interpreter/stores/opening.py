"""Which store a location means, and which location is meant when none is given.

Apart from the stores because only the front door asks. It must not know what is kept in
them.
"""

from __future__ import annotations

import os
from pathlib import Path

from ..ports import Store, StoreError

MEMORY = "memory:"
_PROJECT_MARKS = (".attractor", ".git", "pyproject.toml", "attractorc.toml")


def open_store(location: str, *, create: bool = True) -> Store:
    """The store at `memory:` or at a file's path; with `create` a missing file is made.

    Raises `StoreError` for a file that is no store, `NewerStore` for one that a newer
    program wrote.
    """
    if location == MEMORY:
        from .memory import MemoryStore

        return MemoryStore()
    if not location or "\0" in location:
        raise StoreError("the store's location is empty or no file name")
    from .sqlite import SqliteStore

    return SqliteStore(Path(location), create=create)


def default_location(cwd: Path) -> Path:
    """`.attractor/runs.db` beside the nearest project root, else in the user's state folder.

    A project root holds `.git`, `pyproject.toml`, `attractorc.toml` or an `.attractor`.
    """
    for folder in (cwd, *cwd.parents):
        if any((folder / mark).exists() for mark in _PROJECT_MARKS):
            return folder / ".attractor" / "runs.db"
    state = os.environ.get("XDG_STATE_HOME", "")
    # The XDG specification: a relative path in it is to be ignored.
    home = Path(state) if Path(state).is_absolute() else Path.home() / ".local" / "state"
    return home / "attractorc" / "runs.db"
