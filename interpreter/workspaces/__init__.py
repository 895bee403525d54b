"""Workspaces of branches, on this machine: copies of a folder, and git worktrees.

One class for both kinds, because what is merged and how it is brought back is the same. It
must not know runs, nor who won.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from attractorc.compiler.value import Json

from ..merges.files import BranchFiles, entry_of, merge_files, readable, told, unapplied
from ..merges.lines import merge_lines
from ..workspace import (
    REPOSITORY,
    Change,
    Changes,
    Closed,
    Contributor,
    Entry,
    FileRule,
    Fork,
    Merged,
    WorkspaceError,
)
from .carrying import carry, refusal, write_result
from .copies import Copies
from .places import component, flat, noted
from .worktrees import Worktrees

__all__ = ["LocalWorkspaces", "component", "flat", "noted"]


class _Contents(Protocol):
    def read(self, entry: Entry) -> bytes: ...
    def write(self, data: bytes) -> str: ...
    def stage(self, folder: Path, changes: Changes) -> None: ...


class LocalWorkspaces:
    """The port `Workspaces`, on this machine's files."""

    def __init__(self) -> None:
        self._kinds: dict[str, Copies | Worktrees] = {"copy": Copies(), "worktree": Worktrees()}

    def fork(self, fork: Fork) -> dict[str, Json]:
        """Freeze the parent as the base of all branches; the base."""
        return self._kinds[fork.kind].fork(fork)

    def make(self, base: Mapping[str, Json], branch: str) -> dict[str, Json]:
        """A workspace for one branch; what was there before goes."""
        return self._of(base).make(base, branch)

    def close(self, base: Mapping[str, Json], workspace: Mapping[str, Json]) -> Closed:
        """Keep all that a branch left in its workspace; a fault is part of the answer."""
        try:
            return self._of(base).close(base, workspace)
        except WorkspaceError as error:
            return Closed(fault=str(error))

    def merge(
        self, base: Mapping[str, Json], branches: Sequence[Contributor], rule: FileRule
    ) -> Merged:
        """Merge the files of branches in declared order; make the result complete, apart."""
        kind = self._of(base)
        contents: _Contents = kind.contents(base, branches)
        changed = tuple(
            BranchFiles(each.branch, kind.changes(base, each), each.contributes)
            for each in branches
        )
        decided = merge_files(changed, rule, _combining(contents))
        conflicts = [each for each in decided if each.unresolved]
        fault = told(conflicts, rule)
        wanted = {each.path: Change(each.before, each.after) for each in decided if each.changes}
        if not fault:
            fault = _nested(wanted) or refusal(_root(base), wanted, self._looking(base))
        if fault:
            wanted, decided = {}, unapplied(decided)
        if wanted:
            write_result(Path(str(base["place"])), wanted, contents.stage)
        return Merged(fault, tuple(map(entry_of, decided)), len(wanted))

    def apply(self, base: Mapping[str, Json]) -> None:
        """Bring the result of `merge` into the parent; doing so again changes nothing."""
        root = _root(base)
        carry(root, Path(str(base["place"])), self._looking(base))
        # What stages work in stays a folder, also when nothing is left in it.
        (root / str(base.get("prefix", ""))).mkdir(parents=True, exist_ok=True)

    def remove(self, place: Path) -> tuple[str, ...]:
        """Remove what a fork left at a place; sentences about what had to stay."""
        return self._kinds[str(noted(place).get("kind", "copy"))].remove(place)

    def _of(self, base: Mapping[str, Json]) -> Copies | Worktrees:
        return self._kinds[str(base["kind"])]

    def _looking(
        self, base: Mapping[str, Json]
    ) -> Callable[[Sequence[str]], Mapping[str, Entry | None]]:
        return lambda paths: self._of(base).look(base, paths)


def _root(base: Mapping[str, Json]) -> Path:
    return Path(str(base["root"]))


def _combining(contents: _Contents) -> Callable[[str, Entry, Entry, Entry], str | None]:
    def combine(_path: str, base: Entry, ours: Entry, theirs: Entry) -> str | None:
        merged = merge_lines(contents.read(base), contents.read(ours), contents.read(theirs))
        return None if merged is None else contents.write(merged)

    return combine


def _nested(changes: Changes) -> str:
    """Why repositories inside a workspace cannot be brought back; '' if none was changed."""
    for path, change in sorted(changes.items()):
        if REPOSITORY in {each.mode for each in (change.before, change.after) if each is not None}:
            return (
                f"'{readable(path)}' is a repository of its own, which cannot be brought back; "
                "use merge_files=none, or workspace=copy"
            )
    return ""
