"""What records about fan-outs, branches, joins and merges do to the state.

The other half of `apply`: a fork is made when its fan-out starts, its branches come and
end, and it goes when control has passed its fan-in. It must not decide anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from attractorc.compiler.value import encoded

from ..joins import Tally
from ..outcome import End
from ..records import FanInDecision, ParallelLifecycle
from ..records.times import millis
from .model import BranchPhase, BranchState, Fork, Phase, State, Walker
from .queues import enqueue, withdraw_queues

UNSCOPED_KEYS = (
    "parallel.results",
    "parallel.branch_count",
    "parallel.success_count",
    "parallel.fail_count",
    "parallel.join_policy",
)
UNSCOPED_PREFIXES = ("parallel.branch.", "parallel.fan_in.")

TERMINAL = {
    "branch_completed": End.SUCCESS,
    "branch_failed": End.FAIL,
    "branch_skipped": End.SKIPPED,
    "branch_cancelled": End.CANCELLED,
    "branch_timed_out": End.TIMED_OUT,
}


def stage_of(record: ParallelLifecycle) -> str:
    """The stage id of the fan-out that a record is about."""
    return f"{record.path}/{encoded(record.node_id)}.{record.visit}"


def parallel(state: State, record: ParallelLifecycle) -> None:
    """Take a record of the parallel family into the state."""
    if record.kind == "started":
        _start(state, record)
        return
    fork = state.forks.get(stage_of(record))
    if fork is None:
        return
    if not state.walkers[fork.path].doomed:
        state.forks_ready[fork.stage] = None
    if record.kind == "join_decided":
        _decided(state, fork, record)
    elif record.kind == "completed":
        fork.left = True
        state.forks_ready.pop(fork.stage, None)
        walker = state.walkers[fork.path]
        walker.phase = Phase.RUNNING
        enqueue(state, walker)
    elif record.kind != "branch_retrying":
        assert record.branch_index is not None
        _branch(state, fork, fork.branches[record.branch_index], record)


def clear_results(walker: Walker) -> None:
    """Entering a fan-out: take away what an earlier visit of it left (semantics 3.2)."""
    own = f"parallel.{encoded(walker.node)}."
    walker.context.clear(UNSCOPED_KEYS, (*UNSCOPED_PREFIXES, own))


def _start(state: State, record: ParallelLifecycle) -> None:
    walker = state.walkers[record.path]
    stage = stage_of(record)
    branches = [
        BranchState(
            str(made["id"]),
            index,
            f"{stage}/{encoded(str(made['id']))}",
            str(made["head"]),
            bool(made["activated"]),
        )
        for index, made in enumerate(cast("list[Mapping[str, Any]]", record.branches))
    ]
    region = state.plan.regions[record.node_id]
    tally = Tally(
        region.policy,
        {branch.id: None if branch.activated else End.SKIPPED for branch in branches},
    )
    state.forks[stage] = Fork(
        region,
        stage,
        record.path,
        record.visit,
        branches,
        millis(record.timestamp),
        tally,
        open=len(branches),
        skips={branch.index: None for branch in branches if not branch.activated},
    )
    state.forks_ready[stage] = None
    walker.fork = stage
    walker.phase = Phase.FORKED
    withdraw_queues(state, walker)


def _branch(state: State, fork: Fork, branch: BranchState, record: ParallelLifecycle) -> None:
    if record.kind == "branch_started":
        parent = state.walkers[fork.path]
        arrived = branch.head == fork.region.join_at
        walker = Walker(
            branch.path,
            parent.context.fork(),
            branch.head,
            Phase.STOPPED if arrived else Phase.ENTER,
            parent_fork=fork.stage,
            branch_index=branch.index,
            outcome=parent.outcome,
            preferred_label=parent.preferred_label,
        )
        branch.phase = BranchPhase.RUNNING
        branch.started_at = millis(record.timestamp)
        branch.context = record.context or ""
        fork.running += 1
        fork.next_start = branch.index + 1
        state.walkers[branch.path] = walker
        enqueue(state, walker)
        return
    if branch.phase in (BranchPhase.RUNNING, BranchPhase.CANCELLING):
        fork.running -= 1
    branch.reason = record.reason or ""
    branch.terminal_stage = record.terminal_stage or branch.terminal_stage
    if record.kind == "branch_arrived":
        branch.phase = BranchPhase.ARRIVED
        withdraw_queues(state, state.walkers[branch.path])
        branch.arrival = End(record.status or "fail")
        branch.duration_ms = record.duration_ms or 0
        fork.arrived[branch.index] = None
        return
    branch.phase = BranchPhase.ENDED
    branch.head_turn = record.head_turn or ""
    branch.end = End(record.status) if record.status else TERMINAL[record.kind]
    branch.taken = branch.end not in (End.CANCELLED, End.SKIPPED)
    fork.arrived.pop(branch.index, None)
    fork.skips.pop(branch.index, None)
    if branch.taken and fork.join is None:
        fork.taken.append(branch.index)
        fork.tally.take(branch.id, branch.end)
    fork.open -= 1
    while fork.cursor < len(fork.branches) and fork.branches[fork.cursor].end is not None:
        fork.cursor += 1
    if branch.end is End.CANCELLED:
        branch.reason = branch.terminal_stage = ""  # how far it came is no result
        _forget_branch(state, branch)


def _decided(state: State, fork: Fork, record: ParallelLifecycle) -> None:
    fork.join = record.join
    fork.satisfied = bool(record.join["satisfied"])
    if fork.region.policy.losers == "drain":
        return
    for branch in fork.branches:
        if branch.phase is BranchPhase.RUNNING:
            branch.phase = BranchPhase.CANCELLING
            for walker in state.subtree(branch.path):
                _doom(state, walker)


def _doom(state: State, walker: Walker) -> None:
    walker.doomed = True
    withdraw_queues(state, walker)
    if walker.path not in state.running:
        walker.phase = Phase.STOPPED if walker.phase is not Phase.FORKED else walker.phase
    if walker.fork is not None:
        state.forks_ready.pop(walker.fork, None)


def wake_ancestors(state: State, walker: Walker) -> None:
    """Have the forks above look again, because an attempt that they wait for is over."""
    current: Walker | None = walker
    while current is not None and current.parent_fork is not None:
        fork = state.forks.get(current.parent_fork)
        if fork is None:
            return
        above = state.walkers.get(fork.path)
        if above is None or not above.doomed:
            state.forks_ready[fork.stage] = None
        current = above


def merged(state: State, walker: Walker, record: FanInDecision) -> None:
    """Keep the merge decision until the stage that carries it is committed."""
    fork = state.forks.get(walker.fork or "")
    if fork is not None:
        fork.decision = record


def leave(state: State, walker: Walker, left_from: str) -> None:
    """A walker has routed on: drop the fork that it does not carry to a fan-in any more."""
    if walker.fork is None:
        return
    fork = state.forks[walker.fork]
    carries = (
        left_from == fork.region.fan_out
        and fork.region.meeting == "fan_in"
        and walker.phase is Phase.ENTER
        and walker.node == fork.region.join_at
    )
    if not carries:
        walker.fork = None
        for branch in fork.branches:
            _forget_branch(state, branch)
        state.forks.pop(fork.stage, None)
        state.forks_ready.pop(fork.stage, None)


def _forget_branch(state: State, branch: BranchState) -> None:
    for walker in list(state.subtree(branch.path)):
        if walker.fork is not None:
            state.forks.pop(walker.fork, None)
            state.forks_ready.pop(walker.fork, None)
        withdraw_queues(state, walker)
        state.walkers.pop(walker.path, None)
