"""Human gates: the question a stage asks, and the outcome that an answer is.

Choices are the step's edges (specification 4.6), unless it asks for words, for yes or no, or for
several options. Pure; asking is the driver's business.
"""

from __future__ import annotations

from typing import assert_never

from attractorc.compiler.plan.labels import accelerator
from attractorc.compiler.plan.model import Human, Route, Step
from attractorc.compiler.value import Json

from ..choices import CONFIRM, choices_text, match_choices
from ..evaluate import render
from ..outcome import Outcome, Status, failed
from ..ports import Option, Question
from ..records import InterviewLifecycle
from ..state import State, Walker
from . import drafts
from .attempts import concluded
from .commands import Ask, Command, Commit


def options(step: Step) -> tuple[Option, ...]:
    """What a gate lets a person choose: its edges, or where its form says so something else."""
    work = step.work
    assert isinstance(work, Human)
    match work.form:
        case "choice":
            return tuple(
                Option(_key(route), route.label or route.target, route.target)
                for route in step.routes
            )
        case "confirm":
            return CONFIRM
        case "multiple":
            return tuple(
                Option(str(number), text, text) for number, text in enumerate(work.options, 1)
            )
        case "freeform":
            return ()
    assert_never(work.form)


def _key(route: Route) -> str:
    return route.key or accelerator(route.target)


def question(state: State, walker: Walker) -> Question:
    """The question of the gate that a walker stands at."""
    step = walker.step
    assert isinstance(step.work, Human)
    return Question(
        id=walker.stage,
        text=render(step.work.question, walker.context, walker.inputs) or step.label,
        options=options(step),
        node_id=walker.node,
        path=walker.path,
        default=step.work.default_choice,
        timeout_ms=step.timeout_ms,
        form=step.work.form,
    )


def go_on(state: State, walker: Walker) -> tuple[Command, ...]:
    """Ask, or commit what the answer means."""
    if walker.answer is not None:
        return (Commit(concluded(state, walker, _outcome(state, walker, walker.answer))),)
    if (nothing := _nothing_to_choose(walker.step)) is not None:
        reason = f"the human gate '{walker.node}' has no {nothing} to choose from"
        outcome = failed(reason, permanent=True, source="engine")
        return (Commit((drafts.committed(state, walker, outcome),)),)
    return (Commit((drafts.asked(walker, question(state, walker)),)), Ask(walker.path))


def _nothing_to_choose(step: Step) -> str | None:
    work = step.work
    assert isinstance(work, Human)
    if work.form == "choice" and not step.routes:
        return "outgoing edges"
    return "options" if work.form == "multiple" and not work.options else None


def _outcome(state: State, walker: Walker, answer: InterviewLifecycle) -> Outcome:
    step = walker.step
    choices = options(step)
    assert isinstance(step.work, Human)
    if answer.form is not None:
        return _said(step, answer)
    if answer.selected_index is None:
        return unanswered(walker.node, answer, choices)
    chosen = choices[answer.selected_index]
    if step.work.form == "confirm":
        return _confirmed(step, chosen)
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


def _said(step: Step, answer: InterviewLifecycle) -> Outcome:
    """Words, or several options, as context: under the gate's keys and the one that it declares."""
    said: Json = answer.answer or ""
    updates: dict[str, Json] = {"human.gate.text": said}
    if answer.form == "multiple":
        several = match_choices(answer.answer or "", options(step)) or ()
        said = [option.label for option in several]
        updates = {"human.gate.selected": said, "human.gate.label": ", ".join(map(str, said))}
    if step.writes is not None and len(step.writes) == 1 and "*" not in step.writes[0]:
        updates[step.writes[0]] = said
    return Outcome(Status.SUCCESS, context_updates=updates, source="person")


def _confirmed(step: Step, chosen: Option) -> Outcome:
    """Yes is a success; no is one too if an edge is called so, else it is a failure."""
    updates: dict[str, Json] = {
        "human.gate.selected": chosen.target,
        "human.gate.label": chosen.label,
    }
    named = any(route.match == chosen.target for route in step.routes)
    if chosen.target == "no" and not named:
        reason = f"a person answered '{step.id}' with no"
        return Outcome(
            Status.FAIL,
            context_updates=updates,
            failure_reason=reason,
            permanent=True,
            source="person",
        )
    label = chosen.label if named else ""
    return Outcome(Status.SUCCESS, preferred_label=label, context_updates=updates, source="person")


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
        why = f" ({answer.source})" if answer.source else ""
        return failed(f"the question of '{node}' was skipped{why}", source="person")
    if not choices:
        return failed(f"the answer to '{node}' holds no words", source="person")
    reason = f"the answer '{answer.answer}' is no choice of '{node}'"
    return failed(f"{reason}: {choices_text(choices)}", source="person")
