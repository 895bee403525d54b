"""What records about child pipelines do to the state.

A child is a walker of its own, over a plan of its own, below the stage that runs it; it goes
when the attempt ends. The third part of `apply`, beside `forks` and `endings`. It must not
decide anything.
"""

from __future__ import annotations

from collections.abc import Mapping

from attractorc.compiler.plan.child import child_of
from attractorc.compiler.plan.model import Manager, Plan
from attractorc.compiler.value import Json

from ..context import Context
from ..records import ChildLifecycle
from ..records.times import millis
from .called import ChildRun
from .endings import doom, wake_ancestors
from .memory import Memory, has_agents
from .model import State
from .phases import Phase
from .queues import enqueue
from .walker import Walker


def beginning(plan: Plan, inputs: Mapping[str, Json]) -> Context:
    """The context that a pipeline starts with: its graph's keys and its inputs, no more."""
    context = Context()
    for key, value in plan.context.items():
        context.set(key, value, "")
    for name, value in inputs.items():
        context.set(f"inputs.{name}", value, "")
    return context


def plan_below(state: State, walker: Walker) -> Plan:
    """The plan of the pipeline that a walker's stage runs."""
    work = child_of(walker.step.work)
    assert work is not None, f"{walker.stage} runs no pipeline"
    return state.plan.children[work.plan] if work.plan else walker.plan


def taken(state: State, record: ChildLifecycle) -> None:
    """Take a record of the family of children into the state."""
    caller = state.walkers.get(record.path)
    if caller is None:
        return
    match record.kind:
        case "started":
            _start(state, caller, record)
        case "timeout" | "given_up":
            _give_up(state, caller, record)
        case "observed" if caller.child is not None:
            caller.child.cycle = record.cycle or 0
            caller.child.seen = record.seen
            caller.due = _next_look(state, caller, record)
            enqueue(state, caller)
        case "steering" if caller.child is not None:
            caller.child.steering = True
            state.running[caller.path] = None
            enqueue(state, caller)
        case "steered" if caller.child is not None:
            _steered(state, caller, caller.child, record)
        case _:
            raise AssertionError(f"no such record of a child: {record.kind}")


def _start(state: State, caller: Walker, record: ChildLifecycle) -> None:
    plan = plan_below(state, caller)
    child = Walker(
        record.child_path,
        beginning(plan, record.inputs).fork(),
        plan.start,
        plan=plan,
        inputs=record.inputs,
        caller=caller.path,
        memory=Memory() if has_agents(plan) else None,
    )
    caller.child = ChildRun(record.child_path, state.active_ms)
    caller.phase = Phase.CALLING
    if isinstance(caller.step.work, Manager):
        caller.due = millis(record.timestamp)
    state.walkers[child.path] = child
    enqueue(state, caller)
    enqueue(state, child)


def _give_up(state: State, caller: Walker, record: ChildLifecycle) -> None:
    """Nobody waits for the child any more; the attempt ends once nothing in it runs."""
    if caller.child is None:
        return
    caller.child.over = record.reason or record.kind
    caller.child.over_status = record.status or "fail"
    caller.due = None
    for walker in state.subtree(caller.child.path):
        doom(state, walker)
    enqueue(state, caller)


def _next_look(state: State, caller: Walker, record: ChildLifecycle) -> int:
    work = caller.step.work
    assert isinstance(work, Manager)
    pause = work.poll_interval_ms if "wait" in work.actions else 0
    return millis(record.timestamp) + pause


def _steered(state: State, caller: Walker, called: ChildRun, record: ChildLifecycle) -> None:
    called.steering = False
    called.steered = record.cycle or 0
    state.running.pop(caller.path, None)
    caller.process = None
    caller.due = _next_look(state, caller, record)
    child = state.walkers.get(called.path)
    if child is not None:
        called.pending.update(record.context_updates)
        tell(state, child)
        enqueue(state, child)
    enqueue(state, caller)
    if caller.doomed:
        wake_ancestors(state, caller)


def tell(state: State, child: Walker) -> None:
    """Put what a supervisor said into its child's context, if that is between two stages.

    All attempts of a stage see what it was entered with, and a merge sees what was there at the
    fork (semantics 6, 7).
    """
    caller = state.walkers.get(child.caller or "")
    if caller is None or caller.child is None or child.fork is not None:
        return
    entered = child.visits.get(child.node, 0) >= child.visit
    if entered and child.phase not in (Phase.ROUTE, Phase.STOPPED):
        return
    for key, value in caller.child.pending.items():
        child.context.set(key, value, caller.writer)
    caller.child.pending.clear()


def did_nothing(state: State, caller: Walker) -> bool:
    """Whether no stage of the child that a walker called had an effect."""
    child = None if caller.child is None else state.walkers.get(caller.child.path)
    return child is not None and child.idle_stages == sum(child.visits.values())


def timed(plan: Plan) -> bool:
    """Whether time has to be counted: for joins, for branches, for what stages run."""
    policies = [region.policy for one in plan.family for region in one.regions.values()]
    if any(policy.join_timeout_ms or policy.branch_timeout_ms for policy in policies):
        return True
    steps = (step for one in plan.family for step in one.steps.values())
    return any(child_of(step.work) is not None for step in steps)
