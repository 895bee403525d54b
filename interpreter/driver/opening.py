"""Opening a run: a new one with its first records, or one that was left, to go on with.

A resume folds the journal, ends what an earlier engine's tools left running, and journals
which attempts were interrupted, before anything starts again (semantics 7, 8).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from secrets import choice

from attractorc.compiler.plan.model import Plan
from attractorc.compiler.value import Json

from ..decide import settle
from ..decide.supervising import call_id
from ..handlers.process_groups import GRACE_S, end_leftover
from ..ports import ENDED, Clock, Lease, Ports, RunRow, Store, StoreError
from ..queries.canonical import Gathered
from ..queries.plans import current_plan, first_plan
from ..records import PlanRecord, Record, RunLifecycle, SourceRecord
from ..records.times import stamp
from ..redaction import Secrets
from ..state import begin
from .changing import NewPlan, change_plan
from .journal import Journal, Listener, fold, read
from .keepable import refuse_held
from .topology import Topology


@dataclass(frozen=True, slots=True)
class NewRun:
    """What a run is made of. `plan_text` is the plan's canonical JSON, `source` its file.

    A run that starts another one anew names it, counts its starts, and begins at a node.
    """

    plan: Plan
    plan_text: str
    source_name: str
    source: str
    run_id: str
    workspace: str
    inputs: Mapping[str, Json] = field(default_factory=dict)
    options: Mapping[str, Json] = field(default_factory=dict)
    previous_run: str = ""
    restarts: int = 0
    start_at: str = ""


def new_run_id(clock: Clock) -> str:
    """A run id that sorts by time: `20261122t103355-x7k2mq`."""
    moment = stamp(clock.now())
    compact = moment[:19].replace("-", "").replace(":", "").lower()
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return f"{compact}-{''.join(choice(alphabet) for _ in range(6))}"


def create_run(new: NewRun, ports: Ports, listeners: Iterable[Listener] = ()) -> Journal:
    """Take the run's lease, and make it in the store with its first records, all or nothing.

    Raises `Unkeepable` where a secret stands in its plan, its id or its folder.
    """
    refuse_secrets(new, ports.secrets)
    lease = ports.store.lease(new.run_id)
    try:
        return _begun(new, ports, lease, listeners)
    except BaseException:
        lease.release()
        raise


def refuse_secrets(new: NewRun, secrets: Secrets) -> None:
    """Raise `Unkeepable` where a secret stands in what a run is known by and resumed from."""
    if secrets:
        places = {
            f"the plan of '{new.source_name}'": json.loads(new.plan_text),
            "the run's id": new.run_id,
            "the name of the folder that stages work in": new.workspace,
        }
        refuse_held(secrets, places)


def _begun(new: NewRun, ports: Ports, lease: Lease, listeners: Iterable[Listener]) -> Journal:
    store, clock = ports.store, ports.clock
    now = stamp(clock.now())
    context = store.create_context()
    store.create_run(
        RunRow(new.run_id, context, new.plan.name, new.plan.digest, "running", now, now)
    )
    state, topology = begin(new.plan), Topology(store, context)
    secrets = ports.secrets
    journal = Journal(state, store, lease, topology, clock, Gathered(), listeners, secrets)
    source, size = journal.put_blob(new.source.encode())
    plan = new.plan_text.encode()
    first: tuple[Record, ...] = (
        RunLifecycle(
            kind="initialized",
            run_id=new.run_id,
            pipeline=new.plan.name,
            plan_digest=new.plan.digest,
            goal=new.plan.goal or None,
            inputs=dict(new.inputs),
            options=dict(new.options),
            epoch=lease.epoch,
            workspace=new.workspace,
            previous_run=new.previous_run or None,
            restarts=new.restarts or None,
            start_at=new.start_at or None,
        ),
        SourceRecord(name=new.source_name, blob=source, size_bytes=size),
        PlanRecord(plan_digest=new.plan.digest, blob=store.put_blob(plan), size_bytes=len(plan)),
    )
    journal.append(first)
    journal.barrier()
    return journal


def beginning_of(store: Store, run_id: str) -> RunLifecycle:
    """The first record of a run: its inputs, options and workspace."""
    for record, _turn in read(store, run_id):
        if isinstance(record, RunLifecycle) and record.kind == "initialized":
            return record
    raise StoreError(f"the run '{run_id}' has no beginning in its journal; it cannot be resumed")


def plan_of(store: Store, run_id: str) -> Plan:
    """The plan that a run goes by now."""
    return current_plan(store, run_id)


async def resume_run(
    run_id: str,
    ports: Ports,
    listeners: Iterable[Listener] = (),
    given: NewPlan | None = None,
) -> Journal:
    """Take the lease of a run that was left, and fold its journal.

    With `given`, the run goes on only if that is its plan, or may take its plan's place.
    Raises `StoreError` where the run has ended, is owned by another process, or is unknown,
    `PlanRefused` for a plan that is not, or cannot be, the run's.
    """
    store = ports.store
    refuse_ended(store.run(run_id))
    lease = store.lease(run_id)
    try:
        row = store.run(run_id)
        refuse_ended(row)  # somebody else may have brought it to its end meanwhile
        return await _taken_up(run_id, row, lease, ports, listeners, given)
    except BaseException:
        lease.release()
        raise


def refuse_ended(row: RunRow) -> None:
    """Raise `StoreError` for a run that has ended."""
    if row.status in ENDED:
        raise StoreError(
            f"the run '{row.run_id}' has ended ({row.status}); there is nothing to resume"
        )


async def _taken_up(
    run_id: str,
    row: RunRow,
    lease: Lease,
    ports: Ports,
    listeners: Iterable[Listener],
    given: NewPlan | None,
) -> Journal:
    store = ports.store
    topology, gathered = Topology(store, row.context), Gathered()
    state = fold(first_plan(store, run_id), store, run_id, topology, gathered)
    secrets = ports.secrets
    journal = Journal(state, store, lease, topology, ports.clock, gathered, listeners, secrets)
    taken = None if given is None else change_plan(journal, given)
    for path in list(state.running):
        walker = state.walkers[path]
        if walker.process is not None:
            await end_leftover(walker.process, GRACE_S, call_id(state, walker))
    journal.append(
        (RunLifecycle(kind="resumed", epoch=lease.epoch, control=_last_pause(ports.store, run_id)),)
    )
    if taken is not None:
        taken()
    for path in list(state.running):
        journal.append(settle.interrupted(state, path))
    for control in store.controls(run_id):
        journal.append(settle.posted(state, control))
    journal.barrier()
    return journal


def _last_pause(store: Store, run_id: str) -> int | None:
    """The last pause that was asked for: who resumes a run does not want it any more."""
    pauses = [one.number for one in store.controls(run_id) if one.command == "pause"]
    return max(pauses, default=None)
