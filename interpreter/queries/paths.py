"""Paths of walkers taken apart: which are branches, which are child pipelines (semantics 1, 2).

A path is made of `<fan-out>.<visit>/<branch>` for a branch and `<stage>.<visit>` for the
pipeline of a stage, with `@<n>` after its first attempt. Names hold no dot there, so the two
are told apart by that. It must not know records.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote


@dataclass(frozen=True, slots=True)
class Level:
    """One step down from a pipeline's trunk: a branch of a fan-out, or a stage's pipeline.

    `node` is the fan-out or the stage, `branch` None for a pipeline; `path` leads here.
    """

    path: str
    node: str
    branch: str | None


def levels(path: str) -> tuple[Level, ...]:
    """The levels of a path from the trunk down; () for the trunk itself."""
    found: list[Level] = []
    parts = path.split("/")[1:]
    place, index = "", 0
    while index < len(parts):
        stage = parts[index]
        node = unquote(stage.rpartition(".")[0])
        follows = parts[index + 1] if index + 1 < len(parts) else "."
        if "." in follows:
            place, index = f"{place}/{stage}", index + 1
            found.append(Level(place, node, None))
        else:
            place, index = f"{place}/{stage}/{follows}", index + 2
            found.append(Level(place, node, unquote(follows)))
    return tuple(found)


def callers(path: str) -> tuple[str, ...]:
    """The stages whose pipelines a path lies in, outermost first, by node."""
    if not path:
        return ()
    return tuple(level.node for level in levels(path) if level.branch is None)


def qualified(path: str, node: str) -> str:
    """A node's id, after those of the stages whose pipelines it lies in: `review/lint`."""
    return "/".join((*callers(path), node)) if path else node


def above(path: str) -> tuple[str, bool]:
    """The path of the walker above, and whether that one runs this as a pipeline; not ''."""
    *_, last = levels(path)
    outer = path.rsplit("/", 1 if last.branch is None else 2)[0]
    return outer, last.branch is None
