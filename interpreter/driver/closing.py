"""The last records of a run: where it stood, how it ended, and its canonical outcome's digest."""

from __future__ import annotations

from ..decide import Finish
from ..ports import Store
from ..queries.canonical import canonical_outcome, outcome_digest
from ..records import CheckpointSaved, Record, RunLifecycle
from ..state import State
from .journal import read


def closing_records(store: Store, state: State, finish: Finish) -> tuple[Record, ...]:
    """The records that end a run. Reads the whole journal once."""
    trunk = state.trunk
    outcome = canonical_outcome(
        (record for record, _turn in read(store, state.run_id)),
        finish.status,
        finish.reason,
        trunk.context.flat(),
    )
    return (
        CheckpointSaved(
            node_id=trunk.node,
            stage_attempt_id=trunk.attempt_id(state.run_id),
            checkpoint_id=f"cp-{state.sequence_no + 1}",
            completed_count=state.completed_count,
        ),
        RunLifecycle(
            kind="finalized",
            status=finish.status,
            reason=finish.reason or None,
            outcome_digest=outcome_digest(outcome),
        ),
    )
