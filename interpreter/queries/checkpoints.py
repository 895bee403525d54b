"""Checkpoints: where a run stood when an engine left it.

Nothing resumes from them; the journal is the truth. It must not know the run directory's file
of that name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from attractorc.compiler.value import Json

from ..ports import Filter, Store
from ..records import CheckpointSaved
from ..records.glance import total
from .pages import Cursor, Page, number_of
from .reading import SHOWN, turn_glance


@dataclass(frozen=True, slots=True)
class CheckpointEntry:
    """Where a run stood: the trunk's attempt, and the branches that were open.

    `branches` (path, status, node, attempt) are the first ones of `branch_count`; `joins` are
    `undecided`, `decided` or `merged`, by the stage id of the fan-out.
    """

    sequence_no: int
    timestamp: str
    checkpoint_id: str
    node_id: str
    stage_attempt_id: str
    completed_count: int
    branches: tuple[Json, ...]
    branch_count: int
    joins: Mapping[str, Json]


def checkpoints(
    store: Store, run_id: str, where: Filter | None = None, after: Cursor = 0, limit: int = 256
) -> Page[CheckpointEntry]:
    """A page of checkpoints in their order; `where` may name the trunk's node."""
    asked = where or Filter()
    wanted = Filter(node_id=asked.node_id, types=(CheckpointSaved.TYPE,))
    look = store.search(run_id, wanted, number_of(after), limit)
    return Page(
        (_entry(turn_glance(turn, left_out=("writers",))) for turn in look.turns), look.more
    )


def _entry(record: object) -> CheckpointEntry:
    assert isinstance(record, CheckpointSaved)
    return CheckpointEntry(
        record.sequence_no,
        record.timestamp,
        record.checkpoint_id,
        record.node_id,
        record.stage_attempt_id,
        record.completed_count,
        tuple(record.branches[:SHOWN]),
        total(record.branches),
        record.joins,
    )
