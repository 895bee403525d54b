"""How far a branch came that is not needed any more: for its record, never for a decision.

Apart from `branches`, because nothing that is decided may rest on it: how far a loser came
depends on the machine (semantics 8). It must not know joins.
"""

from __future__ import annotations

from ..state import BranchState, Phase, Walker


def reached(branch: BranchState, walker: Walker | None) -> tuple[str, str]:
    """The last stage that a cancelled branch reached, '' if none, and a clause about it.

    Asked before its terminal record, while its walker still stands where it was stopped.
    """
    if walker is None:
        return "", "it had not started"
    if branch.arrival is not None:
        return branch.terminal_stage, f"it had ended ({branch.arrival.value}), not yet taken"
    if walker.fork is not None:
        return walker.stage, f"its fan-out '{walker.node}' was at work"
    if walker.last_stage == walker.stage:
        return walker.stage, f"'{walker.node}' had ended ({walker.status.value})"
    made = attempts_made(walker)
    if made:
        return walker.stage, f"'{walker.node}' was at attempt {made}"
    return walker.last_stage, f"'{walker.node}' had not started"


def attempts_made(walker: Walker) -> int:
    """How many attempts of its current stage a walker has begun."""
    if walker.visits.get(walker.node, 0) < walker.visit:
        return 0
    # A supervisor's `due` is its next look.
    waits = walker.phase is Phase.BACKOFF or (walker.due is not None and walker.child is None)
    return walker.attempt - 1 if waits else walker.attempt
