"""What records about fan-outs, branches, joins and merges do to the state.

The other half of `apply`: a fork is made when its fan-out starts, its branches come and
end, and it goes when control has passed its fan-in. It must not decide anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from attractorc.compiler.value import encoded

from ..elements import elements, seen
from ..joins import Tally
from ..outcome import END_OF, End
from ..records import FanInDecision, ParallelLifecycle
from ..records.times import millis
from . import workspaces
from .endings import decided, forget_below, forget_branch, give_up, join_timeout
from .memory import Memory
from .model import BranchState, Fork, State
from .phases import BranchPhase, Phase
from .queues import brings_files, enqueue, withdraw_queues
from .walker import Walker, stage_id

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
    return stage_id(record.path, record.node_id, record.visit)


def parallel(state: State, record: ParallelLifecycle) -> None:
    """Take a record of the parallel family into the state."""
    if record.kind == "started":
        _start(state, record)
        return
    if record.kind in workspaces.KINDS:
        workspaces.taken(state, record)
        return
    fork = state.forks.get(stage_of(record))
    if fork is None:
        return
    if not state.walkers[fork.path].doomed:
        state.forks_ready[fork.stage] = None
    if record.kind == "join_decided":
        decided(state, fork, record)
    elif record.kind == "join_timeout":
        join_timeout(state, fork, record)
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
    region = walker.plan.regions[record.node_id]
    tally = Tally(
        region.policy,
        {branch.id: None if branch.activated else End.SKIPPED for branch in branches},
        vacuous=not branches,  # only a dynamic fan-out over nothing forks without branches
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
        elements=elements(record.collection) or (),
        decide=str(state.options.get("decide") or region.policy.decide),
        begun_ms=state.active_ms,
        base=walker.base,
    )
    walker.base = None
    state.forks_ready[stage] = None
    walker.fork = stage
    walker.phase = Phase.FORKED
    withdraw_queues(state, walker)


def _branch(state: State, fork: Fork, branch: BranchState, record: ParallelLifecycle) -> None:
    match record.kind:
        case "branch_started":
            _branch_started(state, fork, branch, record)
        case "branch_timeout":
            branch.late = record.reason or record.kind
            give_up(state, fork, branch)
        case "branch_arrived":
            _branch_arrived(state, fork, branch, record)
        case _:
            _branch_ended(state, fork, branch, record)


def _branch_started(
    state: State, fork: Fork, branch: BranchState, record: ParallelLifecycle
) -> None:
    parent = state.walkers[fork.path]
    arrived = branch.head == fork.region.join_at
    base = parent.context
    if fork.elements:
        base = seen(base, fork.elements[branch.index], len(fork.elements))
    walker = Walker(
        branch.path,
        base.fork(),
        branch.head,
        Phase.STOPPED if arrived else Phase.ENTER,
        parent_fork=fork.stage,
        branch_index=branch.index,
        outcome=parent.outcome,
        preferred_label=parent.preferred_label,
        plan=parent.plan,
        inputs=parent.inputs,
    )
    if parent.memory is not None:
        # Of a dynamic fan-out, the one branch edge is the template of all.
        edge = fork.region.branches[0 if fork.elements else branch.index]
        walker.memory = Memory(edge_fidelity=edge.fidelity or "", edge_thread=edge.thread_id or "")
    branch.phase = BranchPhase.RUNNING
    branch.started_at = millis(record.timestamp)
    branch.context = record.context or ""
    fork.running += 1
    state.walkers[branch.path] = walker
    _pass_started(fork)
    enqueue(state, walker)


def begin_branch(state: State, walker: Walker) -> None:
    """An attempt starts: from the first one in a branch on, the branch's time runs."""
    if walker.parent_fork is None:
        return
    fork = state.forks[walker.parent_fork]
    if fork.branches[walker.branch_index].begun_ms is None:
        fork.branches[walker.branch_index].begun_ms = state.active_ms


def _branch_arrived(
    state: State, fork: Fork, branch: BranchState, record: ParallelLifecycle
) -> None:
    _not_running(fork, branch)
    branch.reason = record.reason or ""
    branch.terminal_stage = record.terminal_stage or branch.terminal_stage
    branch.phase = BranchPhase.ARRIVED
    branch.arrival = END_OF[record.status or "fail"]
    branch.duration_ms = record.duration_ms or 0
    fork.arrived[branch.index] = None
    fork.endable.pop(branch.index, None)
    _pass_started(fork)
    walker = state.walkers.get(branch.path)
    if walker is not None:
        withdraw_queues(state, walker)
        if branch.late:
            forget_below(state, walker)


def _branch_ended(state: State, fork: Fork, branch: BranchState, record: ParallelLifecycle) -> None:
    _not_running(fork, branch)
    branch.reason = record.reason or ""
    branch.terminal_stage = record.terminal_stage or branch.terminal_stage
    branch.phase = BranchPhase.ENDED
    branch.head_turn = record.head_turn or ""
    branch.end = END_OF[record.status] if record.status else TERMINAL[record.kind]
    branch.taken = branch.end not in (End.CANCELLED, End.SKIPPED)
    if branch.taken:
        fork.counted += 1
        branch.position = fork.counted
    fork.arrived.pop(branch.index, None)
    fork.skips.pop(branch.index, None)
    fork.endable.pop(branch.index, None)
    _pass_started(fork)
    if branch.taken and fork.join is None:
        fork.taken.append(branch.index)
        fork.tally.take(branch.id, branch.end)
    fork.open -= 1
    while fork.cursor < len(fork.branches) and fork.branches[fork.cursor].end is not None:
        fork.cursor += 1
    if branch.end is End.CANCELLED:
        branch.reason = branch.terminal_stage = ""  # how far it came is in its record only
        forget_branch(state, branch)


def _not_running(fork: Fork, branch: BranchState) -> None:
    if branch.phase in (BranchPhase.RUNNING, BranchPhase.CANCELLING):
        fork.running -= 1


def _pass_started(fork: Fork) -> None:
    """Move on to the first branch that still waits for its start."""
    while (
        fork.next_start < len(fork.branches)
        and fork.branches[fork.next_start].phase is not BranchPhase.WAITING
    ):
        fork.next_start += 1


def merged(state: State, record: FanInDecision) -> None:
    """Keep the merge decision until the stage that carries it is committed."""
    walker = state.walkers[record.path]
    fork = state.forks.get(walker.fork or "")
    if fork is not None:
        fork.decision = record
        if brings_files(state, walker):
            state.running[walker.path] = None  # from now on files of its workspace may change
    enqueue(state, walker)


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
            forget_branch(state, branch)
        state.forks.pop(fork.stage, None)
        state.forks_ready.pop(fork.stage, None)
