"""How an attempt is concluded: tried again after a delay, or committed as the stage's outcome.

One way for handlers' results and for people's answers. Pure: durations and the random factor
of a delay are given. It must not know where an outcome came from.
"""

from __future__ import annotations

from typing import Any

from .. import retry
from ..outcome import Outcome, Status
from ..records import ParallelLifecycle, Record
from ..state import State, Walker
from . import drafts


def concluded(
    state: State,
    walker: Walker,
    outcome: Outcome,
    *,
    dropped: tuple[str, ...] = (),
    duration_ms: int | None = None,
    factor: float = 1.0,
) -> tuple[Record, ...]:
    """Records for the outcome of the walker's current attempt.

    `dropped` are context keys that the stage may not write, `factor` in [0.5, 1.5] is the
    jitter of a delay.
    """
    step = walker.step
    more: dict[str, Any] = {"duration_ms": duration_ms}
    if dropped:
        more["dropped_keys"] = list(dropped)
    if outcome.status is Status.SUCCESS:  # as most
        return (drafts.committed(state, walker, outcome, **more),)
    if not retry.tries_again(step.retry, outcome, walker.attempt):
        final = retry.final(step, outcome, walker.attempt)
        return (drafts.committed(state, walker, final, **more),)
    record = drafts.stage(
        state,
        walker,
        "retrying",
        **drafts.spoken(outcome),
        **more,
        will_retry=True,
        next_attempt=walker.attempt + 1,
        delay_ms=retry.delay_ms(step.retry, walker.attempt, factor),
    )
    told = _branch_retrying(state, walker, outcome)
    return (record,) if told is None else (record, told)


def _branch_retrying(state: State, walker: Walker, outcome: Outcome) -> ParallelLifecycle | None:
    fork = state.own_fork(walker)
    if fork is None:
        return None
    branch = fork.branches[walker.branch_index]
    return drafts.parallel(
        fork,
        "branch_retrying",
        branch_id=branch.id,
        branch_index=branch.index,
        branch_path=branch.path,
        target_node=walker.node,
        reason=outcome.failure_reason or None,
    )
