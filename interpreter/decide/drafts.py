"""Drafts of records: everything but run id, sequence number and time.

One function a family, so that decisions read as decisions. It must not decide.
"""

from __future__ import annotations

from typing import Any

from attractorc.compiler.plan.model import Work
from attractorc.compiler.value import Json

from ..fidelity import attempt_fields
from ..outcome import Outcome
from ..ports import Question
from ..records import (
    ChildLifecycle,
    InterviewLifecycle,
    ParallelLifecycle,
    RouteDecision,
    StageLifecycle,
)
from ..records.drafts import drafted
from ..state import Fork, State, Walker

HANDLER_NAMES = {
    "Start": "start",
    "Exit": "exit",
    "Conditional": "conditional",
    "Tool": "tool",
    "Agent": "agent",
    "Human": "wait.human",
    "Parallel": "parallel",
    "FanIn": "parallel.fan_in",
    "Child": "pipeline",
    "Manager": "stack.manager_loop",
}


def handler_name(work: Work) -> str:
    """The name of the handler that a kind of work needs; a custom one has its own."""
    name = HANDLER_NAMES.get(type(work).__name__)
    return name if name is not None else str(getattr(work, "type", ""))


def stage(state: State, walker: Walker, kind: str, **fields: Any) -> StageLifecycle:
    """A record about the walker's current attempt."""
    return _stage(state, walker, kind, fields)


def _stage(state: State, walker: Walker, kind: str, fields: dict[str, Any]) -> StageLifecycle:
    fields["kind"] = kind
    fields["node_id"] = walker.node
    fields["path"] = walker.path
    fields["visit"] = walker.visit
    fields["attempt"] = walker.attempt
    fields["stage_attempt_id"] = walker.attempt_id(state.run_id)
    return drafted(StageLifecycle, fields)


def started(state: State, walker: Walker) -> StageLifecycle:
    """The start of the walker's current attempt."""
    fields: dict[str, Any] = {} if walker.memory is None else attempt_fields(walker)
    fields["handler"] = handler_name(walker.step.work)
    fields["epoch"] = state.epoch
    return _stage(state, walker, "started", fields)


def committed(state: State, walker: Walker, outcome: Outcome, **fields: Any) -> StageLifecycle:
    """The final outcome of the walker's current stage."""
    kind = "completed" if outcome.status.succeeded else "failed"
    fields.update(spoken(outcome))
    return _stage(state, walker, kind, fields)


def spoken(outcome: Outcome) -> dict[str, Any]:
    """What an outcome says, as fields of a stage record."""
    said: dict[str, Any] = {
        "status": str(outcome.status),
        "context_updates": dict(outcome.context_updates),
        "outcome_source": outcome.source,
    }
    # Most say no more than this, and what a record is not given need not be left out again.
    if outcome.preferred_label:
        said["preferred_label"] = outcome.preferred_label
    if outcome.suggested_next_ids:
        said["suggested_next_ids"] = list(outcome.suggested_next_ids)
    if outcome.notes:
        said["notes"] = outcome.notes
    if outcome.failure_reason:
        said["failure_reason"] = outcome.failure_reason
    if outcome.permanent:
        said["permanent"] = True
    if outcome.agent or outcome.session or outcome.ignored:
        said |= heard(outcome)
    return said


def heard(outcome: Outcome) -> dict[str, Any]:
    """What came with an outcome and decides nothing, as fields of a stage record."""
    return {
        "session": outcome.session or None,
        "agent": dict(outcome.agent),
        "ignored": list(outcome.ignored),
    }


def child(
    state: State, walker: Walker, kind: str, child_path: str, **fields: Any
) -> ChildLifecycle:
    """A record about the pipeline that the walker's current attempt runs."""
    return ChildLifecycle(
        kind=kind,
        node_id=walker.node,
        path=walker.path,
        visit=walker.visit,
        attempt=walker.attempt,
        stage_attempt_id=walker.attempt_id(state.run_id),
        child_path=child_path,
        **fields,
    )


def route(state: State, walker: Walker, rule: str, **fields: Any) -> RouteDecision:
    """A decision about where the walker goes after its current stage."""
    fields["node_id"] = walker.node
    fields["path"] = walker.path
    fields["visit"] = walker.visit
    fields["stage_attempt_id"] = walker.attempt_id(state.run_id)
    fields["rule"] = rule
    return drafted(RouteDecision, fields)


def parallel(fork: Fork, kind: str, **fields: Any) -> ParallelLifecycle:
    """A record about a fork."""
    fields["kind"] = kind
    fields["node_id"] = fork.region.fan_out
    fields["path"] = fork.path
    fields["visit"] = fork.visit
    return drafted(ParallelLifecycle, fields)


def asked(walker: Walker, question: Question) -> InterviewLifecycle:
    """A question that is put to a person."""
    shown: list[Json] = [
        {"key": option.key, "label": option.label, "target": option.target}
        for option in question.options
    ]
    return InterviewLifecycle(
        kind="started",
        node_id=walker.node,
        path=walker.path,
        visit=walker.visit,
        question_id=question.id,
        question=question.text,
        options=shown,
        default_choice=question.default,
        form=None if question.form == "choice" else question.form,
    )


def withdrawn(walker: Walker, question_id: str) -> InterviewLifecycle:
    """A question that nobody needs an answer to any more."""
    return InterviewLifecycle(
        kind="withdrawn",
        node_id=walker.node,
        path=walker.path,
        visit=walker.visit,
        question_id=question_id,
    )
