"""The terminal record of a branch: how it ended, and what it leaves behind (semantics 4).

Apart from `branches` and `given_up`, which both end branches. It must not know why one ends.
"""

from __future__ import annotations

from ..context import Written
from ..outcome import End
from ..records import ParallelLifecycle
from ..state import BranchState, Fork, State, Walker
from . import drafts
from .progress import reached

KINDS = {
    End.SUCCESS: "branch_completed",
    End.PARTIAL_SUCCESS: "branch_completed",
    End.FAIL: "branch_failed",
    End.SKIPPED: "branch_skipped",
    End.CANCELLED: "branch_cancelled",
    End.TIMED_OUT: "branch_timed_out",
}

BOOKKEEPING = ("outcome", "preferred_label", "current_node")


def terminal(state: State, fork: Fork, branch: BranchState, end: End) -> ParallelLifecycle:
    """The one terminal record of a branch."""
    walker = state.walkers.get(branch.path)
    kept = walker is not None and end is not End.CANCELLED
    own = spoken_writes(walker) if walker is not None and kept else {}
    score = own.get("score")
    stage, reason = (
        reached(branch, walker)
        if end is End.CANCELLED
        else (branch.terminal_stage if kept else "", branch.reason)
    )
    return drafts.parallel(
        fork,
        KINDS[end],
        branch_id=branch.id,
        branch_index=branch.index,
        branch_path=branch.path,
        target_node=branch.head,
        status=str(end),
        reason=reason or None,
        terminal_stage=stage or None,
        score=None if score is None else score.value,
        writes=sorted(own),
        duration_ms=branch.duration_ms or None,
        context=branch.context or None,
    )


def spoken_writes(walker: Walker) -> dict[str, Written]:
    """What the branch's stages wrote; the engine's own bookkeeping is nobody's result."""
    return {
        key: written
        for key, written in walker.context.own.items()
        if key not in BOOKKEEPING and not key.startswith("internal.")
    }
