"""The journal of one run: drafts become records, durable before anything acts on them.

Stamps, encodes and appends; applies each record to the state; tells the listeners. Large
values go to blobs and come back on reading. It is also the one door through which anything
of a run is kept, so secrets are taken out here. It must not decide anything.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from attractorc.compiler.plan.model import Plan
from attractorc.compiler.value import Json

from ..ports import Clock, Index, Lease, Store, StoreError, Turn
from ..queries.canonical import Gathered
from ..queries.plans import follow
from ..queries.reading import turn_record
from ..records import ParallelLifecycle, Record, RunLifecycle
from ..records.blobs import externalised, stays_whole
from ..records.codec import encode, is_known, type_name
from ..records.drafts import InOrder, filled
from ..records.files import reference
from ..records.redacting import redacted
from ..records.times import stamp
from ..redaction import NO_SECRETS, Secrets
from ..state import State, apply, begin
from ..tuples import tupled
from .topology import Topology

PAGE = 1_000

Listener = Callable[[Record, State], None]


class Journal:
    """The one writer of a run's records, and of its state."""

    def __init__(
        self,
        state: State,
        store: Store,
        lease: Lease,
        topology: Topology,
        clock: Clock,
        gathered: Gathered,
        listeners: Iterable[Listener] = (),
        secrets: Secrets = NO_SECRETS,
    ) -> None:
        self.state = state
        self.gathered = gathered
        self.store = store
        self._lease = lease
        self._topology = topology
        self._clock = clock
        self._listeners = tuple(listeners)
        self.secrets = secrets
        self._open = not secrets
        self._stamped = (0, stamp(0))

    def append(self, drafts: Sequence[Record]) -> tuple[Record, ...]:
        """Append and apply drafts in order; durable only after the next `barrier`."""
        now = self._clock.now()
        if self._stamped[0] != now:  # many records share a millisecond
            self._stamped = (now, stamp(now))
        if len(drafts) == 1:
            return (self._append(drafts[0], now),)
        return tuple([self._append(draft, now) for draft in drafts])

    def save(self) -> None:
        """Everything appended so far survives the process (store.md)."""
        self.store.save()

    def barrier(self) -> None:
        """Everything appended so far survives the process and the machine (store.md)."""
        self.store.commit()

    def begin_barrier(self) -> None:
        """Begin a barrier, which those who are to wait for it do by `durable`."""
        self.store.begin_commit()

    async def durable(self) -> None:
        """What was appended is saved, and a barrier that was begun is there.

        What came after it is only told of processes, which a machine that stops ends too. Each
        saves for itself: where many programs start, the first is not to wait for the last.
        """
        self.save()

    def close(self) -> None:
        """Give the run up to other writers."""
        self._lease.release()

    def put_artifacts(self, artifacts: Mapping[str, bytes]) -> dict[str, Json]:
        """Keep files of an attempt; the references that its record holds."""
        references: dict[str, Json] = InOrder()
        for name, data in sorted(artifacts.items()):
            kept = data if self._open else self.secrets.data(data)
            references[name] = reference(name, kept, self.store.put_blob)
        return references

    def put_blob(self, data: bytes) -> tuple[str, int]:
        """Keep bytes without the secrets in them; their hash, and how many they are then."""
        kept = data if self._open else self.secrets.data(data)
        return self.store.put_blob(kept), len(kept)

    def _append(self, draft: Record, now: int) -> Record:
        state, topology = self.state, self._topology
        if type(draft) is ParallelLifecycle:
            self._time(draft, now)
        context = topology.place(draft)
        number = state.sequence_no + 1
        run_id = state.run_id or draft.run_id
        given = draft.__dict__  # as `filled`, for each record that there is
        given["run_id"], given["sequence_no"], given["timestamp"] = run_id, number, self._stamped[1]
        record, payload = self._kept(draft)
        turn = self.store.append(
            context,
            record.TYPE,
            record.TYPE_VERSION,
            payload,
            f"{run_id}|{number}",
            index=index_of(record),
            lease=self._lease,
        )
        topology.learn(record, turn)
        apply(state, record)
        self.gathered.note(record)
        if type(record) is RunLifecycle:
            self.store.update_run(run_id, state.status, record.timestamp)
        for listener in self._listeners:
            listener(record, state)
        return record

    def _kept(self, record: Record) -> tuple[Record, bytes]:
        """The record without secrets, and its bytes, with large values in blobs."""
        payload = encode(record)
        if not self._open and self.secrets.suspects(payload):
            record = redacted(record, self.secrets)
            payload = encode(record)
        if stays_whole(payload):  # as most
            return record, payload
        outside = externalised(record, self.store)
        return record, payload if outside is record else encode(outside)

    def _time(self, draft: ParallelLifecycle, now: int) -> None:
        """A branch's duration is known only here, where there is a clock."""
        if draft.kind == "branch_arrived":
            walker = self.state.walkers.get(draft.branch_path or "")
            fork = None if walker is None else self.state.own_fork(walker)
            if walker is not None and fork is not None:  # else its time was over before it started
                started_at = fork.branches[walker.branch_index].started_at
                filled(draft, duration_ms=max(0, now - started_at))


def index_of(record: Record) -> Index:
    """What a record is found by in the store."""
    given = record.__dict__.get  # every family leaves out what it does not have
    return tupled(
        Index,
        (
            record.run_id,
            record.sequence_no,
            given("kind", ""),
            given("node_id", ""),
            given("branch_path") or given("path", ""),
            given("stage_attempt_id", ""),
        ),
    )


def read(store: Store, run_id: str) -> Iterator[tuple[Record, Turn]]:
    """All records of a run in their order, with the turns that hold them.

    Raises `StoreError` for a record that cannot be read, and for one of a newer program:
    nobody can say where a run stands who does not know all that happened in it.
    """
    after = 0
    while page := store.records(run_id, after=after, limit=PAGE):
        for turn in page:
            record = turn_record(store, turn)
            if not is_known(record):
                raise StoreError(
                    f"record {record.sequence_no} of run '{run_id}' was written by a newer "
                    f"attractorc ('{type_name(record)}', version {turn.version}); go on with "
                    "that one. Queries still show the run"
                )
            yield record, turn
        after = page[-1].sequence_no


def fold(plan: Plan, store: Store, run_id: str, topology: Topology, gathered: Gathered) -> State:
    """The state of a run that began with this plan; contexts and outcome are learnt on the way."""
    state = begin(plan)
    with _uncollected():
        for record, turn in read(store, run_id):
            topology.learn(record, turn)
            follow(state, record, store)
            gathered.note(record)
    return state


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no garbage: a fold leaves no cycles, and the state that it makes only grows."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
