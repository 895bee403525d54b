"""Branches: of every fan-out, where each one is or how it ended.

It must not know why a join was decided: that is `joining` and `explanation`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from attractorc.compiler.value import Json, encoded

from ..outcome import End
from ..ports import Filter, Store
from ..records import ParallelLifecycle, StageLifecycle
from .reading import every, stage_id

TERMINAL = {
    "branch_completed": End.SUCCESS,
    "branch_failed": End.FAIL,
    "branch_skipped": End.SKIPPED,
    "branch_cancelled": End.CANCELLED,
    "branch_timed_out": End.TIMED_OUT,
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


def branches(store: Store, run_id: str, path: str | None = None) -> tuple[BranchEntry, ...]:
    """All branches, by fan-out in the order in which they started, in declared order.

    `path` is a prefix: of a branch, or of a fan-out's stage id.
    """
    found: dict[str, BranchEntry] = {}
    for record in every(store, run_id, ParallelLifecycle):
        if record.kind == "started":
            found.update((entry.path, entry) for entry in _declared(record))
        elif record.kind == "workspaces_closed":
            _count_files(record, found)
        elif record.branch_path in found:
            found[record.branch_path] = _after(found[record.branch_path], record)
    if any(entry.state == "running" for entry in found.values()):
        _place(store, run_id, found)
    prefix = (path or "").rstrip("/")
    return tuple(
        entry for entry in found.values() if not prefix or f"{entry.path}/".startswith(f"{prefix}/")
    )


def _declared(record: ParallelLifecycle) -> list[BranchEntry]:
    stage = stage_id(record.path, record.node_id, record.visit)
    made = cast("list[Mapping[str, Any]]", record.branches)
    return [
        BranchEntry(
            stage,
            record.node_id,
            record.visit,
            str(branch["id"]),
            index,
            f"{stage}/{encoded(str(branch['id']))}",
        )
        for index, branch in enumerate(made)
    ]


def _count_files(record: ParallelLifecycle, found: dict[str, BranchEntry]) -> None:
    stage = stage_id(record.path, record.node_id, record.visit)
    for left in cast("list[Mapping[str, Any]]", record.workspaces):
        path = f"{stage}/{encoded(str(left['branch']))}"
        if path in found and not left.get("fault"):
            found[path] = replace(found[path], files_changed=int(left["changed"]))


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
    end = TERMINAL.get(record.kind)
    if end is None:
        return entry
    return replace(
        entry,
        state="ended",
        end=record.status or end.value,
        stage=record.terminal_stage or entry.stage,
        reason=record.reason or entry.reason,
        score=record.score,
        writes=tuple(record.writes),
        duration_ms=entry.duration_ms if record.duration_ms is None else record.duration_ms,
        context=record.context or entry.context,
        head_turn=record.head_turn or "",
    )


def _place(store: Store, run_id: str, found: dict[str, BranchEntry]) -> None:
    """Fill in where running branches are."""
    for record in every(store, run_id, StageLifecycle, Filter(), kinds=("started",)):
        entry = found.get(record.path)
        if entry is not None and entry.state == "running":
            stage = stage_id(record.path, record.node_id, record.visit)
            found[record.path] = replace(entry, stage=stage, attempt=record.attempt)
