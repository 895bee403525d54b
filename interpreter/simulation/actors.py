"""The actors of a simulated run: a handler and an interviewer that play a script.

They stand behind the same ports as real ones, and what they return goes through the same
rules: a scripted response or output becomes just what a real one would. They must not know
who calls them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NoReturn, assert_never

from attractorc.compiler.plan.model import Custom, Plan, Step, Tool
from attractorc.compiler.value import canonical

from ..handlers import AGENT, TOOL
from ..handlers.agent import Response, agent_outcome
from ..handlers.pipes import Captured
from ..handlers.processes import Ended
from ..handlers.tool import tool_outcome
from ..outcome import Outcome, Status
from ..ports import Answer, Call, Handler, Question
from .script import Play, Reply, Script, Turns
from .virtual_time import Stuck, VirtualLoop

TURNS_LIMIT = 10_000
SOURCE = "script"

_EXIT_CODES = {Status.RETRY: 75, Status.FAIL: 1}


class ScriptedHandler:
    """Plays the turns of a script, for tools, agents and custom types alike."""

    def __init__(self, script: Script) -> None:
        self._turns = Turns(script.stages)
        self._default = script.default

    def remember(self, path: str, node: str, stage: str, attempt_id: str) -> None:
        """Count an attempt that an earlier engine has made."""
        self._turns.take(path, node, stage, attempt_id)

    async def run(self, call: Call) -> Outcome:
        await _bounded(self._turns, call.path, call.step.id, call.attempt_id)
        play = self._turns.take(call.path, call.step.id, call.stage_id, call.attempt_id)
        play = play or self._default
        if call.candidates:
            play = _naming(play, call.candidates[0])
        await asyncio.sleep(play.after_ms / 1_000)
        if play.hang:
            await _for_ever()
        return played(call.step, play, call.prompt)


def _naming(play: Play, first: str) -> Play:
    """A play of a stage that chooses a winner: without a word of its own, the first candidate."""
    if not play.status.succeeded or play.response is not None or "winner" in play.writes:
        return play
    return replace(play, response=canonical({"winner": first}))


async def _bounded(turns: Turns[Any], path: str, node: str, attempt_id: str) -> None:
    """End a simulation that goes in circles: where nothing costs time, it would never end."""
    loop = asyncio.get_running_loop()
    if isinstance(loop, VirtualLoop) and turns.count(path, node, attempt_id) >= TURNS_LIMIT:
        times = f"{TURNS_LIMIT:,} times"
        loop.abort(Stuck(f"'{node}' had its turn {times}: the pipeline goes in circles"))
        await _for_ever()


async def _for_ever() -> NoReturn:
    await asyncio.Event().wait()
    raise AssertionError("nobody sets this event")


def played(step: Step, play: Play, prompt: str = "") -> Outcome:
    """The outcome that a play gives: a real handler's, with what the script says over it."""
    outcome = Outcome(play.status)
    if play.output is not None and isinstance(step.work, Tool):
        outcome = tool_outcome(step, step.work, _ended(play))
        if outcome.status is Status.SUCCESS:
            outcome = outcome._replace(status=play.status)
    elif play.response is not None:
        response = Response(play.response, play.status)
        outcome = agent_outcome(step, prompt or step.label or step.id, response)
    reason = play.reason or outcome.failure_reason
    if not reason and not outcome.status.succeeded:
        reason = f"the script says {outcome.status}"
    return outcome._replace(
        preferred_label=play.label,
        suggested_next_ids=play.next,
        context_updates={**outcome.context_updates, **play.writes},
        notes=play.notes or outcome.notes,
        failure_reason="" if outcome.status.succeeded else reason,
        permanent=play.permanent and outcome.status is Status.FAIL,
        source=SOURCE,
    )


def _ended(play: Play) -> Ended:
    """The end of a command that printed `output`; statuses that no exit code gives are 0."""
    data = (play.output or "").encode()
    return Ended(_EXIT_CODES.get(play.status, 0), Captured(data, data, len(data)), Captured())


class ScriptedInterviewer:
    """Plays the replies of a script; a question that none is for parks."""

    def __init__(self, script: Script) -> None:
        self._turns = Turns(script.answers)
        self._asked: dict[str, int] = {}

    def remember(self, path: str, node: str, stage: str) -> None:
        """Count an answer that an earlier engine was given."""
        self._turns.take(path, node, stage, self._next(stage))

    async def ask(self, question: Question) -> Answer:
        number = self._next(question.id)
        await _bounded(self._turns, question.path, question.node_id, number)
        reply = self._turns.take(question.path, question.node_id, question.id, number)
        reply = reply or Reply("park")
        await asyncio.sleep(reply.after_ms / 1_000)
        match reply.kind:
            case "answer":
                return Answer("chosen", reply.text, SOURCE)
            case "skip":
                return Answer("skipped", source=SOURCE)
            case "park":
                return Answer("parked", source=SOURCE)
            case "timeout":
                return await _for_ever()
        assert_never(reply.kind)

    def _next(self, stage: str) -> str:
        """A question that is asked again, after a retry of its gate, is another one."""
        self._asked[stage] = self._asked.get(stage, 0) + 1
        return f"{stage}@{self._asked[stage]}"


def scripted_handlers(plan: Plan, script: Script) -> tuple[ScriptedHandler, Mapping[str, Handler]]:
    """One scripted handler, and the table of a run that has it behind every name."""
    handler = ScriptedHandler(script)
    works = [step.work for one in plan.family for step in one.steps.values()]
    custom = {work.type for work in works if isinstance(work, Custom)}
    return handler, dict.fromkeys((TOOL, AGENT, *sorted(custom)), handler)
