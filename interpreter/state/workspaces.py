"""What records about the workspaces of branches do to the state.

Where a base or a workspace is, is known from its record only; a walker that waits for one
goes on when it comes. It must not know what a workspace is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from attractorc.compiler.value import encoded

from ..outcome import Status
from ..records import ParallelLifecycle
from .model import State
from .phases import Phase
from .queues import enqueue

KINDS = ("workspace_ready", "workspace_failed", "workspaces_closed")


def taken(state: State, record: ParallelLifecycle) -> None:
    """Take a record about workspaces into the state."""
    walker = state.walkers.get(record.path)
    if walker is None:
        return
    if record.kind == "workspace_ready" and record.branch_index is None:
        walker.base = record.workspace
        enqueue(state, walker)
        return
    fork = state.forks.get(f"{record.path}/{encoded(record.node_id)}.{record.visit}")
    if fork is None:
        return
    if record.kind == "workspaces_closed":
        fork.closed = True
        for one in cast("list[Mapping[str, Any]]", record.workspaces):
            fork.branches[int(one["index"])].closed = one
        enqueue(state, walker)
        return
    assert record.branch_index is not None
    branch = fork.branches[record.branch_index]
    inner = state.walkers.get(branch.path)
    if record.kind == "workspace_ready":
        branch.workspace = record.workspace
    if inner is None:
        return
    if record.kind == "workspace_failed":
        inner.phase = Phase.STOPPED
        inner.status = inner.outcome = Status.FAIL
        inner.reason = record.reason or ""
    enqueue(state, inner)
