"""What a walker does next: enter a stage, commit one that needs no effect, route, stop.

The trunk and every branch go through the same code (semantics 2). Pure. It must not know
how joins are decided: that is `branches`.
"""

from __future__ import annotations

from typing import Any, assert_never

from attractorc.compiler.expr import condition_text
from attractorc.compiler.plan.model import (
    Agent,
    Child,
    Conditional,
    Custom,
    Exit,
    FanIn,
    Human,
    Manager,
    Parallel,
    Route,
    Start,
    Tool,
)
from attractorc.compiler.value import Json

from ..evaluate import Scene
from ..outcome import End, Outcome, Status, failed
from ..records import RouteDecision
from ..records.drafts import InOrder
from ..routing import Choice, Spot, after_join, choose, only_way
from ..state import Phase, State, Walker
from . import children, drafts, fan_in, judging, people, unsure
from .commands import Command, Commit, FileWork, Finish, Limits, StartAttempt
from .gates import gate_route

IDLE_LIMIT = 10_000
RESTARTED = "restarted"
DEAD_END = {
    "no_route": "no edge of '{node}' matched: its outcome was {outcome}",
    "failed": "'{node}' failed and nothing routes its failure",
}


def decide_walker(state: State, walker: Walker, limits: Limits) -> tuple[Command, ...]:
    """Commands for a walker in `State.ready`; () if it must wait."""
    if walker.unsure:
        return () if limits.stopping else unsure.go_on(state, walker)
    match walker.phase:
        case Phase.ROUTE:
            return (Commit((_route(state, walker),)),)
        case Phase.ENTER:
            return _enter(state, walker, limits)
        case Phase.RUNNING:
            return _go_on(state, walker, limits)
        case Phase.STOPPED:
            return _stop(state, walker)
        case Phase.CALLING:
            return children.calling(state, walker, limits)
        case Phase.BACKOFF | Phase.ASKING | Phase.FORKED:
            return ()
    assert_never(walker.phase)


def start_attempt(state: State, walker: Walker) -> tuple[Command, ...]:
    """Commands for a walker in `State.startable`: journal the attempt, then run it."""
    if judging.is_judging(walker.step):
        return judging.start(state, walker)
    if (over := _limit(state, walker)) is not None:
        return _refused(state, walker, over)
    return (Commit((drafts.started(state, walker),)), StartAttempt(walker.path))


def _limit(state: State, walker: Walker) -> str | None:
    """Why a walker may not enter its node any more; its walk then ends, wherever it leads."""
    limit = walker.step.max_visits
    if limit is not None and walker.visit > limit:
        times = "once" if limit == 1 else f"{limit} times"
        return f"'{walker.node}' may be visited {times} (max_visits)"
    if walker.idle_stages >= IDLE_LIMIT:
        return f"went through {IDLE_LIMIT} stages in a row, none of which did anything"
    return None


def _refused(state: State, walker: Walker, reason: str) -> tuple[Command, ...]:
    outcome = failed(reason, permanent=True, source="engine")
    return (Commit((drafts.committed(state, walker, outcome),)),)


def _enter(state: State, walker: Walker, limits: Limits) -> tuple[Command, ...]:
    work = walker.step.work
    if limits.stopping:
        return ()
    if state.awaits_workspace(walker):
        return (FileWork(walker.path, "make"),)
    if (over := _limit(state, walker)) is not None:
        return _refused(state, walker, over)
    if isinstance(work, Exit) and (gated := gate_route(state, walker)) is not None:
        return (Commit((gated,)),)
    return (Commit((drafts.started(state, walker),)),)


def _go_on(state: State, walker: Walker, limits: Limits) -> tuple[Command, ...]:
    """A started stage that runs no handler."""
    step = walker.step
    match step.work:
        case Start() | Exit():
            return _commit(state, walker, Outcome(Status.SUCCESS, source="engine"))
        case Conditional():
            kept = Outcome(
                walker.outcome,
                preferred_label=walker.preferred_label,
                failure_reason=walker.reason if walker.outcome is Status.FAIL else "",
                source="engine",
            )
            return _commit(state, walker, kept)
        case Human():
            return () if limits.stopping else people.go_on(state, walker)
        case Parallel():
            return fan_in.fan_out(state, walker, limits)
        case FanIn():
            return fan_in.fan_in(state, walker, limits)
        case Child() | Manager():
            return () if limits.stopping else children.begin(state, walker)
        case Tool() | Agent() | Custom():
            raise AssertionError(f"{walker.stage} runs a handler and is not decided here")
    assert_never(step.work)


def _commit(state: State, walker: Walker, outcome: Outcome) -> tuple[Command, ...]:
    return (Commit((drafts.committed(state, walker, outcome),)),)


