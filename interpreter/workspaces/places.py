"""Where workspaces are: one private folder a fan-out, with names that are safe everywhere.

    <store>.workspaces/<run>/<fan-out>/{fork.json, .base, <branch>, .merged}

A file that is no repository lies at the top: git, called in a workspace that is not one,
finds it instead of the repository around, and stops. It must not know how files are copied.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attractorc.compiler.value import Json, encoded

from ..stores.owner_only import FILE_MODE, private_folder
from ..workspace import Fork, WorkspaceError

NOTE = "fork.json"
BASE = ".base"
MERGED = ".merged"
_NAME_LIMIT = 100
_DEFAULT_STORE = ".attractor/runs.db*"
_BARRIER = {".git": "gitdir: /dev/null\n", ".gitignore": "*\n"}


def component(text: str) -> str:
    """Any text as one part of a file's or a git branch's name; one for each text."""
    return _short("".join(encoded(char) for char in text) or "%")


def flat(stage: str) -> str:
    """A stage id as one part of a name: `/outer.1/b/inner.1` is `outer.1+b+inner.1`.

    Flat, because a branch's name in git cannot begin with another's.
    """
    return _short(stage.strip("/").replace("/", "+"))


def _short(name: str) -> str:
    if len(name) <= _NAME_LIMIT:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()
    return f"{name[: _NAME_LIMIT - 33].rstrip('.')}-{digest[:32]}"


def open_place(fork: Fork) -> None:
    """Make a fan-out's private folder, and the barrier at the top of all of them."""
    private_folder(fork.place)
    for name, text in _BARRIER.items():
        path = fork.place.parent.parent / name
        if not path.exists():
            path.write_text(text, "ascii")


def note(place: Path, **facts: Json) -> None:
    """Write down what has to be known to remove a fork; whole at any instant."""
    write_whole(place / NOTE, json.dumps({**noted(place), **facts}).encode())


def noted(place: Path) -> dict[str, Any]:
    """What was written down at a place; {} where nothing was."""
    try:
        found = json.loads((place / NOTE).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is whole and durable, or not there."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE_MODE)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(path)


def hidden(fork: Fork, root: Path) -> tuple[str, ...]:
    """The run's own files below a root, relative to it: no branch sees them or brings them.

    A name that ends in `*` stands for a store: for all files of which it is the beginning.
    """
    own = [(path, "") for path in fork.private]
    own += [(fork.place.parent.parent, "")]
    own += [] if fork.store is None else [(fork.store, "*")]
    found = {_DEFAULT_STORE}
    for path, mark in own:
        place = path.parent.resolve() / path.name
        if place != root and place.is_relative_to(root):
            found.add(f"{place.relative_to(root)}{mark}")
    return tuple(sorted(found))


def is_hidden(path: str, names: tuple[str, ...]) -> bool:
    """Whether a path is one of the run's own, or lies in one."""
    for name in names:
        store = name.endswith("*")
        stem = name[:-1] if store else name
        rest = path[len(stem) : len(stem) + 1]
        if path.startswith(stem) and rest in (("", "/", "-", ".") if store else ("", "/")):
            return True
    return False


def names_in(base: Mapping[str, Json]) -> tuple[str, ...]:
    """The hidden names of a base, as they stand in the journal."""
    found = base.get("hidden")
    return tuple(map(str, found)) if isinstance(found, list) else ()


def trouble(doing: str, error: OSError) -> WorkspaceError:
    """An operating system's refusal as one sentence."""
    where = f"'{os.fsdecode(error.filename)}': " if error.filename else ""
    return WorkspaceError(f"{doing}: {where}{(error.strerror or str(error)).lower()}")
