"""Human gates: the question a stage asks, and the outcome that an answer is.

Choices are the step's edges (specification 4.6). Pure; asking is the driver's business.
"""

from __future__ import annotations

from attractorc.compiler.plan.labels import accelerator
from attractorc.compiler.plan.model import Human, Route, Step

from ..choices import choices_text
from ..evaluate import render
from ..outcome import Outcome, Status, failed
from ..ports import Option, Question
from ..records import InterviewLifecycle
from ..state import State, Walker
from . import drafts
from .attempts import concluded
from .commands import Ask, Command, Commit


def options(step: Step) -> tuple[Option, ...]:
    """One option for each edge of a gate: accelerator key, label and target."""
    return tuple(
        Option(_key(route), route.label or route.target, route.target) for route in step.routes
    )


def _key(route: Route) -> str:
    return route.key or accelerator(route.target)


def question(state: State, walker: Walker) -> Question:
    """The question of the gate that a walker stands at."""
    step = state.step(walker)
    assert isinstance(step.work, Human)
    return Question(
        id=walker.stage,
        text=render(step.work.question, walker.context, walker.inputs) or step.label,
        options=options(step),
        node_id=walker.node,
        path=walker.path,
        default=step.work.default_choice,
        timeout_ms=step.timeout_ms,
    )


def go_on(state: State, walker: Walker) -> tuple[Command, ...]:
    """Ask, or commit what the answer means."""
    if walker.answer is not None:
        return (Commit(concluded(state, walker, _outcome(state, walker, walker.answer))),)
    if not state.step(walker).routes:
        reason = f"the human gate '{walker.node}' has no outgoing edges to choose from"
        outcome = failed(reason, permanent=True, source="engine")
        return (Commit((drafts.committed(state, walker, outcome),)),)
    return (Commit((drafts.asked(walker, question(state, walker)),)), Ask(walker.path))


def _outcome(state: State, walker: Walker, answer: InterviewLifecycle) -> Outcome:
    choices = options(state.step(walker))
    if answer.selected_index is not None:
        chosen = choices[answer.selected_index]
        return Outcome(
            Status.SUCCESS,
            preferred_label=chosen.label,
            suggested_next_ids=(chosen.target,),
            context_updates={
                "human.gate.selected": chosen.key,
                "human.gate.label": chosen.label,
            },
            source="person",
        )
    return unanswered(walker.node, answer, choices)


def unanswered(
    node: str,
    answer: InterviewLifecycle,
    choices: tuple[Option, ...],
    missing: str = "it has no default",
) -> Outcome:
    """What an answer means that chooses nothing; `missing` says why a timeout does not."""
    if answer.kind == "timeout":
        reason = f"nobody answered '{node}' in time, and {missing}"
        return Outcome(Status.RETRY, failure_reason=reason, source="engine")
    if answer.answer == "skipped":
        return failed(f"the question of '{node}' was skipped", source="person")
    reason = f"the answer '{answer.answer}' is no choice of '{node}'"
    return failed(f"{reason}: {choices_text(choices)}", source="person")
