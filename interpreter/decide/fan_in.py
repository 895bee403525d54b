"""Fan-outs and fan-ins as stages: the fork, the merge, and what they write.

The fan-out's stage lasts from its start until control leaves its branches; the merge is
decided at the fan-in, or at the fan-out where branches meet elsewhere (semantics 3, 6).
Pure. It must not know when a join is decided: that is `branches`.
"""

from __future__ import annotations

from collections.abc import Mapping

from attractorc.compiler.plan.model import FanIn
from attractorc.compiler.value import Json

from ..merges import MergeDecision, merge
from ..outcome import End, Outcome, Status, failed
from ..records import FanInDecision, Record
from ..state import Fork, State, Walker
from . import drafts, judging, workspaces
from .branch_results import results_of
from .branches import fan_out_status
from .commands import Command, Commit, Limits
from .forking import forked, result_keys


def fan_out(state: State, walker: Walker, limits: Limits) -> tuple[Command, ...]:
    """A started fan-out: fork, or commit it once its branches are behind it."""
    fork = state.forks.get(walker.fork or "")
    if fork is None or fork.stage != walker.stage:
        return forked(state, walker)
    assert fork.left
    if work := workspaces.closing(fork):
        return work
    if fork.region.meeting != "fan_in" and fork.decision is None:
        return _merge(state, walker, fork, limits)
    if fork.decision is not None and (work := workspaces.applying(walker, fork.decision)):
        return work
    return (Commit((fan_out_end(state, walker, fork),)),)


def fan_out_end(state: State, walker: Walker, fork: Fork) -> Record:
    """The commit of a fan-out that all branches are behind."""
    outcome = Outcome(
        Status(fan_out_status(fork)), context_updates=_results(fork, state), source="engine"
    )
    if outcome.status is Status.FAIL:
        outcome = _because(outcome, str((fork.join or {}).get("reason", "")))
    elif fork.decision is not None:
        updates = {**outcome.context_updates, **fork.decision.context_updates}
        outcome = Outcome(outcome.status, context_updates=updates, source="engine")
        if fork.decision.status == "fail":
            outcome = Outcome(Status.FAIL, context_updates=updates, source="engine")
            outcome = _because(outcome, fork.decision.reason or "")
    return drafts.committed(state, walker, outcome, **judging.carried(walker))


def fan_in(state: State, walker: Walker, limits: Limits) -> tuple[Command, ...]:
    """A started fan-in: ask for the winner if need be, decide the merge, commit what it says."""
    work = walker.step.work
    assert isinstance(work, FanIn)
    fork = state.forks.get(walker.fork or "")
    if fork is None or fork.region.fan_out != work.region:
        reason = (
            f"the fan-in '{walker.node}' was entered without branch results; "
            "only a fan-out whose branches meet there leads to it"
        )
        outcome = failed(reason, permanent=True, source="engine")
        return (Commit((drafts.committed(state, walker, outcome),)),)
    if fork.decision is None:
        return _merge(state, walker, fork, limits)
    if files := workspaces.applying(walker, fork.decision):
        return files
    return (Commit((fan_in_end(state, walker, fork.decision),)),)


def fan_in_end(state: State, walker: Walker, decision: FanInDecision) -> Record:
    """The commit of a fan-in, as its decision says."""
    outcome = Outcome(
        Status(decision.status), context_updates=decision.context_updates, source="engine"
    )
    if outcome.status is Status.FAIL:
        outcome = _because(outcome, decision.reason or "")
    return drafts.committed(state, walker, outcome, **judging.carried(walker))


def _because(outcome: Outcome, reason: str) -> Outcome:
    return Outcome(
        Status.FAIL,
        context_updates=outcome.context_updates,
        failure_reason=reason,
        permanent=True,
        source="engine",
    )


def _merge(state: State, walker: Walker, fork: Fork, limits: Limits) -> tuple[Command, ...]:
    draft = decision_of(state, walker, fork, limits)
    return workspaces.deciding(fork, draft) if isinstance(draft, FanInDecision) else draft


def decision_of(
    state: State, walker: Walker, fork: Fork, limits: Limits
) -> FanInDecision | tuple[Command, ...]:
    """The decision about winner and keys, without files yet; or what has to be asked first."""
    results = results_of(state, fork)
    asked = judging.go_on(state, walker, fork, results, limits)
    if not isinstance(asked, judging.Settled):
        return asked
    satisfied = bool(fork.satisfied)
    decided = merge(fork.region, results, walker.context, satisfied, asked.answers, asked.fault)
    return _decision(walker, fork, decided)


def _decision(walker: Walker, fork: Fork, decided: MergeDecision) -> FanInDecision:
    join = dict(fork.join or {})
    why = str(join.get("reason", ""))
    return FanInDecision(
        node_id=walker.node,
        path=walker.path,
        visit=walker.visit,
        fan_out=fork.region.fan_out,
        fan_out_visit=fork.visit,
        status=decided.status.value,
        reason=((decided.reason or why) if fork.satisfied else why) or None,
        join=join,
        branches=list(decided.branches),
        winner=dict(decided.winner),
        keys=list(decided.keys),
        context_updates=dict(decided.updates),
    )


def _results(fork: Fork, state: State) -> dict[str, Json]:
    """The context keys that a fan-out sets on every route (semantics 6)."""
    results: list[Mapping[str, Json]] = []
    for branch in fork.branches:
        assert branch.end is not None
        result: dict[str, Json] = {"branch_id": branch.id, "status": branch.end.value}
        walker = state.walkers.get(branch.path)
        if branch.end is not End.CANCELLED:
            if branch.reason:
                result["reason"] = branch.reason
            score = None if walker is None else walker.context.own.get("score")
            if score is not None:
                result["score"] = score.value
        results.append(result)
    return result_keys(fork.region, results)
