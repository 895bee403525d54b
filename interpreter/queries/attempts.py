"""Attempts: every try at a stage, from its start to what came of it.

A try that its process did not live to see the end of stands apart from its rerun, which
has the same number and a later epoch. It must not know what attempts did to a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from attractorc.compiler.value import Json

from ..ports import Filter, Store
from ..records import StageLifecycle
from .reading import events, every, stage_id

RUNNING = "running"
ENDS = ("completed", "failed", "retrying", "interrupted", "cancelled")


@dataclass(frozen=True, slots=True)
class AttemptEntry:
    """One try. `result` is `running` or the kind of the record that ended it.

    `sequence_no` is that of its first record, `status` the outcome's; `delay_ms` is the wait
    before the next try. Times are ISO 8601, '' while unknown. `source` says where the outcome
    came from, `ignored` what did not count; of an agent's, `session` is its conversation and
    `agent` holds backend, model, usage and tries. `fidelity` is '' for `compact` and where no agent
    is asked, `thread` the conversation gone on with, `degraded_from` what a resume took away.
    """

    sequence_no: int
    stage_attempt_id: str
    stage: str
    node_id: str
    path: str
    attempt: int
    epoch: int | None
    result: str = RUNNING
    status: str = ""
    reason: str = ""
    started: str = ""
    ended: str = ""
    duration_ms: int | None = None
    delay_ms: int | None = None
    source: str = ""
    session: str = ""
    agent: Mapping[str, Json] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    fidelity: str = ""
    thread: str = ""
    degraded_from: str = ""


def attempts(
    store: Store,
    run_id: str,
    *,
    node: str | None = None,
    path: str | None = None,
    stage: str | None = None,
    after: int = 0,
    limit: int = 256,
) -> tuple[AttemptEntry, ...]:
    """A page of tries in the order of their starts: those first recorded after `after`.

    `node`, `path` (a prefix) and `stage` (a stage id) narrow it.
    """
    found: dict[int, AttemptEntry] = {}
    running: dict[str, int] = {}
    for record in every(store, run_id, StageLifecycle, Filter(node, path), after=after):
        if len(found) >= limit:
            break
        if stage is not None and stage_id(record.path, record.node_id, record.visit) != stage:
            continue
        name = record.stage_attempt_id
        if record.kind == "started":
            running[name] = record.sequence_no
            found[record.sequence_no] = _entry(record)
        elif record.kind in ENDS and name in running:
            number = running.pop(name)
            found[number] = _ended(found[number], record)
        elif record.kind == "failed" and _never_started(store, record):
            found[record.sequence_no] = _ended(_entry(record), record)
    for name, number in running.items():
        found[number] = _looked_up(store, run_id, name, found[number])
    return tuple(found.values())


def _looked_up(store: Store, run_id: str, name: str, entry: AttemptEntry) -> AttemptEntry:
    """A try with its end, which may be far behind the page: a fan-out's is."""
    where = Filter(attempt_id=name, types=(StageLifecycle.TYPE,), kinds=ENDS)
    ends = events(store, run_id, where, after=entry.sequence_no, limit=1)
    return _ended(entry, ends[0]) if ends and isinstance(ends[0], StageLifecycle) else entry


def _never_started(store: Store, record: StageLifecycle) -> bool:
    """Whether a try was refused before it could start, as by `max_visits`."""
    where = Filter(attempt_id=record.stage_attempt_id, kinds=("started",))
    return not store.records(record.run_id, limit=1, where=where)


def _entry(record: StageLifecycle) -> AttemptEntry:
    return AttemptEntry(
        record.sequence_no,
        record.stage_attempt_id,
        stage_id(record.path, record.node_id, record.visit),
        record.node_id,
        record.path,
        record.attempt,
        record.epoch,
        started=record.timestamp if record.kind == "started" else "",
        fidelity=record.fidelity or "",
        thread=record.thread_key or "",
        degraded_from=record.degraded_from or "",
    )


def _ended(entry: AttemptEntry, record: StageLifecycle) -> AttemptEntry:
    return replace(
        entry,
        result=record.kind,
        status=record.status or "",
        reason=record.failure_reason or "",
        ended=record.timestamp,
        duration_ms=record.duration_ms,
        delay_ms=record.delay_ms,
        source=record.outcome_source or "",
        session=record.session or "",
        agent=record.agent,
        ignored=tuple(record.ignored),
    )
