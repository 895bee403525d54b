"""`apply`: what each record does to the state; the only code that changes it.

A fold: no decision is taken here, nothing is read but the record, the plan and the state.
Every record can be the last one before a crash, so each leaves a state that the next
decision can start from. It must not know how a record came about.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from attractorc.compiler.plan.model import Conditional, Human, Parallel, Plan

from ..outcome import STATUS_OF, Status
from ..ports import Process
from ..records import (
    CheckpointSaved,
    ChildLifecycle,
    FanInDecision,
    InterviewLifecycle,
    LinkStageToAgent,
    ParallelLifecycle,
    PlanChange,
    PlanRecord,
    Record,
    RouteDecision,
    RunLifecycle,
    SourceRecord,
    StageLifecycle,
)
from ..records.times import millis
from . import children, forks, memory
from .endings import cancel_run, forget_below, wake_ancestors
from .model import State
from .phases import Phase
from .queues import asks_after, brings_files, enqueue, handled, withdraw
from .walker import Walker

RUN_STATUS = {
    "initialized": "running",
    "resumed": "running",
    "stopped": "stopped",
    "parked": "parked",
    "cancelling": "cancelling",
    "cancelled": "cancelled",
}


def begin(plan: Plan) -> State:
    """The state before the first record."""
    return State(plan, timed=children.timed(plan))


def adopt(state: State, plan: Plan) -> None:
    """Go by another plan from now on: the one that the next record, a `PlanChange`, names.

    What was reached is the same in both, so that only what waits to begin is looked at again.
    """
    replaced, state.plan = state.plan, plan
    state.timed = state.timed or children.timed(plan)
    for walker in state.walkers.values():
        if walker.plan is replaced:  # a child's own plan was reached, and is the same in both
            walker.plan = plan
            walker.move(walker.node, walker.visit)
    if memory.has_agents(plan):
        for walker in state.walkers.values():
            walker.memory = walker.memory or memory.Memory()
    for fork in state.forks.values():
        fork.region = state.walkers[fork.path].plan.regions[fork.region.fan_out]
    for path in [*state.ready, *state.startable]:
        if (walker := state.walkers[path]).phase is Phase.ENTER:
            enqueue(state, walker)


def apply(state: State, record: Record) -> None:
    """Take one record into the state; records come in the order of `sequence_no`."""
    state.sequence_no = record.sequence_no
    if state.timed:
        _pass_time(state, record)
    _TAKE[type(record)](state, record)


def _pass_time(state: State, record: Record) -> None:
    """Count the time since the last record, unless nobody ran the run in it."""
    now = millis(record.timestamp)
    resumed = isinstance(record, RunLifecycle) and record.kind in ("initialized", "resumed")
    if not resumed and not isinstance(record, PlanChange):
        state.active_ms += max(0, now - state.now_ms)
    state.now_ms = now


def _run(state: State, record: RunLifecycle) -> None:
    state.status = (
        record.status or "fail" if record.kind == "finalized" else RUN_STATUS[record.kind]
    )
    state.reason = record.reason or ""
    if record.epoch is not None:
        state.epoch = record.epoch
    state.pauses_obeyed = max(state.pauses_obeyed, record.control or 0)
    if record.kind == "cancelling":
        cancel_run(state)
    if record.kind == "resumed":
        for walker in state.walkers.values():
            if walker.memory is not None:
                memory.resumed(walker.memory)
    if record.kind != "initialized":
        return
    state.run_id = record.run_id
    state.inputs = record.inputs
    state.options = record.options
    state.workspace = record.workspace or ""
    context = children.beginning(state.plan, record.inputs)
    state.restarts = record.restarts or 0
    start = record.start_at or state.plan.start
    trunk = Walker("", context, start, plan=state.plan, inputs=record.inputs)
    trunk.memory = memory.Memory() if memory.has_agents(state.plan) else None
    state.walkers[""] = trunk
    enqueue(state, trunk)


def _stage(state: State, record: StageLifecycle) -> None:
    walker = state.walkers.get(record.path)
    if walker is None:
        return
    match record.kind:
        case "started":
            walker.phase = Phase.RUNNING
            walker.attempt = record.attempt
            walker.visits[walker.node] = record.visit
            walker.context.set("current_node", walker.node, walker.writer)
            if walker.memory is not None:
                memory.begun(walker.memory, record)
            if isinstance(walker.step.work, Parallel):
                forks.clear_results(walker)
            forks.begin_branch(state, walker)
            if handled(state, walker) or brings_files(state, walker):
                state.running[walker.path] = None
            enqueue(state, walker)
        case "process_started":
            if record.pid is not None:
                walker.process = Process(record.pid, record.pid_started or "")
        case "completed" | "failed":
            state.completed_count += 1
            _commit_stage(state, walker, record)
        case "retrying":
            withdraw(state, walker)
            walker.phase = Phase.BACKOFF
            walker.attempt = record.next_attempt or record.attempt + 1
            walker.delay_ms = record.delay_ms or 0
            walker.due = millis(record.timestamp) + walker.delay_ms
            walker.answer = walker.verdict = None
            if walker.memory is not None:
                memory.retried(walker.memory, record)
            if walker.child is not None:
                forget_below(state, walker)
        case "ready" | "interrupted":
            withdraw(state, walker)
            walker.phase = Phase.ENTER
            walker.due = None
            walker.unsure = record.kind == "interrupted" and asks_after(walker.step)
            walker.answer = None
            enqueue(state, walker)
        case "judging":
            withdraw(state, walker)
            state.running[walker.path] = None
            if walker.memory is not None:
                memory.begun(walker.memory, record)
        case "judged":
            withdraw(state, walker)
            walker.verdict = record
            enqueue(state, walker)
        case "cancelled" | "ignored":
            if walker.doomed and record.stage_attempt_id == walker.attempt_id(state.run_id):
                withdraw(state, walker)
                walker.phase = Phase.STOPPED
                wake_ancestors(state, walker)
        case _:
            raise AssertionError(f"no such stage record: {record.kind}")


def _commit_stage(state: State, walker: Walker, record: StageLifecycle) -> None:
    step = walker.step
    withdraw(state, walker)
    status = STATUS_OF[record.status or "fail"]
    writer = f"{walker.stage}@{record.attempt}"
    for key, value in record.context_updates.items():
        walker.context.set(key, value, writer)
    walker.status = status
    walker.last_stage = walker.stage
    walker.visits[walker.node] = record.visit
    walker.idle_stages = 0 if _did_something(state, walker) else walker.idle_stages + 1
    if not isinstance(step.work, Conditional):
        walker.reason = record.failure_reason or ""
        walker.outcome = status
        walker.preferred_label = record.preferred_label or ""
        walker.suggested = tuple(record.suggested_next_ids)
        walker.context.set("outcome", str(status), writer)
        if walker.preferred_label:
            walker.context.set("preferred_label", walker.preferred_label, writer)
    if status is Status.FAIL and record.attempt > 1:
        key = f"internal.retry_count.{walker.node}"
        walker.context.set(key, record.attempt - 1, writer)
    if walker.memory is not None:
        memory.committed(walker.memory, step, record)
    if step.goal_gate:
        walker.gates[walker.node] = status
    walker.phase = Phase.ROUTE
    walker.answer = walker.verdict = walker.due = None
    walker.unsure = False
    if walker.child is not None:
        forget_below(state, walker)
    enqueue(state, walker)


def _did_something(state: State, walker: Walker) -> bool:
    """Whether the stage had an effect, asked a person, or had branches that ran."""
    if walker.child is not None:
        return not children.did_nothing(state, walker)
    work = walker.step.work
    return handled(state, walker) or isinstance(work, Human) or walker.fork is not None


def _route(state: State, record: RouteDecision) -> None:
    walker = state.walkers[record.path]
    left_from = walker.node
    if record.selected_edge is None:
        walker.phase = Phase.STOPPED
        if record.terminated_status:
            walker.status = STATUS_OF[record.terminated_status]
        walker.reason = record.terminated_reason or walker.reason
    elif record.loop_restart:
        walker.phase = Phase.STOPPED
        state.restart_at = str(cast("dict[str, Any]", record.selected_edge)["to"])
    else:
        edge: Mapping[str, Any] = record.selected_edge
        if walker.memory is not None:
            memory.routed(walker.memory, edge)
        target = str(edge["to"])
        walker.move(target, walker.visits.get(target, 0) + 1)
        walker.attempt = 1
        walker.sent_back += record.rule == "goal_gate"
        arrived = target == state.join_at(walker)
        walker.phase = Phase.STOPPED if arrived else Phase.ENTER
    walker.process = None
    forks.leave(state, walker, left_from)
    if walker.caller is not None:
        children.tell(state, walker)
    enqueue(state, walker)


def _interview(state: State, record: InterviewLifecycle) -> None:
    walker = state.walkers.get(record.path)
    match record.kind:
        case "started":
            state.questions[record.question_id] = record.path
            if walker is not None:
                withdraw(state, walker)
                walker.phase = Phase.ASKING
        case "completed" | "timeout":
            state.controls_obeyed = max(state.controls_obeyed, record.control or 0)
            state.questions.pop(record.question_id, None)
            if walker is not None:
                walker.phase = Phase.RUNNING
                walker.answer = record
                enqueue(state, walker)
        case "withdrawn":
            state.questions.pop(record.question_id, None)
        case _:
            raise AssertionError(f"no such interview record: {record.kind}")


def _linked(state: State, record: LinkStageToAgent) -> None:
    walker = state.walkers.get(record.path)
    if walker is not None and walker.memory is not None:
        memory.linked(walker.memory, record)


def _replanned(state: State, record: PlanChange) -> None:
    assert record.plan_digest == state.plan.digest, "its plan was not adopted"


def _nothing(_state: State, _record: Record) -> None:
    """It is for readers, and changes nothing."""


_TAKE: Mapping[type[Record], Callable[[State, Any], None]] = {
    RunLifecycle: _run,
    StageLifecycle: _stage,
    ParallelLifecycle: forks.parallel,
    RouteDecision: _route,
    InterviewLifecycle: _interview,
    FanInDecision: forks.merged,
    LinkStageToAgent: _linked,
    ChildLifecycle: children.taken,
    PlanChange: _replanned,
    **dict.fromkeys((SourceRecord, PlanRecord, CheckpointSaved), _nothing),
}
"""What each family of records does to the state."""
