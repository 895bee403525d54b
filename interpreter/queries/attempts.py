"""Attempts: every try at a stage, from its start to what came of it.

A try that its process did not live to see the end of stands apart from its rerun, which
has the same number and a later epoch. It must not know what attempts did to a run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from attractorc.compiler.value import Json

from ..ports import Filter, Store, Turn
from ..records import StageLifecycle
from .pages import Cursor, Page, number_of
from .reading import DECODED, first, stage_id, turn_glance, turns
from .timeline import STATUS_KINDS

RUNNING = "running"
ENDS = ("completed", "failed", "retrying", "interrupted", "cancelled")
JUDGED = "judged"


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
    where: Filter | None = None,
    after: Cursor = 0,
    limit: int = 256,
    *,
    stage: str | None = None,
    status: str | None = None,
) -> Page[AttemptEntry]:
    """A page of tries in the order of their starts: those first recorded after `after`.

    `stage` is a stage id. `status` is an outcome's or a result; with one other than `running`,
    tries are in the order of their ends.
    """
    asked = where or Filter()
    if stage is not None:
        every_try = _of_stage(store, run_id, asked, stage, status)
        left = [entry for entry in every_try if entry.sequence_no > number_of(after)]
        return Page(left[:limit], left[limit - 1].sequence_no if len(left) > limit else "")
    by_end = status not in (None, RUNNING)
    kinds = _end_kinds(status) if by_end else ("started", "failed")
    wanted = replace(asked, types=(StageLifecycle.TYPE,), kinds=kinds)
    start = number_of(after)
    found: list[AttemptEntry] = []
    look = store.search(run_id, wanted, start, max(DECODED, limit))
    for turn in look.turns:
        if len(found) >= limit:
            return Page(found, start)
        record = _read(turn)
        start = record.sequence_no
        entry = _from_end(store, record) if by_end else _from_start(store, record)
        if entry is not None and status in (None, entry.status, entry.result):
            found.append(entry)
    return Page(found, look.more)


def _end_kinds(status: str | None) -> tuple[str, ...]:
    """The kinds of records that end a try so."""
    by_status = [kind for kind in STATUS_KINDS.get(status or "", ()) if kind in ENDS]
    return (*by_status, *(kind for kind in ENDS if kind == status))


def _of_stage(
    store: Store, run_id: str, asked: Filter, stage: str, status: str | None
) -> Iterator[AttemptEntry]:
    """All tries at one stage, found by their ids, of which the first that is missing ends it."""
    number = 1
    while True:
        name = f"{run_id}:{stage}@{number}"
        wanted = replace(asked, attempt_id=name)
        known = False
        for record in _stages(store, run_id, wanted, ("started", "failed")):
            known = True
            entry = _from_start(store, record)
            if entry is not None and status in (None, entry.status, entry.result):
                yield entry
        if not known:
            return
        number += 1


def _from_start(store: Store, record: StageLifecycle) -> AttemptEntry | None:
    """The try that a record begins, with its end, which may be far away: a fan-out's is."""
    name = record.stage_attempt_id
    if record.kind == "started":
        where = Filter(attempt_id=name)
        entry = _entry(record)
        for later in _stages(store, record.run_id, where, (*ENDS, JUDGED), record.sequence_no):
            if later.kind != JUDGED:
                return _ended(entry, later)
            entry = _heard(entry, later)
        return entry
    where = Filter(attempt_id=name, kinds=("started",))
    if first(store, record.run_id, where):
        return None
    return _ended(_entry(record), record)  # refused before it could start, as by `max_visits`


def _from_end(store: Store, record: StageLifecycle) -> AttemptEntry:
    """The try that a record ends, with its start."""
    where = Filter(attempt_id=record.stage_attempt_id)
    judged: StageLifecycle | None = None
    kinds = ("started", JUDGED)
    for earlier in _stages(store, record.run_id, where, kinds, record.sequence_no, True):
        if earlier.kind != JUDGED:
            entry = _entry(earlier)
            return _ended(entry if judged is None else _heard(entry, judged), record)
        judged = earlier
    return _ended(_entry(record), record)


def _stages(
    store: Store,
    run_id: str,
    where: Filter,
    kinds: tuple[str, ...],
    start: int | None = None,
    newest_first: bool = False,
) -> Iterator[StageLifecycle]:
    wanted = replace(where, types=(StageLifecycle.TYPE,), kinds=kinds)
    for turn in turns(store, run_id, wanted, start, newest_first=newest_first):
        yield _read(turn)


def _read(turn: Turn) -> StageLifecycle:
    """A stage's record without what it wrote: a fan-in's can be megabytes."""
    record = turn_glance(turn, left_out=("context_updates",))
    assert isinstance(record, StageLifecycle)
    return record


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


def _heard(entry: AttemptEntry, record: StageLifecycle) -> AttemptEntry:
    """A try with what is known of the agent, who is heard before a winner is decided on."""
    return replace(
        entry,
        session=record.session or entry.session,
        agent=record.agent or entry.agent,
        ignored=tuple(record.ignored) or entry.ignored,
    )


def _ended(entry: AttemptEntry, record: StageLifecycle) -> AttemptEntry:
    return replace(
        _heard(entry, record),
        result=record.kind,
        status=record.status or "",
        reason=record.failure_reason or "",
        ended=record.timestamp,
        duration_ms=record.duration_ms,
        delay_ms=record.delay_ms,
        source=record.outcome_source or "",
    )
