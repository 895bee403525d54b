"""What a fork does next: take ends, decide the join, start branches, end losers, leave.

One step at a time, so that every prefix of a journal is a place to go on from. Pure;
which ends were taken and in which order is all that a decision depends on (semantics 5).
It must not know how branches are merged: that is `fan_in`.
"""

from __future__ import annotations

from collections.abc import Iterator

from attractorc.compiler.value import Json

from ..context import Written
from ..joins import Verdict
from ..outcome import End
from ..records import ParallelLifecycle, Record
from ..state import BranchState, Fork, State, Walker
from ..state.model import BranchPhase
from . import drafts
from .commands import Cancel, Command, Commit, Limits

KINDS = {
    End.SUCCESS: "branch_completed",
    End.PARTIAL_SUCCESS: "branch_completed",
    End.FAIL: "branch_failed",
    End.SKIPPED: "branch_skipped",
    End.CANCELLED: "branch_cancelled",
    End.TIMED_OUT: "branch_timed_out",
}

BOOKKEEPING = ("outcome", "preferred_label", "current_node")


def decide_fork(state: State, fork: Fork, limits: Limits) -> tuple[Command, ...]:
    """Commands for a fork in `State.forks_ready`; () if it must wait."""
    if fork.skips:
        skipped = [fork.branches[index] for index in fork.skips]
        return (Commit(tuple(_terminal(state, fork, one, End.SKIPPED) for one in skipped)),)
    if fork.join is None:
        if fork.tally.verdict.satisfied is not None:
            return _decide_join(state, fork)
        taken = _next_end(fork)
        if taken is not None:
            return (Commit((_taken(state, fork, taken),)),)
    elif fork.open == 0:
        return _leave(fork)
    elif fork.region.policy.losers == "cancel":
        return _end_losers(state, fork)
    elif fork.arrived:
        drained = [_taken(state, fork, fork.branches[index]) for index in fork.arrived]
        return (Commit(tuple(drained)),)
    if not limits.stopping and fork.running < fork.region.policy.max_parallel:
        return _start_next(state, fork)
    return ()


def _next_end(fork: Fork) -> BranchState | None:
    """The arrived branch whose end is to be taken next, None while it must be waited for."""
    if fork.region.policy.decide == "arrival":
        return next((fork.branches[index] for index in fork.arrived), None)
    if fork.cursor >= len(fork.branches):
        return None
    branch = fork.branches[fork.cursor]
    return branch if branch.phase is BranchPhase.ARRIVED else None


def _taken(state: State, fork: Fork, branch: BranchState) -> ParallelLifecycle:
    assert branch.arrival is not None
    return _terminal(state, fork, branch, branch.arrival)


def _terminal(state: State, fork: Fork, branch: BranchState, end: End) -> ParallelLifecycle:
    walker = state.walkers.get(branch.path)
    kept = walker is not None and end is not End.CANCELLED
    own = spoken_writes(walker) if walker is not None and kept else {}
    score = own.get("score")
    return drafts.parallel(
        fork,
        KINDS[end],
        branch_id=branch.id,
        branch_index=branch.index,
        branch_path=branch.path,
        target_node=branch.head,
        status=end.value,
        reason=branch.reason or None,
        terminal_stage=branch.terminal_stage or None if kept else None,
        score=None if score is None else score.value,
        writes=sorted(own),
        duration_ms=branch.duration_ms or None,
        context=branch.context or None,
    )


def _start_next(state: State, fork: Fork) -> tuple[Command, ...]:
    index = fork.next_start
    while index < len(fork.branches) and fork.branches[index].phase is not BranchPhase.WAITING:
        index += 1
    if index == len(fork.branches):
        return ()
    branch = fork.branches[index]
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
        taken.append({"branch": fork.branches[index].id, "end": end.value})
    losers: list[Json] = [branch.id for branch in fork.branches if branch.end is None]
    counts = fork.tally.counts
    join: dict[str, Json] = {
        "policy": policy.join.text,
        "error_policy": policy.error_policy,
        "decide": policy.decide,
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


def _end_losers(state: State, fork: Fork) -> tuple[Command, ...]:
    """The terminal records of losers with nothing left running; the others are waited for."""
    records: list[Record] = []
    for branch in fork.branches:
        if branch.end is None and not any(
            walker.path in state.running for walker in state.subtree(branch.path)
        ):
            records.extend(_cancelled(state, fork, branch))
    return (Commit(tuple(records)),) if records else ()


def _cancelled(state: State, fork: Fork, branch: BranchState) -> Iterator[Record]:
    """The terminal records of a loser and of all that is open below it, innermost first."""
    for walker in reversed(list(state.subtree(branch.path))):
        inner = None if walker.fork is None else state.forks.get(walker.fork)
        if inner is not None:
            for one in inner.branches:
                if one.end is None:
                    yield _terminal(state, inner, one, End.CANCELLED)
        for question, path in state.questions.items():
            if path == walker.path:
                yield drafts.withdrawn(walker, question)
    yield _terminal(state, fork, branch, End.CANCELLED)


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


def spoken_writes(walker: Walker) -> dict[str, Written]:
    """What the branch's stages wrote; the engine's own bookkeeping is nobody's result."""
    return {
        key: written
        for key, written in walker.context.own.items()
        if key not in BOOKKEEPING and not key.startswith("internal.")
    }
