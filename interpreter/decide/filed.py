"""What came of file work, as records; the entrance of the machine for workspaces.

Apart from `settle`, because what a merge of files leads to is the fan-in's business. Pure. It
must not know how the work was done.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from attractorc.compiler.plan.model import FanIn
from attractorc.compiler.value import Json

from ..outcome import failed
from ..records import FanInDecision, ParallelLifecycle, Record, StageLifecycle
from ..state import Fork, State, Walker
from ..workspace import Closed, Merged, WorkspaceError
from . import drafts, fan_in, workspaces
from .commands import FileWork, Limits


def filed(state: State, work: FileWork, answer: object) -> tuple[Record, ...]:
    """Records for the answer of the port: what it gave, or the `WorkspaceError` that it raised."""
    walker = state.walkers.get(work.path)
    if walker is None:
        return ()
    if walker.doomed:
        return workspaces.gone_without(state, walker)
    match work.task:
        case "fork":
            return _forked(state, walker, answer)
        case "make":
            return _made(state, walker, answer)
        case "close" | "merge" | "apply":
            fork = state.forks.get(walker.fork or "")
            return () if fork is None else _left(state, walker, fork, work, answer)


def answer_in(work: FileWork, record: Record) -> object | None:
    """The answer that a record tells of, if it can be one about this work; for a replay."""
    if getattr(record, "path", None) not in (work.path, _above(work.path)):
        return None
    match work.task, record:
        case "fork", StageLifecycle(kind="failed"):
            return WorkspaceError((record.failure_reason or "").partition(": ")[2])
        case (("fork" | "make"), ParallelLifecycle(kind="workspace_ready")):
            return record.workspace
        case "make", ParallelLifecycle(kind="workspace_failed"):
            return WorkspaceError(record.reason or "")
        case "close", ParallelLifecycle(kind="workspaces_closed"):
            found = cast("list[Mapping[str, Any]]", record.workspaces)
            return {str(one["branch"]): workspaces.closed_in(one) for one in found}
        case "merge", FanInDecision():
            return workspaces.merged_in(record)
        case _:
            return None


def _above(path: str) -> str:
    """The path of the fan-out that a branch's path is of."""
    return path.rpartition("/")[0].rpartition("/")[0]


def _forked(state: State, walker: Walker, answer: object) -> tuple[Record, ...]:
    if isinstance(answer, WorkspaceError):
        reason = f"the branches of '{walker.node}' cannot have workspaces of their own: {answer}"
        outcome = failed(reason, permanent=True, source="engine")
        return (drafts.committed(state, walker, outcome),)
    return (workspaces.forked(walker, cast("Mapping[str, Json]", answer)),)


def _made(state: State, walker: Walker, answer: object) -> tuple[Record, ...]:
    fork = state.own_fork(walker)
    assert fork is not None
    branch = fork.branches[walker.branch_index]
    if isinstance(answer, WorkspaceError):
        return (workspaces.not_made(fork, branch, str(answer)),)
    return (workspaces.made(fork, branch, cast("Mapping[str, Json]", answer)),)


def _left(
    state: State, walker: Walker, fork: Fork, work: FileWork, answer: object
) -> tuple[Record, ...]:
    if work.task == "close":
        return (workspaces.closed(fork, cast("Mapping[str, Closed]", answer)),)
    if work.task == "merge":
        merged = Merged(str(answer), (), 0) if isinstance(answer, WorkspaceError) else answer
        draft = fan_in.decision_of(state, walker, fork, Limits())
        assert isinstance(draft, FanInDecision), "files are merged when the winner is known"
        return (workspaces.with_files(fork, draft, cast("Merged", merged)),)
    if isinstance(answer, WorkspaceError):
        outcome = failed(str(answer), permanent=True, source="engine")
        return (drafts.committed(state, walker, outcome),)
    assert fork.decision is not None
    if isinstance(walker.step.work, FanIn):
        return (fan_in.fan_in_end(state, walker, fork.decision),)
    return (fan_in.fan_out_end(state, walker, fork),)
