"""The records that an engine leaves a run with: where it stands, and how it ended.

Apart from the engine, which only says when. It must not decide when a run ends.
"""

from __future__ import annotations

from attractorc.compiler.value import Json

from ..decide import Finish
from ..queries.canonical import Gathered
from ..records import CheckpointSaved, Record, RunLifecycle
from ..state import State


def checkpoint(state: State) -> CheckpointSaved:
    """Where the run stands: its trunk, its open branches, its joins."""
    trunk = state.trunk
    branches: list[Json] = [
        {
            "path": walker.path,
            "status": walker.phase.value,
            "node": walker.node,
            "attempt": walker.attempt,
        }
        for path, walker in state.walkers.items()
        if path
    ]
    joins: dict[str, Json] = {
        stage: "merged" if fork.decision else "undecided" if fork.join is None else "decided"
        for stage, fork in state.forks.items()
    }
    return CheckpointSaved(
        node_id=trunk.node,
        stage_attempt_id=trunk.attempt_id(state.run_id),
        checkpoint_id=f"cp-{state.sequence_no + 1}",
        completed_count=state.completed_count,
        branches=branches,
        joins=joins,
        writers=_writers(state),
    )


def _writers(state: State) -> dict[str, Json]:
    """Who wrote what the trunk sees now, so that nobody has to look for it in the journal."""
    return {
        key: written.writer
        for key, written in state.trunk.context.own.items()
        if not key.startswith("parallel.")
    }


def closing_records(
    gathered: Gathered, state: State, finish: Finish, next_run: str | None = None
) -> tuple[Record, ...]:
    """The records that end a run; the last one holds its canonical outcome's digest.

    `next_run` is the id under which a run that starts anew goes on.
    """
    digest = gathered.digest(finish.status, finish.reason, state.trunk.context.flat())
    return (
        checkpoint(state),
        RunLifecycle(
            kind="cancelled" if finish.status == "cancelled" else "finalized",
            status=finish.status,
            reason=finish.reason or None,
            outcome_digest=digest,
            next_run=next_run,
            start_at=state.restart_at or None,
            counts=dict(gathered.counts),
        ),
    )