def _route(state: State, walker: Walker) -> RouteDecision:
    step = walker.step
    join_at = None if walker.parent_fork is None else state.join_at(walker)
    if (over := _limit(state, walker)) is not None:
        return drafts.route(
            state, walker, "limit", terminated_status="fail", terminated_reason=over
        )
    if isinstance(step.work, Exit):
        return drafts.route(state, walker, "exit", terminated_status=walker.status.value)
    choice = _choice(state, walker, join_at)
    arrives = choice.target is not None and choice.target == join_at
    ends_well = arrives or (choice.target is None and choice.rule == "dead_end")
    if walker.parent_fork is not None and ends_well and walker.status.succeeded:
        gated = gate_route(state, walker)
        if gated is not None:
            return gated
    return _taken(state, walker, choice)


def _choice(state: State, walker: Walker, join_at: str | None) -> Choice:
    step = walker.step
    routed = Status.SUCCESS if isinstance(step.work, Conditional) else walker.status
    fork = None if walker.fork is None else state.forks.get(walker.fork)
    if fork is None and routed is not Status.FAIL:
        way = only_way(step, walker.preferred_label, walker.suggested)
        if way is not None:
            return way
    scene = Scene(walker.outcome.value, walker.preferred_label, walker.context)
    spot = Spot(step, routed, scene, walker.suggested, join_at)
    if isinstance(step.work, Parallel) and fork is not None:
        carried = fork.region.meeting == "fan_in"
        return after_join(walker.plan, spot, fork.region.join_at, carried)
    return choose(walker.plan, spot)


def _taken(state: State, walker: Walker, choice: Choice) -> RouteDecision:
    if choice.target is None:
        status = walker.status if choice.rule == "dead_end" else Status.FAIL
        reason = walker.reason
        if choice.rule == "no_route" or not reason:
            template = DEAD_END.get(choice.rule, "")
            reason = template.format(node=walker.node, outcome=walker.outcome.value)
        return drafts.route(
            state,
            walker,
            choice.rule,
            terminated_status=status.value,
            terminated_reason=reason or None,
            notes=list(choice.notes),
        )
    route = choice.route
    restarts = route is not None and route.restart
    if restarts and (over := _no_restart(state, walker)) is not None:
        return drafts.route(
            state, walker, "limit", terminated_status="fail", terminated_reason=over
        )
    more: dict[str, Any] = {}
    if route is not None and route.condition is not None:
        more["condition"] = condition_text(route.condition)
    if restarts:
        more["loop_restart"] = True
    if choice.notes:
        more["notes"] = list(choice.notes)
    edge = _edge(walker.node, choice.target, route)
    return drafts.route(state, walker, choice.rule, selected_edge=edge, **more)


def _no_restart(state: State, walker: Walker) -> str | None:
    """Why a walker may not start the run anew; None if it may."""
    would, limit = f"'{walker.node}' would start the run anew", state.plan.max_restarts
    if walker.path:
        return f"{would}, which only the trunk of the run's own pipeline may (loop_restart)"
    if state.restarts < limit:
        return None
    return f"{would}, which may happen {'once' if limit == 1 else f'{limit} times'} (max_restarts)"


def _edge(source: str, target: str, route: Route | None) -> dict[str, Json]:
    edge = InOrder()
    if route is not None and route.fidelity:
        # What an agent there is told depends on the edge that was taken (specification 5.4).
        edge["fidelity"] = route.fidelity
    edge["from"] = source
    if route is not None and route.label:
        edge["label"] = route.label
    if route is not None and route.thread_id:
        edge["thread"] = route.thread_id
    edge["to"] = target
    return edge


ENDS = {
    Status.SUCCESS: End.SUCCESS,
    Status.SKIPPED: End.SUCCESS,
    Status.PARTIAL_SUCCESS: End.PARTIAL_SUCCESS,
}


def _stop(state: State, walker: Walker) -> tuple[Command, ...]:
    fork = state.own_fork(walker)
    if fork is None and walker.caller is not None:
        return children.returned(state, walker)
    if fork is None:
        if state.restart_at:
            return (Finish(RESTARTED, ""),)
        status = Status.SUCCESS if walker.status is Status.SKIPPED else walker.status
        reason = walker.reason if status is Status.FAIL else ""
        return (Finish(status.value, reason),)
    branch = fork.branches[walker.branch_index]
    end = ENDS.get(walker.status, End.FAIL)
    return (
        Commit(
            (
                drafts.parallel(
                    fork,
                    "branch_arrived",
                    branch_id=branch.id,
                    branch_index=branch.index,
                    branch_path=branch.path,
                    status=str(end),
                    reason=walker.reason if end is End.FAIL and walker.reason else None,
                    terminal_stage=walker.last_stage or None,
                ),
            )
        ),
    )
