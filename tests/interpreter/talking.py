"""Agents that remember whom they talked to: what fidelity and threads are tested with.

Three kinds of backend: one with sessions, one that takes messages, one with neither. Each keeps
what it was sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from attractorc.compiler.plan.model import Agent, Step
from attractorc.interpreter.carried import Conversation
from attractorc.interpreter.handlers.agent import AgentHandler, Backend, Response
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.ports import Call
from attractorc.interpreter.state.memory import agent_of

from .pipelines import Behaviour, Scripted, step


@dataclass(frozen=True)
class Heard:
    """One prompt that a backend was sent, and what came with it."""

    path: str
    stage: str
    attempt: int
    session: str
    fidelity: str
    thread: str
    prompt: str
    conversation: Conversation


class Talker:
    """A backend that answers `<node> answers` and keeps what it heard."""

    def __init__(self, answers: Mapping[str, list[Response]] | None = None) -> None:
        self.heard: list[Heard] = []
        self._answers = {node: list(each) for node, each in (answers or {}).items()}

    def unready(self, agent: Agent) -> str | None:
        return None

    async def respond(self, call: Call, agent: Agent, prompt: str) -> Response:
        carried = call.carried
        self.heard.append(
            Heard(
                call.path,
                call.step.id,
                call.attempt,
                call.session,
                carried.fidelity,
                carried.thread,
                prompt,
                carried.conversation(),
            )
        )
        await asyncio.sleep(0)
        return self.answer(call)

    def answer(self, call: Call) -> Response:
        if self._answers.get(call.step.id):
            return self._answers[call.step.id].pop(0)
        return Response(f"{call.step.id} answers", session=self.session(call))

    def session(self, call: Call) -> str:
        return ""

    def at(self, stage: str) -> list[Heard]:
        return [heard for heard in self.heard if heard.stage == stage]


class Sessions(Talker):
    """Names a session for each fresh conversation, and goes on with one that it is given."""

    def __init__(
        self, name: str = "s", answers: Mapping[str, list[Response]] | None = None
    ) -> None:
        super().__init__(answers)
        self._name = name
        self._count = 0

    def session(self, call: Call) -> str:
        if call.session:
            return call.session
        self._count += 1
        return f"{self._name}{self._count}"


class Messages(Talker):
    """Takes earlier turns as messages."""

    takes_messages = True


class Agents(Scripted):
    """Agent stages over a backend; any other as scripted."""

    def __init__(
        self,
        backend: Backend,
        behaviour: Mapping[str, Behaviour | list[Behaviour]] | None = None,
        **others: Backend,
    ) -> None:
        super().__init__(behaviour)
        self._agents = AgentHandler({"main": backend, **others}, "main")

    async def run(self, call: Call) -> Outcome:
        if agent_of(call.step) is None or call.step.id in self.behaviour:
            return await super().run(call)
        self.calls.append(call)
        return await self._agents.run(call)


def agent(name: str, *routes: Any, prompt: str = "", **fields: Any) -> Step:
    """An agent stage; `fidelity`, `thread` and `backend` are its own."""
    work = Agent(
        (prompt or f"Do {name}",),
        backend=fields.pop("backend", None),
        fidelity=fields.pop("fidelity", None),
        thread_id=fields.pop("thread", None),
    )
    return step(name, *routes, work=work, **fields)


def failing(reason: str = "no idea", **fields: Any) -> Response:
    return Response("I give up", Status.FAIL, reason, **fields)
