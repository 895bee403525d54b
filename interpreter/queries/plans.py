"""The plans of a run: the one that it began with, and those that took its place (resume).

Whoever folds a journal goes through here, so that every reader goes by the plan that was in
force at that record. It must not know why a plan was changed.
"""

from __future__ import annotations

from attractorc.compiler.plan.codec import PlanError, from_text
from attractorc.compiler.plan.model import Plan

from ..ports import Filter, Store, StoreError
from ..records import PlanChange, PlanRecord, Record
from ..state import State, adopt, apply
from .reading import events, every


def first_plan(store: Store, run_id: str) -> Plan:
    """The plan that a run began with. `StoreError` if it has none that can be read."""
    for record in events(store, run_id, Filter(types=(PlanRecord.TYPE,)), limit=1):
        assert isinstance(record, PlanRecord)
        return kept_plan(store, record)
    raise StoreError(f"the run '{run_id}' has no plan in its journal; it cannot be resumed")


def current_plan(store: Store, run_id: str) -> Plan:
    """The plan that a run goes by now. `StoreError` if it has none that can be read."""
    changes = list(every(store, run_id, PlanChange))
    return kept_plan(store, changes[-1]) if changes else first_plan(store, run_id)


def kept_plan(store: Store, record: PlanRecord | PlanChange) -> Plan:
    """The plan that a record names. `StoreError` if it cannot be read."""
    try:
        return from_text(store.get_blob(record.blob).decode())
    except (PlanError, UnicodeDecodeError) as error:
        raise StoreError(f"the plan of run '{record.run_id}' cannot be read: {error}") from error


def follow(state: State, record: Record, store: Store) -> None:
    """Take a record of the journal into the state, with the plan that it may bring."""
    if type(record) is PlanChange:
        adopt(state, kept_plan(store, record))
    apply(state, record)
