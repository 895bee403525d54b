"""Branches: of every fan-out, where each one is or how it ended.

Each branch is looked up by its path, so that a page costs the same in every run. It must not
know why a join was decided: that is `joining` and `explanation`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import unquote

from attractorc.compiler.value import Json

from ..outcome import End
from ..ports import Filter, Store
from ..records import ParallelLifecycle, StageLifecycle
from .forks import (
    branch_of,
    branch_path,
    first_words,
    fork_stage,
    fork_start,
    last_words,
    start_of,
    started_at,
)
from .pages import Cursor, Page, parts_of
from .reading import DECODED, every, stage_id, turn_glance, turn_record, turns
from .writes import last_attempt

_FEW = 8
_BEGUN = ("branch_started", "workspace_ready")
LOOKED_UP = 150
"""How many branches a page looks up at most to find those of a status."""
ENDED_BY = {
    End.SUCCESS.value: "branch_completed",
    End.PARTIAL_SUCCESS.value: "branch_completed",
    End.FAIL.value: "branch_failed",
    End.SKIPPED.value: "branch_skipped",
    End.CANCELLED.value: "branch_cancelled",
    End.TIMED_OUT.value: "branch_timed_out",
}


@dataclass(frozen=True, slots=True)
class BranchEntry:
    """One branch of one visit of a fan-out.

    `state` is `waiting`, `running`, `arrived` (stopped, its end not taken yet) or `ended`;
    `end` is set then. `stage` and `attempt` are where it is, or where it ended. `fan_out`
    is the fan-out's stage id. Durations are whole milliseconds. `workspace` is the folder of
    a branch that has files of its own, `git_branch` the branch that it is on, `files_changed`
    how many it had changed at its end.
    """

    fan_out: str
    node_id: str
    visit: int
    branch_id: str
    index: int
    path: str
    state: str = "waiting"
    end: str = ""
    stage: str = ""
    attempt: int | None = None
    reason: str = ""
    score: Json = None
    writes: tuple[str, ...] = ()
    started: str = ""
    duration_ms: int | None = None
    context: str = ""
    head_turn: str = ""
    workspace: str = ""
    git_branch: str = ""
    files_changed: int | None = None


def branches(
    store: Store,
    run_id: str,
    where: Filter | None = None,
    after: Cursor = "",
    limit: int = 256,
    *,
    status: str | None = None,
) -> Page[BranchEntry]:
    """A page of branches, by fan-out in the order of their starts, in declared order.

    `where` names the fan-out's node, a branch's id, or a path: of a branch, or a fan-out's
    stage id. `status` is a state or an end; branches with an end are in the order of ending.
    """
    asked = where or Filter()
    if status in ENDED_BY:
        return _with_end(store, run_id, asked, after, limit, str(status))
    looked = _Looked(store, run_id, asked, status, limit)
    return looked.page(parts_of(after, 2))


def _with_end(
    store: Store, run_id: str, asked: Filter, after: Cursor, limit: int, status: str
) -> Page[BranchEntry]:
    kind = ENDED_BY[status]
    wanted = replace(asked, types=(ParallelLifecycle.TYPE,), kinds=(kind,))
    (start, *_), found = parts_of(after, 2), list[BranchEntry]()
    window = max(limit, DECODED)
    look = store.search(run_id, wanted, start, window)
    for turn in look.turns:
        if len(found) >= limit:
            return Page(found, start)
        record = turn_record(store, turn)
        assert isinstance(record, ParallelLifecycle)
        start = record.sequence_no
        wished = asked.branch in (None, record.branch_id)
        if wished and status == (record.status or _end_of(kind)):
            entry = _declared(record, record.branch_id or "", record.branch_index or 0)
            found.append(_looked_up(store, run_id, entry))
    return Page(_counted(store, run_id, found), look.more)


class _Looked:
    """One page in the making: branches that are looked up one by one, so many at most."""

    def __init__(
        self, store: Store, run_id: str, asked: Filter, status: str | None, limit: int
    ) -> None:
        self._store = store
        self._run_id = run_id
        self._asked = asked
        self._status = status
        self._limit = limit
        self._most = max(limit, LOOKED_UP)
        self._more: Cursor = ""
        self._examined = 0
        self._found: list[BranchEntry] = []
        self._prefix = (asked.path or "").rstrip("/")

    def page(self, place: tuple[int, ...]) -> Page[BranchEntry]:
        """The branches behind a place: within a fan-out that started there, then further on."""
        start = place[0]
        if len(place) == 2:
            if not self._take_from(start, place[1] + 1):
                return self._full()
        elif self._prefix and (fork := self._named()) is not None and fork.sequence_no > start:
            start = fork.sequence_no
            if not self._take_from(start, 0):
                return self._full()
        wanted = Filter(
            self._asked.node_id,
            self._prefix or None,
            types=(ParallelLifecycle.TYPE,),
            kinds=("started",),
        )
        look = self._store.search(self._run_id, wanted, start, DECODED)
        for turn in look.turns:
            if not self._take(fork_start(turn, self._enough(0)), 0):
                return self._full()
        return Page(self._counted(), look.more)

    def _named(self) -> ParallelLifecycle | None:
        """The fan-out that the path names, or whose branch it names; what is below it is not."""
        last = self._prefix.rpartition("/")[2]
        stage = self._prefix if "." in last else branch_of(self._prefix)[0]
        fork = start_of(self._store, self._run_id, stage) if stage else None
        wished = fork is not None and self._asked.node_id in (None, fork.node_id)
        return fork if wished else None

    def _take_from(self, number: int, first: int) -> bool:
        fork = started_at(self._store, self._run_id, number, self._enough(first))
        return fork is None or self._take(fork, first)

    def _enough(self, first: int) -> int:
        """How many branches of a fan-out have to be read for a page from one on."""
        picks = self._asked.branch is not None or bool(self._prefix)
        return sys.maxsize if picks else first + self._most + 1

    def _take(self, fork: ParallelLifecycle, first: int) -> bool:
        """Look at a fan-out's branches; False where the page ends before they do."""
        within = self._prefix.removeprefix(f"{fork_stage(fork)}/")
        only = unquote(within) if within != self._prefix else self._asked.branch
        made = cast("list[Mapping[str, Any]]", fork.branches)
        for index in range(first, len(made)):
            name = str(made[index]["id"])
            if only not in (None, name) or self._asked.branch not in (None, name):
                continue
            if len(self._found) >= self._limit or self._examined >= self._most:
                self._more = f"{fork.sequence_no}.{index - 1}" if index else fork.sequence_no - 1
                return False
            self._examined += 1
            seen = _looked_up(self._store, self._run_id, _declared(fork, name, index))
            if self._status in (None, seen.state):
                self._found.append(seen)
        return True

    def _full(self) -> Page[BranchEntry]:
        return Page(self._counted(), self._more)

    def _counted(self) -> list[BranchEntry]:
        return _counted(self._store, self._run_id, self._found)


