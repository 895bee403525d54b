"""Asking for a winner: an agent by `prompt`, a person by `human` (semantics 6).

Part of the stage that merges: the fan-in, or the fan-out where branches meet elsewhere. The
agent's call is that stage's attempt, the person's question that stage's question; only what
ties under the keys before is put to either. Pure. It must not know how winners are compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from attractorc.compiler.plan.labels import accelerator
from attractorc.compiler.plan.model import Agent, FanIn, Judge, Parallel, Step
from attractorc.compiler.value import Json, canonical

from .. import retry
from ..evaluate import render
from ..fidelity import attempt_fields
from ..merges import ASKED, Answers, Asking, BranchResult, candidates, select
from ..outcome import Outcome, failed
from ..ports import Option, Question
from ..records import InterviewLifecycle, Record
from ..state import Fork, State, Walker
from . import drafts, people
from .attempts import concluded
from .branch_results import results_of
from .commands import Ask, Command, Commit, Limits, StartAttempt
from .winner_texts import NoAnswer, named, prompt_text

RESPONSE = "response.md"
_JUDGED = (FanIn, Parallel)
_SCORE_CHARS = 40


@dataclass(frozen=True, slots=True)
class Settled:
    """Nobody has to be asked any more: the answers, or in `fault` why there is none."""

    answers: Answers = field(default_factory=dict)
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Matter:
    """What is put to somebody: `tied` are the candidates to choose among, in declared order."""

    asking: Asking
    tied: tuple[BranchResult, ...]
    fan_out: str
    branches: tuple[str, ...]


def go_on(
    state: State, walker: Walker, fork: Fork, results: tuple[BranchResult, ...], limits: Limits
) -> Settled | tuple[Command, ...]:
    """Ask for the winner, wait for the answer, or say what came of it.

    Commands are () while the walker waits: for a slot of an attempt, or for whoever is asked.
    """
    asking = _asking(fork, results)
    if asking is None:
        return Settled()
    if asking.kind == "prompt":
        if walker.verdict is None:
            state.await_slot(walker.path)
            return ()
        if walker.verdict.answer not in asking.candidates:
            return Settled(fault=walker.verdict.failure_reason or "no candidate was named")
        return Settled({asking.kind: walker.verdict.answer})
    if walker.answer is None:
        return () if limits.stopping else _ask(state, walker)
    if walker.answer.selected_index is not None:
        return Settled({asking.kind: asking.candidates[walker.answer.selected_index]})
    step = walker.step
    outcome = _unanswered(state, walker, walker.answer)
    if retry.tries_again(step.retry, outcome, walker.attempt):
        return (Commit(concluded(state, walker, outcome)),)
    return Settled(fault=retry.final(step, outcome, walker.attempt).failure_reason)


def start(state: State, walker: Walker) -> tuple[Command, ...]:
    """Commands for a walker that has a slot: journal what is asked, then ask the agent."""
    asking = matter(state, walker).asking
    asked: dict[str, Json] = {"key": asking.kind, "candidates": list(asking.candidates)}
    more = attempt_fields(walker)
    record = drafts.stage(state, walker, "judging", handler="agent", asked=asked, **more)
    return (Commit((record,)), StartAttempt(walker.path))


def is_judging(step: Step) -> bool:
    """Whether an attempt of this step that is out is an agent's, asked for a winner."""
    return isinstance(step.work, _JUDGED)


def agent_prompt(state: State, walker: Walker) -> str:
    """What the agent is told: the author's instruction, the candidates, the answer's form."""
    agent = _judge(state, walker).agent or Agent(())
    instruction = render(agent.prompt, walker.context, walker.inputs)
    return prompt_text(instruction, matter(state, walker).tied)


def judged(
    state: State, walker: Walker, outcome: Outcome, duration_ms: int, factor: float
) -> tuple[Record, ...]:
    """Records for what came of an agent's call; its context updates are nobody's result."""
    step, found = walker.step, matter(state, walker)
    fault = outcome
    if outcome.status.succeeded:
        try:
            answer = named(
                _response(outcome), found.fan_out, found.asking.candidates, found.branches
            )
        except NoAnswer as error:
            fault = failed(str(error))
        else:
            more = drafts.heard(outcome)
            judged = drafts.stage(
                state, walker, "judged", answer=answer, duration_ms=duration_ms, **more
            )
            return (judged,)
    fault = Outcome(
        fault.status,
        failure_reason=fault.failure_reason or "the agent gave no reason",
        permanent=fault.permanent,
        source=fault.source,
        agent=outcome.agent,
        session=outcome.session,
        ignored=outcome.ignored,
    )
    if retry.tries_again(step.retry, fault, walker.attempt):
        return concluded(state, walker, fault, duration_ms=duration_ms, factor=factor)
    final = retry.final(step, fault, walker.attempt)
    fault = fault._replace(failure_reason=final.failure_reason or fault.failure_reason)
    return (unjudged(state, walker, fault, duration_ms),)


