"""A resume with a plan at hand: it is the run's, or takes its place, or nothing goes on.

Judged while nobody else can write the run, over all that its journal says was reached. It
must not know where the plan comes from, nor how a difference is told.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from attractorc.compiler.plan.difference import Difference, difference
from attractorc.compiler.plan.model import Plan

from ..decide.plan_change import reached, standing_in_the_way
from ..ports import PlanRefused
from ..records import PlanChange
from ..state import adopt
from .journal import Journal, read
from .keepable import refuse_held


@dataclass(frozen=True, slots=True)
class NewPlan:
    """A plan that a run is to go on with, and the file it came from.

    `accept`: if it is another one than the run's, it may take its place.
    """

    plan: Plan
    plan_text: str
    source_name: str
    source: str
    accept: bool = False


def change_plan(journal: Journal, given: NewPlan) -> Callable[[], None] | None:
    """How to journal that the plan takes over; None if it is the run's own.

    Raises `PlanRefused` for another plan that is not accepted, or changes what was reached,
    and `Unkeepable` for one with a secret in it.
    """
    state, store = journal.state, journal.store
    old, new = state.plan, given.plan
    if old.digest == new.digest:
        return None
    if not given.accept:
        raise PlanRefused(
            f"{given.source_name}: this is not the plan that run '{state.run_id}' goes by; "
            "leave the file out, or let it take over with --accept-plan-change"
        )
    differ = difference(old, new)
    there = reached((record for record, _turn in read(store, state.run_id)), old)
    why = standing_in_the_way(there, differ, old, new)
    if why is not None:
        raise PlanRefused(
            f"{given.source_name}: cannot take over: {why}; what was reached must stay as it "
            "is: start a new run with exec"
        )
    refuse_held(
        journal.secrets, {f"the plan of '{given.source_name}'": json.loads(given.plan_text)}
    )
    return lambda: _take_over(journal, given, differ)


def _take_over(journal: Journal, given: NewPlan, differ: Difference) -> None:
    state, store = journal.state, journal.store
    plan = given.plan_text.encode()
    source, source_bytes = journal.put_blob(given.source.encode())
    record = PlanChange(
        plan_digest=given.plan.digest,
        blob=store.put_blob(plan),
        size_bytes=len(plan),
        replaces=state.plan.digest,
        name=given.source_name,
        source_blob=source,
        source_bytes=source_bytes,
        changed=differ.names(),
    )
    adopt(state, given.plan)
    (kept,) = journal.append((record,))
    store.update_run(state.run_id, state.status, kept.timestamp, given.plan.digest)
