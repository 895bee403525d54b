"""A supervisor: what it sees of its child, when it steers or stops it, when it gives up.

Its looks come from the driver's clock, as records; what is decided about one depends on the
journal alone. A steering is a call of an agent or a command beside the running child, and
what it says goes into the child's context. Pure. It must not know how a call is made.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from attractorc.compiler.plan.model import Agent, Manager, Step
from attractorc.compiler.value import Json, canonical

from ..evaluate import Scene, holds, render
from ..outcome import Outcome, Status
from ..records import ChildLifecycle, Record
from ..state import Phase, State, Walker
from . import drafts
from .child_writes import declared_writes
from .commands import Command, Commit, Limits, StartAttempt
from .writing import is_reserved

INSTRUCTIONS = "stack.manager.instructions"
_SAID = ("last_response", "tool.output")
_OWN = ("last_stage", *_SAID)


def manager_of(state: State, walker: Walker) -> Manager | None:
    """The supervisor that a walker stands at with a running child; None if it does not."""
    if walker.child is None or walker.phase is not Phase.CALLING:
        return None
    work = walker.step.work
    return work if isinstance(work, Manager) else None


def waits(state: State, path: str) -> bool:
    """Whether a walker's supervisor has another look to come, at the walker's `due`."""
    walker = state.walkers.get(path)
    if walker is None or walker.doomed or walker.due is None or walker.child is None:
        return False
    busy = walker.child.over or walker.child.steering
    return manager_of(state, walker) is not None and not busy


def look(state: State, path: str, writer: str, due: int) -> tuple[Record, ...]:
    """Records for a look that is due: what is seen, or that there were enough of them."""
    walker = state.walkers.get(path)
    if walker is None or walker.doomed or (walker.writer, walker.due) != (writer, due):
        return ()
    manager, child = manager_of(state, walker), walker.child
    if manager is None or child is None or child.over or child.steering:
        return ()
    if child.cycle >= manager.max_cycles:
        times = "once" if child.cycle == 1 else f"{child.cycle} times"
        reason = f"'{walker.node}' looked at its pipeline {times} (manager.max_cycles)"
        return (_draft(state, walker, "given_up", status="fail", reason=reason),)
    seen = _seen(state, walker) if "observe" in manager.actions else {}
    return (_draft(state, walker, "observed", cycle=child.cycle + 1, seen=seen),)


def call_id(state: State, walker: Walker) -> str:
    """The idempotency key of the call that a walker's stage makes: its attempt's, or a steering's.

    Each steering has one of its own.
    """
    attempt_id = walker.attempt_id(state.run_id)
    return attempt_id if walker.child is None else f"{attempt_id}/steer.{walker.child.cycle}"


def decided(state: State, walker: Walker, limits: Limits) -> tuple[Command, ...]:
    """Commands after a look: stop the child, steer it once there is a slot, or nothing."""
    manager, child = manager_of(state, walker), walker.child
    if manager is None or child is None or child.over or child.steering or not child.cycle:
        return ()
    outcome = str(child.seen.get("stack.child.outcome", ""))
    view = {**walker.context, **child.seen} if manager.stop is not None else {}
    if manager.stop is not None and holds(manager.stop, Scene(outcome, "", view)):
        reason = f"the stop condition of '{walker.node}' holds"
        return (Commit((_draft(state, walker, "given_up", status="success", reason=reason),)),)
    if manager.steer is not None and child.steered < child.cycle:
        if limits.jobs is not None and len(state.running) >= limits.jobs:
            return ()
        begun = _draft(state, walker, "steering", cycle=child.cycle)
        return (Commit((begun,)), StartAttempt(walker.path))
    state.wait(walker.path)  # for the next look: until then nothing that was asked here changes
    return ()


def asked(state: State, walker: Walker) -> tuple[Step, str, dict[str, Json]]:
    """The call of a steering: its step, its prompt, and the context that it sees."""
    manager, child = manager_of(state, walker), walker.child
    assert manager is not None, f"{walker.stage} steers nothing"
    assert manager.steer is not None, f"{walker.stage} steers nothing"
    assert child is not None, f"{walker.stage} steers nothing"
    context: dict[str, Json] = {**walker.context, **child.seen}
    prompt = ""
    if isinstance(manager.steer, Agent):
        told = render(manager.steer.prompt, context, walker.inputs)
        prompt = f"{told}\n\nWhat is seen of the pipeline:\n{canonical(dict(child.seen))}"
    # What the stage writes comes out of its child; a steering only gives what it says.
    return replace(walker.step, work=manager.steer, writes=None), prompt, context


def steered(state: State, walker: Walker, outcome: Outcome) -> tuple[Record, ...]:
    """Records for what a steering came to. One that failed is noted, and steers nothing."""
    child = walker.child
    assert child is not None, f"{walker.stage} steers nothing"
    if not outcome.status.succeeded:
        reason = outcome.failure_reason or f"the steering ended as {outcome.status}"
        return (_draft(state, walker, "steered", cycle=child.cycle, status="fail", reason=reason),)
    updates = outcome.context_updates
    said = next((updates[key] for key in _SAID if updates.get(key)), outcome.notes)
    given = {
        key: value
        for key, value in sorted(updates.items())
        if key not in _OWN and not is_reserved(key)
    }
    return (
        _draft(
            state,
            walker,
            "steered",
            cycle=child.cycle,
            status="success",
            context_updates={**given, INSTRUCTIONS: said or ""},
        ),
    )


def unsteered(state: State, walker: Walker, reason: str) -> tuple[Record, ...]:
    """Records for a steering that nobody waits for any more, or saw the end of."""
    return steered(state, walker, Outcome(Status.FAIL, failure_reason=reason))


def left(status: str, outcome: str) -> dict[str, Json]:
    """What a supervisor leaves about its child in its own context.

    How often it looked is not among it: that depends on the clock alone.
    """
    return {"stack.child.status": status, "stack.child.outcome": outcome}


def _seen(state: State, walker: Walker) -> dict[str, Json]:
    """What can be told of a child from the journal: where it is, and its declared keys."""
    assert walker.child is not None
    child = state.walkers[walker.child.path]
    below = {one.path for one in state.subtree(child.path)}
    waiting: list[Json] = [one for one, path in state.questions.items() if path in below]
    return {
        **declared_writes(walker.step, child),
        "stack.child.status": "running",
        "stack.child.active_stage": child.node,
        "stack.child.attempt": child.attempt,
        "stack.child.outcome": child.outcome.value if child.last_stage else "",
        "stack.child.stages": sum(child.visits.values()),
        "stack.child.waiting_for": waiting,
    }


def _draft(state: State, walker: Walker, kind: str, **fields: Any) -> ChildLifecycle:
    assert walker.child is not None
    return drafts.child(state, walker, kind, walker.child.path, **fields)
