"""The stages of a run in the order in which things happened to them.

It must not know attempts as wholes: that is `attempts`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..ports import Filter, Store
from ..records import StageLifecycle
from .reading import events, stage_id


@dataclass(frozen=True, slots=True)
class StageEntry:
    """One thing that happened to one stage. `note` is what it said, or why it failed."""

    sequence_no: int
    timestamp: str
    kind: str
    stage: str
    node_id: str
    path: str
    attempt: int
    status: str
    note: str
    duration_ms: int | None
    keys: tuple[str, ...]


def stage_timeline(
    store: Store, run_id: str, where: Filter | None = None, after: int = 0, limit: int = 256
) -> tuple[StageEntry, ...]:
    """A page of the timeline: at most `limit` entries after a sequence number."""
    wanted = replace(where or Filter(), types=(StageLifecycle.TYPE,))
    return tuple(
        StageEntry(
            record.sequence_no,
            record.timestamp,
            record.kind,
            stage_id(record.path, record.node_id, record.visit),
            record.node_id,
            record.path,
            record.attempt,
            record.status or "",
            record.failure_reason or record.notes or "",
            record.duration_ms,
            tuple(record.context_updates),
        )
        for record in events(store, run_id, wanted, after, limit)
        if isinstance(record, StageLifecycle)
    )
