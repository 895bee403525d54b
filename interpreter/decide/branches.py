"""What a fork does next: take ends, decide the join, start branches, end losers, leave.

One step at a time, so that every prefix of a journal is a place to go on from. Pure;
which ends were taken and in which order is all that a decision depends on (semantics 5).
It must not know how branches are merged: that is `fan_in`.
"""

from __future__ import annotations

from attractorc.compiler.value import Json

from ..joins import Verdict
from ..outcome import End
from ..records import ParallelLifecycle
from ..state import BranchState, Fork, State
from ..state.phases import BranchPhase
from . import drafts
from .commands import Cancel, Command, Commit, Limits
from .given_up import given_up
from .terminals import terminal


def decide_fork(state: State, fork: Fork, limits: Limits) -> tuple[Command, ...]:
    """Commands for a fork in `State.forks_ready`; () if it must wait."""
    if fork.skips:
        skipped = [fork.branches[index] for index in fork.skips]
        return (Commit(tuple(terminal(state, fork, one, End.SKIPPED) for one in skipped)),)
    if fork.join is not None and fork.open == 0:
        return _leave(fork)
    if fork.endable:
        return (Commit(tuple(given_up(state, fork))),)
    if fork.join is None:
        # At its timeout a join takes the ends of all its branches before it is decided.
        if fork.tally.verdict.satisfied is not None and not (fork.late and fork.open):
            return _decide_join(state, fork)
        taken = _next_end(fork)
        if taken is not None:
            return (Commit((_taken(state, fork, taken),)),)
    elif fork.region.policy.losers == "cancel":
        return ()
    elif fork.arrived:
        drained = [_taken(state, fork, fork.branches[index]) for index in fork.arrived]
        return (Commit(tuple(drained)),)
    if limits.stopping or fork.late or fork.running >= fork.region.policy.max_parallel:
        return ()
    return _start_next(state, fork)


def _next_end(fork: Fork) -> BranchState | None:
    """The arrived branch whose end is to be taken next, None while it must be waited for."""
    if fork.decide == "arrival":
        return next((fork.branches[index] for index in fork.arrived), None)
    if fork.cursor >= len(fork.branches):
        return None
    branch = fork.branches[fork.cursor]
    return branch if branch.phase is BranchPhase.ARRIVED else None


def _taken(state: State, fork: Fork, branch: BranchState) -> ParallelLifecycle:
    assert branch.arrival is not None
    return terminal(state, fork, branch, branch.arrival)


def _start_next(state: State, fork: Fork) -> tuple[Command, ...]:
    if fork.next_start == len(fork.branches):
        return ()
    branch = fork.branches[fork.next_start]
    record = drafts.parallel(
        fork,
        "branch_started",
        branch_id=branch.id,
        branch_index=branch.index,
        branch_path=branch.path,
        branch_run_id=f"{state.run_id}:{branch.path}",
        target_node=branch.head,
    )
    return (Commit((record,)),)


def _decide_join(state: State, fork: Fork) -> tuple[Command, ...]:
    commit = Commit((_decision(fork, fork.tally.verdict),))
    if fork.region.policy.losers == "drain":
        return (commit,)
    losers = tuple(
        walker.path
        for branch in fork.branches
        if branch.phase is BranchPhase.RUNNING
        for walker in state.subtree(branch.path)
    )
    return (commit, Cancel(losers)) if losers else (commit,)


def _decision(fork: Fork, verdict: Verdict) -> ParallelLifecycle:
    policy = fork.region.policy
    taken: list[Json] = []
    for index in fork.taken:
        end = fork.branches[index].end
        assert end is not None
        taken.append({"branch": fork.branches[index].id, "end": str(end)})
    losers: list[Json] = [branch.id for branch in fork.branches if branch.end is None]
    counts = fork.tally.counts
    join: dict[str, Json] = {
        "policy": policy.join.text,
        "error_policy": policy.error_policy,
        "decide": fork.decide,
        "losers": policy.losers,
        "satisfied": bool(verdict.satisfied),
        "reason": verdict.reason,
        "taken": taken,
        "losers_of": losers,
        "counts": {
            "branches": len(fork.branches),
            "activated": counts.activated,
            "succeeded": counts.succeeded,
            "failed": counts.failed,
            "skipped": counts.skipped,
        },
    }
    return drafts.parallel(
        fork,
        "join_decided",
        status="success" if verdict.satisfied else "fail",
        reason=verdict.reason,
        join=join,
    )


def _leave(fork: Fork) -> tuple[Command, ...]:
    if fork.left:
        return ()
    status = fan_out_status(fork)
    succeeded = sum(branch.end is not None and branch.end.succeeded for branch in fork.branches)
    failed = sum(branch.end is not None and branch.end.failed for branch in fork.branches)
    return (
        Commit(
            (
                drafts.parallel(
                    fork,
                    "completed",
                    status=status,
                    branch_count=len(fork.branches),
                    success_count=succeeded,
                    fail_count=failed,
                ),
            )
        ),
    )


def fan_out_status(fork: Fork) -> str:
    """`success` if satisfied without a failed branch, `partial_success` with some, else `fail`."""
    if not fork.satisfied:
        return "fail"
    some = any(branch.end is not None and branch.end.failed for branch in fork.branches)
    return "partial_success" if some else "success"
