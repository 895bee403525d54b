"""A stage that runs another pipeline: its start, and what its end is for the stage.

The child's own steps are decided like any others. Inputs are worked out when the stage is
entered; of what the child wrote, only the keys that the stage declares come out. Pure. It
must not know where a pipeline came from.
"""

from __future__ import annotations

import json
from typing import cast

from attractorc.compiler.plan.child import MAX_NESTED, Child, Given, child_of
from attractorc.compiler.plan.model import Input, Manager, Plan
from attractorc.compiler.plan.template import ContextRef, InputRef
from attractorc.compiler.value import Json, as_text, canonical, checked

from ..evaluate import looked_up, render
from ..outcome import Outcome, Status, failed
from ..state import State, Walker
from ..state.children import plan_below
from . import drafts, supervising
from .attempts import concluded
from .child_writes import declared_writes
from .commands import Command, Commit, Limits
from .given_up import below

SOURCE = "pipeline"
_SHOWN_CHARS = 72


class Unfit(Exception):
    """What an input is given cannot be given to it; one clause."""


def begin(state: State, walker: Walker) -> tuple[Command, ...]:
    """Commands of a started stage that runs a pipeline: its start, or why there is none."""
    plan = plan_below(state, walker)
    if _around(state, walker) >= MAX_NESTED:
        reason = (
            f"'{walker.node}' would run '{plan.name}' as pipeline number {MAX_NESTED + 1} in one"
            f" another; at most {MAX_NESTED} are, so one that runs itself needs a way out"
        )
        outcome = failed(reason, permanent=True, source="engine")
        return (Commit((drafts.committed(state, walker, outcome),)),)
    try:
        inputs = inputs_of(plan, cast("Child", child_of(walker.step.work)), walker)
    except Unfit as unfit:
        reason = f"'{walker.node}' cannot run the pipeline '{plan.name}': {unfit}"
        outcome = failed(reason, permanent=True, source="engine")
        return (Commit((drafts.committed(state, walker, outcome),)),)
    again = "" if walker.attempt == 1 else f"@{walker.attempt}"
    record = drafts.child(
        state,
        walker,
        "started",
        f"{walker.stage}{again}",
        pipeline=plan.name,
        plan_digest=plan.digest,
        inputs=inputs,
    )
    return (Commit((record,)),)


def _around(state: State, walker: Walker) -> int:
    """How many pipelines lie around a walker's stage, the run's own included."""
    count = 1
    current: Walker | None = walker
    while current is not None:
        count += current.caller is not None
        current = state.above(current)
    return count


def returned(state: State, child: Walker) -> tuple[Command, ...]:
    """Commands for a child that has come to its end: its outcome is the stage's."""
    caller = state.walkers[child.caller or ""]
    if caller.child is not None and caller.child.steering:
        return ()  # what is out comes back first
    status = Status.SUCCESS if child.status is Status.SKIPPED else child.status
    word = "failed" if status is Status.FAIL else "completed"
    told = _told(state, caller, word, status)
    if status is Status.FAIL:
        said = child.reason or "it gave no reason"
        reason = f"the pipeline '{child.plan.name}' failed: {said}"
        outcome = Outcome(status, failure_reason=reason, source=SOURCE, context_updates=told)
    else:
        out = declared_writes(caller.step, child)
        outcome = Outcome(status, source=SOURCE, context_updates={**out, **told})
    return (Commit(concluded(state, caller, outcome)),)


def calling(state: State, caller: Walker, limits: Limits) -> tuple[Command, ...]:
    """Commands for a stage whose child runs; () while there is nothing to do about it."""
    child = caller.child
    if child is None or limits.stopping:
        return ()
    if not child.over:
        return supervising.decided(state, caller, limits)
    below_it = [walker.path for walker in state.subtree(child.path)]
    if child.steering or any(path in state.running for path in below_it):
        return ()
    ended = tuple(below(state, child.path))
    return (
        Commit(
            (*ended, *concluded(state, caller, _given_up(state, caller))),
        ),
    )


def _given_up(state: State, caller: Walker) -> Outcome:
    child = caller.child
    assert child is not None
    status = Status(child.over_status)
    told = _told(state, caller, "stopped", status)
    if status is Status.FAIL:
        return Outcome(status, failure_reason=child.over, source="engine", context_updates=told)
    out = declared_writes(caller.step, state.walkers[child.path])
    return Outcome(status, notes=child.over, source="engine", context_updates={**out, **told})


def _told(state: State, caller: Walker, word: str, status: Status) -> dict[str, Json]:
    if not isinstance(caller.step.work, Manager):
        return {}
    return supervising.left(word, status.value)


def inputs_of(plan: Plan, work: Child, walker: Walker) -> dict[str, Json]:
    """The values of all inputs of a child. Raises `Unfit` for what is missing or misfits."""
    given = {one.name: one for one in work.given}
    return {
        declared.name: _value(declared, given[declared.name], walker)
        if declared.name in given
        else declared.default
        for declared in plan.inputs
    }


def _value(declared: Input, given: Given, walker: Walker) -> Json:
    if not given.template:
        return given.value
    match given.template:
        case (ContextRef(key),):
            value = looked_up(key, walker.context)
            if value is None and not declared.required:
                return declared.default
            if value is None:
                raise Unfit(f"its input '{declared.name}' is given '{key}', which has no value")
        case (InputRef(name),):
            value = walker.inputs.get(name)
        case _:
            value = render(given.template, walker.context, walker.inputs)
    fits = _typed(declared, value)
    if declared.enum and canonical(fits) not in [canonical(each) for each in declared.enum]:
        choices = ", ".join(canonical(each) for each in declared.enum)
        raise Unfit(f"its input '{declared.name}' must be one of {choices}, not {canonical(fits)}")
    return fits


def _typed(declared: Input, value: Json) -> Json:
    """A value with the declared type: as it is if it fits, else what its text means."""
    kind = declared.type
    if kind == "string":
        return as_text(value)
    if kind == "json" and not isinstance(value, str):
        return value
    if kind == "bool" and isinstance(value, bool):
        return value
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            if kind == "float":
                return float(value)
            if kind == "int" and value == int(value):
                return int(value)
        if isinstance(value, str):
            return _meant(kind, value.strip())
    except (ValueError, KeyError, RecursionError, OverflowError):
        pass
    text = canonical(value)
    shown = text if len(text) <= _SHOWN_CHARS else f"{text[: _SHOWN_CHARS - 3]}..."
    raise Unfit(f"its input '{declared.name}' is of type {kind}, and {shown} is not one")


def _meant(kind: str, text: str) -> Json:
    match kind:
        case "int":
            return int(text)
        case "float":
            return checked(float(text))  # neither a NaN nor an infinity
        case "bool":
            return {"true": True, "false": False}[text.lower()]
        case _:
            return checked(json.loads(text, parse_constant=_refuse))


def _refuse(name: str) -> Json:
    raise ValueError(name)
