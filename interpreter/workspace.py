"""The port of workspaces: files of their own for the branches of a fan-out (semantics 7).

What is asked of an implementation and what it answers. All of it is plain data, because it
goes into the journal before anything acts on it. A port like the others, in a file of its
own because merges speak of files too. It must not know how files are copied or merged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from attractorc.compiler.policy import MergeFiles, OnConflict
from attractorc.compiler.value import Json

Kind: TypeAlias = Literal["copy", "worktree"]

FILE, PROGRAM, LINK, REPOSITORY = "100644", "100755", "120000", "160000"
"""The modes of an entry, as git writes them."""


GIT_PLACES = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_WORK_TREE",
)
"""Variables by which git, as in a hook, tells what it calls where its repository is."""


class WorkspaceError(Exception):
    """The world does not allow it; the message is one sentence for people."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One path of a tree: its mode, and an id that equal contents share."""

    mode: str
    id: str


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a path: None before is an added one, None after a deleted one."""

    before: Entry | None
    after: Entry | None


Changes: TypeAlias = Mapping[str, Change]
"""By path, relative to the root of the workspace, with `/`, in no order."""


@dataclass(frozen=True, slots=True)
class Fork:
    """Where a fan-out's workspaces are to be: all that an implementation needs to know.

    `parent` is the workspace that is forked, `place` the private folder for this visit of the
    fan-out, `name` a name for it that is safe in file and branch names. `private` are folders
    and files of the run itself, which no branch sees, and so are those of its `store`.
    """

    kind: Kind
    parent: Path
    place: Path
    name: str
    private: tuple[Path, ...] = ()
    store: Path | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """A branch's workspace at its end: the commit that holds it all, how many paths changed.

    `fault` says why it could not be kept, else ''.
    """

    commit: str = ""
    changed: int = 0
    fault: str = ""


@dataclass(frozen=True, slots=True)
class FileRule:
    """Whose files are brought back, and what settles a conflict. `winner` is a branch id."""

    files: MergeFiles
    on_conflict: OnConflict
    winner: str | None


@dataclass(frozen=True, slots=True)
class Contributor:
    """A branch whose end counts; `contributes`: its files take part in a merge of all.

    `commit` is what `close` gave, '' where a workspace knows no commits.
    """

    branch: str
    workspace: Mapping[str, Json]
    commit: str
    contributes: bool


@dataclass(frozen=True, slots=True)
class Merged:
    """What is to be brought back. `fault` is one sentence where nothing is, else ''.

    `files`, each, sorted by `path`: `change` (`added`, `modified`, `deleted`, or `none`),
    `writes` (`branch`, `state`), and where there was a conflict `conflict` (`reason`,
    `branches`, `resolved_by`). `changed` counts the paths that the result changes.
    """

    fault: str
    files: tuple[Json, ...]
    changed: int


@dataclass(frozen=True, slots=True)
class Leftover:
    """What one run left: its folder, how many workspaces are in it, how many bytes.

    `run_id` is the folder's name where the store does not know the run any more, and `ended` is
    empty. `removed` says whether it is gone, `stayed` what of it had to stay, in sentences.
    """

    run_id: str
    folder: str
    workspaces: int
    size_bytes: int
    ended: str
    removed: bool = False
    stayed: tuple[str, ...] = ()


class Workspaces(Protocol):
    """Makes workspaces and brings their files back. Every method may block, and may be
    called again after a crash, whatever the call before it left behind.

    They raise `WorkspaceError` only. `base` and `workspace` are what the methods above
    gave, as it stands in the journal: JSON objects with `kind` and `folder` at least.
    """

    def fork(self, fork: Fork) -> dict[str, Json]:
        """Freeze the parent as the base of all branches; the base."""
        ...

    def make(self, base: Mapping[str, Json], branch: str) -> dict[str, Json]:
        """A workspace for one branch, whose name is safe; what was there before goes."""
        ...

    def close(self, base: Mapping[str, Json], workspace: Mapping[str, Json]) -> Closed:
        """Keep all that a branch left in its workspace."""
        ...

    def merge(
        self, base: Mapping[str, Json], branches: Sequence[Contributor], rule: FileRule
    ) -> Merged:
        """Merge the files of branches in declared order; make the result complete, apart."""
        ...

    def apply(self, base: Mapping[str, Json]) -> None:
        """Bring the result of `merge` into the parent; doing so again changes nothing."""
        ...

    def remove(self, place: Path) -> tuple[str, ...]:
        """Remove what a fork left at a place; sentences about what had to stay."""
        ...
