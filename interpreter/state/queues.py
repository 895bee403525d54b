"""The small queues: which walkers and forks need a decision now.

Apart from `apply`, because walkers and forks both put each other into them. They hold
keys in the order of arrival and give O(1) removal. It must not know records.
"""

from __future__ import annotations

from attractorc.compiler.plan.model import Agent, Custom, Step, Tool

from .model import State
from .phases import Phase
from .walker import Walker

_HANDLED = (Tool, Agent, Custom)
# Asked after most records: a name of the module is found faster than one of its enumeration.
_ENTER, _RUNNING, _ROUTE, _STOPPED = Phase.ENTER, Phase.RUNNING, Phase.ROUTE, Phase.STOPPED


def handled(state: State, walker: Walker) -> bool:
    """Whether the walker's stage runs a handler, and so counts against `--jobs`."""
    return isinstance(walker.step.work, _HANDLED)


def asks_after(step: Step) -> bool:
    """Whether a person is asked what became of a stage's attempt that was interrupted."""
    return step.on_interrupted == "ask" and isinstance(step.work, _HANDLED)


def brings_files(state: State, walker: Walker) -> bool:
    """Whether the walker's stage changes files of its own workspace, as its merge decided."""
    fork = None if walker.fork is None else state.forks.get(walker.fork)
    decision = None if fork is None else fork.decision
    if decision is None or decision.status == "fail":
        return False
    return bool(decision.file_merge.get("changed"))


def enqueue(state: State, walker: Walker) -> None:
    """Put a walker where the next decision about it is looked for, if there is one."""
    path = walker.path
    state.ready.pop(path, None)
    state.startable.pop(path, None)
    if walker.doomed:
        return
    phase = walker.phase
    if phase is _ROUTE or phase is _STOPPED:
        state.ready[path] = None
    elif phase is _ENTER or phase is _RUNNING:
        if walker.unsure or not isinstance(walker.step.work, _HANDLED):
            state.ready[path] = None
        elif phase is _ENTER:
            queue = state.ready if state.awaits_workspace(walker) else state.startable
            queue[path] = None
    elif phase is Phase.CALLING:
        child = walker.child
        if child is not None and (child.over or child.cycle):
            state.ready[path] = None


def withdraw_queues(state: State, walker: Walker) -> None:
    """Take a walker out of the queues of decisions."""
    state.ready.pop(walker.path, None)
    state.startable.pop(walker.path, None)


def withdraw(state: State, walker: Walker) -> None:
    """Take a walker out of every queue; its attempt, if one was out, is over."""
    withdraw_queues(state, walker)
    state.running.pop(walker.path, None)
    walker.process = None