def unjudged(
    state: State, walker: Walker, fault: Outcome, duration_ms: int | None = None
) -> Record:
    """The record of a call that names no winner, and is not tried again."""
    return drafts.stage(
        state,
        walker,
        "judged",
        failure_reason=fault.failure_reason,
        permanent=fault.permanent or None,
        duration_ms=duration_ms,
        **drafts.heard(fault),
    )


def carried(walker: Walker) -> Mapping[str, Any]:
    """What an agent's call leaves to the record of the stage's outcome: its files, its time."""
    verdict = walker.verdict
    if verdict is None:
        return {}
    return {"artifacts": dict(verdict.artifacts), "duration_ms": verdict.duration_ms}


def question(state: State, walker: Walker) -> Question:
    """The question to a person: one choice for each candidate that ties so far."""
    step, judge, found = walker.step, _judge(state, walker), matter(state, walker)
    ids = [each.id for each in found.tied]
    choices = tuple(
        Option(key, _label(each), each.id) for key, each in zip(_keys(ids), found.tied, strict=True)
    )
    default = judge.default_choice
    return Question(
        id=walker.stage,
        text=render(judge.question, walker.context, walker.inputs) or step.label,
        options=choices,
        node_id=walker.node,
        path=walker.path,
        default=default if default in ids else None,
        timeout_ms=step.timeout_ms,
    )


def matter(state: State, walker: Walker) -> Matter:
    """What the walker's stage asks; only while it asks."""
    fork = state.forks[walker.fork or ""]
    results = results_of(state, fork)
    asking = _asking(fork, results)
    assert asking is not None, f"{walker.stage} has nothing to ask"
    tied = tuple(each for each in results if each.id in asking.candidates)
    return Matter(asking, tied, fork.region.fan_out, tuple(each.id for each in results))


def _asking(fork: Fork, results: tuple[BranchResult, ...]) -> Asking | None:
    rule = fork.region.winner
    if not fork.satisfied or not any(key.kind in ASKED for key in rule.keys):
        return None
    found = select(rule, candidates(results))
    return found if isinstance(found, Asking) else None


def _judge(state: State, walker: Walker) -> Judge:
    work = walker.step.work
    assert isinstance(work, _JUDGED)
    assert work.judge is not None, f"the plan names nobody whom '{walker.node}' could ask"
    return work.judge


def _response(outcome: Outcome) -> str:
    """The agent's text; a host's own handler may give `winner` as a context update instead."""
    if RESPONSE in outcome.artifacts:
        return outcome.artifacts[RESPONSE].decode("utf-8", "replace")
    winner = outcome.context_updates.get("winner")
    return "" if winner is None else canonical({"winner": winner})


def _ask(state: State, walker: Walker) -> tuple[Command, ...]:
    return (Commit((drafts.asked(walker, question(state, walker)),)), Ask(walker.path))


def _unanswered(state: State, walker: Walker, answer: InterviewLifecycle) -> Outcome:
    asked, default = question(state, walker), _judge(state, walker).default_choice
    missing = "it has no default"
    if default is not None and asked.default is None:
        missing = f"its default '{default}' is not to be chosen"
    return people.unanswered(walker.node, answer, asked.options, missing)


def _label(result: BranchResult) -> str:
    words = [] if result.end.value == "success" else [result.end.value]
    if "score" in result.writes:
        text = canonical(result.writes["score"].value)
        words.append(f"score {text if len(text) <= _SCORE_CHARS else text[:_SCORE_CHARS] + '...'}")
    return f"{result.id} ({', '.join(words)})" if words else result.id


def _keys(ids: Sequence[str]) -> list[str]:
    """First letters where they tell the branches apart, else the ids themselves."""
    letters = [accelerator(each) for each in ids]
    apart = len({letter.casefold() for letter in letters}) == len(ids)
    return letters if apart else list(ids)
