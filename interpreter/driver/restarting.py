"""Starting a run anew by `loop_restart`: the run that goes on where another one has ended.

The old run's last record names the new one before that exists, so that whoever goes on after
a crash makes the same one, once. It has the plan, the inputs, the options and the folder of
the old one, and nothing of its context (semantics 2). It must not know who decided on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from attractorc.compiler.plan.codec import from_text

from ..ports import NotFound, Ports, Store, StoreError
from ..queries.reading import every
from ..records import PlanChange, PlanRecord, RunLifecycle, SourceRecord
from .changing import NewPlan
from .journal import Journal, Listener
from .opening import NewRun, create_run, resume_run


@dataclass(frozen=True, slots=True)
class GoingOn:
    """The run to go on with. `made_of` is the one before it where it was never begun, else ''."""

    run_id: str
    made_of: str = ""

    @property
    def known(self) -> str:
        """The run whose journal tells of plan, inputs, options and folder."""
        return self.made_of or self.run_id


def next_run_id(store: Store, run_id: str, restarts: int) -> str:
    """What the run is called that starts `run_id` anew: `r`, `r.2`, `r.3`, as far as free."""
    root = run_id.removesuffix(f".{restarts + 1}") if restarts else run_id
    name = wanted = f"{root}.{restarts + 2}"
    number = 1
    while _exists(store, name):
        number += 1
        name = f"{wanted}-{number}"
    return name


def going_on(store: Store, run_id: str) -> GoingOn:
    """The run that is gone on with where `run_id` is resumed: the last that followed it.

    Raises `StoreError` where another run has taken the name of one that was never begun.
    """
    while (following := link(store, run_id).next_run) is not None:
        if not _exists(store, following):
            return GoingOn(following, run_id)
        if link(store, following, first=True).previous_run != run_id:
            raise StoreError(
                f"the run '{run_id}' was to go on as '{following}', and another run is called so "
                "now; 'attractorc gc --run' takes that one away"
            )
        run_id = following
    return GoingOn(run_id)


def chain(store: Store, run_id: str) -> tuple[str, ...]:
    """The runs before this one that it is the new start of, oldest first, and itself."""
    found = [run_id]
    while (before := link(store, found[-1], first=True).previous_run) is not None:
        if not _exists(store, before):
            break  # somebody removed it
        found.append(before)
    return tuple(reversed(found))


def link(store: Store, run_id: str, *, first: bool = False) -> RunLifecycle:
    """The first or last record of a run's lifecycle; an empty one if it has none."""
    found = every(store, run_id, RunLifecycle)
    return next(found, RunLifecycle()) if first else [RunLifecycle(), *found][-1]


async def taken_up(
    going: GoingOn,
    ports: Ports,
    listeners: Iterable[Listener] = (),
    given: NewPlan | None = None,
) -> Journal:
    """The journal of a run to go on with: taken up, or made if it was never begun.

    Raises `StoreError` and, for the plan that is `given`, `PlanRefused` as `resume_run` does.
    """
    if going.made_of:
        journal = create_run(_successor(ports.store, going), ports, listeners)
        if given is None:
            return journal
        journal.close()
    return await resume_run(going.run_id, ports, listeners, given)


def _successor(store: Store, going: GoingOn) -> NewRun:
    begun, last = link(store, going.made_of, first=True), link(store, going.made_of)
    plan_text, source = "", SourceRecord()
    for kept in every(store, going.made_of, PlanRecord):
        plan_text = store.get_blob(kept.blob).decode()
    source = next(every(store, going.made_of, SourceRecord), source)
    for change in every(store, going.made_of, PlanChange):
        plan_text = store.get_blob(change.blob).decode()
        source = SourceRecord(name=change.name, blob=change.source_blob)
    if not plan_text or not source.blob:
        raise StoreError(f"the run '{going.made_of}' has no plan in its journal to start anew with")
    return NewRun(
        plan=from_text(plan_text),
        plan_text=plan_text,
        source_name=source.name,
        source=store.get_blob(source.blob).decode(),
        run_id=going.run_id,
        workspace=begun.workspace or "",
        inputs=begun.inputs,
        options=begun.options,
        previous_run=going.made_of,
        restarts=(begun.restarts or 0) + 1,
        start_at=last.start_at or "",
    )


def _exists(store: Store, run_id: str) -> bool:
    try:
        store.run(run_id)
    except NotFound:
        return False
    return True
