"""How branches are given up, and what of them is forgotten.

A loser or a late branch is doomed with all that is open below it, and ends once nothing in
it runs any longer. The other half of `forks`, apart because both a join and a timeout give
branches up. It must not know why.
"""

from __future__ import annotations

from ..records import ParallelLifecycle
from .model import BranchState, Fork, State
from .phases import BranchPhase, Phase
from .queues import enqueue, withdraw_queues
from .walker import Walker


def decided(state: State, fork: Fork, record: ParallelLifecycle) -> None:
    """The join is decided; unless they are drained, nobody wants the other branches."""
    fork.join = record.join
    fork.satisfied = bool(record.join["satisfied"])
    if fork.region.policy.losers == "drain":
        return
    for branch in fork.branches:
        if branch.end is None:
            give_up(state, fork, branch)


def join_timeout(state: State, fork: Fork, record: ParallelLifecycle) -> None:
    """The time of the whole fan-out is over, for all branches that have not arrived."""
    fork.late = True
    for branch in fork.branches:
        if branch.end is None and branch.arrival is None and not branch.late:
            branch.late = record.reason or record.kind
            give_up(state, fork, branch)


def give_up(state: State, fork: Fork, branch: BranchState) -> None:
    """Nobody wants what the branch would still bring; it ends once nothing in it runs."""
    if branch.phase is BranchPhase.RUNNING:
        branch.phase = BranchPhase.CANCELLING
        for walker in state.subtree(branch.path):
            doom(state, walker)
    _note_endable(state, fork, branch)


def cancel_run(state: State) -> None:
    """Nobody wants anything of the run any more."""
    state.cancelling = True
    for walker in state.walkers.values():
        doom(state, walker)
    state.forks_ready.clear()


def _note_endable(state: State, fork: Fork, branch: BranchState) -> None:
    if not any(walker.path in state.running for walker in state.subtree(branch.path)):
        fork.endable[branch.index] = None


def doom(state: State, walker: Walker) -> None:
    """Nobody wants what a walker would still do."""
    walker.doomed = True
    withdraw_queues(state, walker)
    if walker.path not in state.running:
        walker.phase = Phase.STOPPED if walker.phase is not Phase.FORKED else walker.phase
    if walker.fork is not None:
        state.forks_ready.pop(walker.fork, None)


def wake_ancestors(state: State, walker: Walker) -> None:
    """Have the forks above look again, because an attempt that they wait for is over."""
    current: Walker | None = walker
    while current is not None:
        if current.parent_fork is None:
            caller = None if current.caller is None else state.walkers.get(current.caller)
            if caller is not None:
                enqueue(state, caller)
            current = caller
            continue
        fork = state.forks.get(current.parent_fork)
        if fork is None:
            return
        above = state.walkers.get(fork.path)
        if above is None or not above.doomed:
            branch = fork.branches[current.branch_index]
            if branch.phase is BranchPhase.CANCELLING:
                _note_endable(state, fork, branch)
            state.forks_ready[fork.stage] = None
        current = above


def forget_branch(state: State, branch: BranchState) -> None:
    """Drop a branch's walker and all that is below it."""
    walker = state.walkers.get(branch.path)
    if walker is not None:
        forget_below(state, walker)
        withdraw_queues(state, walker)
        state.walkers.pop(branch.path, None)


def forget_below(state: State, top: Walker) -> None:
    """Drop what is open below a walker that goes no further."""
    for walker in list(state.subtree(top.path)):
        if walker.fork is not None:
            state.forks.pop(walker.fork, None)
            state.forks_ready.pop(walker.fork, None)
        withdraw_queues(state, walker)
        if walker is not top:
            state.walkers.pop(walker.path, None)
    top.fork = None
    top.child = None