def _declared(record: ParallelLifecycle, branch_id: str, index: int) -> BranchEntry:
    stage = fork_stage(record)
    path = branch_path(stage, branch_id)
    return BranchEntry(stage, record.node_id, record.visit, branch_id, index, path)


def _looked_up(store: Store, run_id: str, entry: BranchEntry) -> BranchEntry:
    """The branch with all that its records say: its first ones, and its last."""
    last = list(last_words(store, run_id, entry.path))[::-1]
    for record in (*first_words(store, run_id, entry.path), *last):
        if record.kind in (*_BEGUN, *ParallelLifecycle.ENDS, "branch_arrived"):
            entry = _after(entry, record)
    return _placed(store, run_id, entry) if entry.state == "running" else entry


def _after(entry: BranchEntry, record: ParallelLifecycle) -> BranchEntry:
    if record.kind == "workspace_ready":
        folder, on = record.workspace.get("folder", ""), record.workspace.get("branch", "")
        return replace(entry, workspace=str(folder), git_branch=str(on))
    if record.kind == "branch_started":
        return replace(
            entry, state="running", started=record.timestamp, context=record.context or ""
        )
    if record.kind == "branch_arrived":
        return replace(
            entry,
            state="arrived",
            stage=record.terminal_stage or "",
            reason=record.reason or "",
            duration_ms=record.duration_ms,
        )
    return replace(
        entry,
        state="ended",
        end=record.status or _end_of(record.kind),
        stage=record.terminal_stage or entry.stage,
        reason=record.reason or entry.reason,
        score=record.score,
        writes=tuple(record.writes),
        duration_ms=entry.duration_ms if record.duration_ms is None else record.duration_ms,
        context=record.context or entry.context,
        head_turn=record.head_turn or "",
    )


def _end_of(kind: str) -> str:
    return next(end for end, ended_by in ENDED_BY.items() if ended_by == kind)


def _placed(store: Store, run_id: str, entry: BranchEntry) -> BranchEntry:
    """A running branch with the stage that it is at: the newest that started, here or deeper.

    While something deeper is the newest, the branch stands at the stage that it lies in.
    """
    for turn in turns(store, run_id, Filter(path=entry.path), newest_first=True, at_once=_FEW):
        record = turn_glance(turn, left_out=("context_updates",))
        if not isinstance(record, StageLifecycle) or record.kind != "started":
            continue
        if record.path == entry.path:
            stage = stage_id(record.path, record.node_id, record.visit)
            return replace(entry, stage=stage, attempt=record.attempt)
        within = record.path[len(entry.path) + 1 :].partition("/")[0].partition("@")[0]
        stage = f"{entry.path}/{within}"
        return replace(entry, stage=stage, attempt=last_attempt(store, run_id, stage))
    return entry


def _counted(store: Store, run_id: str, found: list[BranchEntry]) -> list[BranchEntry]:
    """The branches with how many files each had changed, where they have their own."""
    changed = {
        path: count
        for stage in dict.fromkeys(entry.fan_out for entry in found if entry.workspace)
        for path, count in _files_changed(store, run_id, stage)
    }
    return [
        replace(entry, files_changed=changed[entry.path]) if entry.path in changed else entry
        for entry in found
    ]


def _files_changed(store: Store, run_id: str, stage: str) -> Iterator[tuple[str, int]]:
    path = stage.rpartition("/")[0]
    for record in every(
        store, run_id, ParallelLifecycle, Filter(path=path or None), kinds=("workspaces_closed",)
    ):
        if fork_stage(record) != stage:
            continue
        for left in cast("list[Mapping[str, Any]]", record.workspaces):
            if not left.get("fault"):
                yield branch_path(stage, str(left["branch"])), int(left["changed"])
        return
