"""The stages of a run in the order in which things happened to them.

It must not know attempts as wholes: that is `attempts`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..outcome import Status
from ..ports import Filter, Store, Turn
from ..records import Record, StageLifecycle
from .pages import Cursor, Page, number_of
from .reading import sought, stage_id, turn_glance

_FAILED = ("failed", "retrying", "ignored")
_DONE = ("completed", "ignored")
STATUS_KINDS = {
    Status.SUCCESS.value: _DONE,
    Status.PARTIAL_SUCCESS.value: _DONE,
    Status.SKIPPED.value: _DONE,
    Status.FAIL.value: _FAILED,
    Status.RETRY.value: _FAILED,
}
"""The kinds of stage records that can have a status."""


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


def timeline(
    store: Store,
    run_id: str,
    where: Filter | None = None,
    after: Cursor = 0,
    limit: int = 256,
    *,
    status: str | None = None,
) -> Page[StageEntry]:
    """A page of the timeline: at most `limit` entries after a sequence number.

    `status` is that of an outcome.
    """
    wanted = replace(where or Filter(), types=(StageLifecycle.TYPE,))
    if status is None:
        look = store.search(run_id, wanted, number_of(after), limit)
        return Page((_entry(_read(turn)) for turn in look.turns), look.more)
    can_have = STATUS_KINDS.get(status, ())
    kinds = tuple(kind for kind in can_have if wanted.kinds is None or kind in wanted.kinds)
    found = sought(
        store,
        run_id,
        replace(wanted, kinds=kinds),
        after,
        limit,
        lambda record: getattr(record, "status", None) == status,
        mention=status,
        read=_read,
    )
    return Page(map(_entry, found), found.more)


def _read(turn: Turn) -> Record:
    """A stage's record with the names of what it wrote: a fan-in's values can be megabytes."""
    return turn_glance(turn, picked={"context_updates": None})


def _entry(record: Record) -> StageEntry:
    assert isinstance(record, StageLifecycle)
    return StageEntry(
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
