"""The branches of a fork as a merge sees them.

Apart from the fan-in, because whoever is asked for a winner is told of them too. It must
not know what is made of them.
"""

from __future__ import annotations

from ..merges import BranchResult
from ..state import Fork, State
from .terminals import spoken_writes


def results_of(state: State, fork: Fork) -> tuple[BranchResult, ...]:
    """Every branch of a fork that control has left, in declared order."""
    return tuple(_result(state, fork, index) for index in range(len(fork.branches)))


def _result(state: State, fork: Fork, index: int) -> BranchResult:
    branch = fork.branches[index]
    walker = state.walkers.get(branch.path)
    assert branch.end is not None
    return BranchResult(
        id=branch.id,
        path=branch.path,
        end=branch.end,
        taken=branch.taken,
        writes={} if walker is None else spoken_writes(walker),
        context=branch.context,
        terminal_turn=branch.head_turn,
        terminal_stage=branch.terminal_stage,
        reason=branch.reason,
        position=branch.position,
    )
