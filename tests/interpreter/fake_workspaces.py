"""A fake of the port of workspaces: folders are texts by path, in memory.

It follows the port and shares only the pure merge with the real ones; one contract suite runs
over all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from attractorc.compiler.value import Json
from attractorc.interpreter.merges.files import (
    BranchFiles,
    entry_of,
    merge_files,
    told,
    unapplied,
)
from attractorc.interpreter.merges.lines import merge_lines
from attractorc.interpreter.workspace import (
    FILE,
    Change,
    Closed,
    Contributor,
    Entry,
    FileRule,
    Fork,
    Merged,
    WorkspaceError,
)


class FakeWorkspaces:
    """Workspaces in memory: `folders` maps a folder to its texts by path.

    `faults` holds what a method is to complain about, by its name; `called` is every call.
    """

    def __init__(self, files: Mapping[str, str] | None = None, parent: Path = Path()) -> None:
        self.folders: dict[str, dict[str, str]] = {str(parent): dict(files or {})}
        self.faults: dict[str, str] = {}
        self.called: list[str] = []
        self._results: dict[str, dict[str, Change]] = {}

    def _note(self, method: str) -> None:
        self.called.append(method)
        if method in self.faults:
            raise WorkspaceError(self.faults[method])

    def fork(self, fork: Fork) -> dict[str, Json]:
        self._note("fork")
        self.folders[f"{fork.place}/.base"] = dict(self.folders[str(fork.parent)])
        return {"kind": fork.kind, "root": str(fork.parent), "place": str(fork.place)}

    def make(self, base: Mapping[str, Json], branch: str) -> dict[str, Json]:
        self._note("make")
        folder = f"{base['place']}/{branch}"
        self.folders[folder] = dict(self.folders[f"{base['place']}/.base"])
        return {"kind": base["kind"], "folder": folder}

    def close(self, base: Mapping[str, Json], workspace: Mapping[str, Json]) -> Closed:
        try:
            self._note("close")
        except WorkspaceError as error:
            return Closed(fault=str(error))
        return Closed(changed=len(self._changes(base, str(workspace["folder"]))))

    def merge(
        self, base: Mapping[str, Json], branches: Sequence[Contributor], rule: FileRule
    ) -> Merged:
        self._note("merge")
        changed = [
            BranchFiles(
                each.branch,
                self._changes(base, str(each.workspace["folder"])),
                each.contributes,
            )
            for each in branches
        ]
        decided = merge_files(changed, rule, _combined)
        wanted = {each.path: Change(each.before, each.after) for each in decided if each.changes}
        fault = told([each for each in decided if each.unresolved], rule)
        fault = fault or self._refusal(base, wanted)
        if fault:
            wanted, decided = {}, unapplied(decided)
        self._results[str(base["place"])] = wanted
        return Merged(fault, tuple(map(entry_of, decided)), len(wanted))

    def apply(self, base: Mapping[str, Json]) -> None:
        self._note("apply")
        wanted = self._results[str(base["place"])]
        if fault := self._refusal(base, wanted):
            raise WorkspaceError(fault)
        parent = self.folders[str(base["root"])]
        for path, change in wanted.items():
            parent.pop(path, None)
            if change.after is not None:
                parent[path] = change.after.id

    def remove(self, place: Path) -> tuple[str, ...]:
        self._note("remove")
        for folder in [name for name in self.folders if name.startswith(f"{place}/")]:
            del self.folders[folder]
        return ()

    def _changes(self, base: Mapping[str, Json], folder: str) -> dict[str, Change]:
        old, new = self.folders[f"{base['place']}/.base"], self.folders[folder]
        return {
            path: Change(_text(old.get(path)), _text(new.get(path)))
            for path in sorted({*old, *new})
            if old.get(path) != new.get(path)
        }

    def _refusal(self, base: Mapping[str, Json], wanted: Mapping[str, Change]) -> str:
        parent = self.folders[str(base["root"])]
        wrong = [
            path
            for path, change in wanted.items()
            if _text(parent.get(path)) not in (change.before, change.after)
        ]
        return f"somebody changed '{wrong[0]}' while the branches ran" if wrong else ""


def _text(text: str | None) -> Entry | None:
    return None if text is None else Entry(FILE, text)


def _combined(_path: str, *entries: Entry) -> str | None:
    merged = merge_lines(*(each.id.encode() for each in entries))
    return None if merged is None else merged.decode()
