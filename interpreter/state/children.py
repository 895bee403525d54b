"""What records about child pipelines do to the state.

A child is a walker of its own, over a plan of its own, below the stage that runs it; it goes
when the attempt ends. The third part of `apply`, beside `forks` and `endings`. It must not
decide anything.
"""

from __future__ import annotations

from collections.abc import Mapping

from attractorc.compiler.plan.model import Child, Plan
from attractorc.compiler.value import Json

from ..context import Context
from ..records import ChildLifecycle
from .called import ChildRun
from .endings import doom
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
    work = walker.step.work
    assert isinstance(work, Child), f"{walker.stage} runs no pipeline"
    return state.plan.children[work.plan] if work.plan else walker.plan


def taken(state: State, record: ChildLifecycle) -> None:
    """Take a record of the family of children into the state."""
    caller = state.walkers.get(record.path)
    if caller is None:
        return
    match record.kind:
        case "started":
            _start(state, caller, record)
        case "timeout":
            _give_up(state, caller, record)
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
    state.walkers[child.path] = child
    enqueue(state, caller)
    enqueue(state, child)


def _give_up(state: State, caller: Walker, record: ChildLifecycle) -> None:
    """Nobody waits for the child any more; the attempt ends once nothing in it runs."""
    if caller.child is None:
        return
    caller.child.over = record.reason or record.kind
    for walker in state.subtree(caller.child.path):
        doom(state, walker)
    enqueue(state, caller)


def did_nothing(state: State, caller: Walker) -> bool:
    """Whether no stage of the child that a walker called had an effect."""
    child = None if caller.child is None else state.walkers.get(caller.child.path)
    return child is not None and child.idle_stages == sum(child.visits.values())
