"""The agent handler: a prompt to a backend, its response as context.

A backend is whatever answers prompts; it is chosen by name, the node's own or the run's.
The handler knows what becomes of a response, and no backend's ways.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from attractorc.compiler.plan.model import Agent, Step
from attractorc.compiler.value import Json

from ..outcome import PROMPT_FILE, RESPONSE_FILE, TURN_FILE, Outcome, Status, failed
from ..ports import Call
from ..state.memory import agent_of
from .results import declared_key
from .sending import Sending, sending
from .status_file import decided

LAST_RESPONSE_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Response:
    """What a backend came to: its text, how it went, and further files of the attempt.

    `status_file` is where a program that answered may have written a status of its own. `session`
    is the backend's name for the conversation, '' where it keeps none: a call that goes on with it
    has it in `Call.session`.
    """

    text: str
    status: Status = Status.SUCCESS
    failure_reason: str = ""
    permanent: bool = False
    source: str = "handler"
    status_file: Path | None = None
    artifacts: Mapping[str, bytes] = field(default_factory=dict)
    session: str = ""


class Backend(Protocol):
    """Answers prompts. Cancellation as for a handler.

    One that neither waits nor does anything outside the process may also have
    `respond_at_once(call, agent, prompt) -> Response`, which is then asked instead. `prompt` is
    all there is to send; with `takes_messages = True`, only the new turn of a conversation
    that `call.carried` has (`sending`).
    """

    def unready(self) -> str | None:
        """Why it cannot be used, one sentence; None if it can. Starts nothing."""
        ...

    async def respond(self, call: Call, agent: Agent, prompt: str) -> Response: ...


class AgentHandler:
    """Runs agent stages over named backends (specification 4.5)."""

    def __init__(self, backends: Mapping[str, Backend], default: str) -> None:
        """`default` is the run's backend, which a node's own `backend` overrides."""
        self._backends = dict(backends)
        self._default = default

    def unready(self, steps: tuple[Step, ...]) -> str | None:
        """Why these agent stages could not be run, one sentence; None if they could."""
        for step in steps:
            name = _agent(step).backend or self._default
            backend = self._backends.get(name)
            reason = backend.unready() if backend else self._unknown(name)
            if reason:
                return f"node '{step.id}' cannot be run: {reason}"
        return None

    def _unknown(self, name: str) -> str:
        return f"there is no agent backend '{name}', only {', '.join(sorted(self._backends))}"

    def at_once(self, call: Call) -> Outcome | None:
        """The outcome of a backend that has its responses ready; None for any other."""
        agent = _agent(call.step)
        backend = self._backends.get(agent.backend or self._default)
        respond = getattr(backend, "respond_at_once", None)
        if respond is None:
            return None
        sent = sending(call, agent.backend or self._default, backend)
        response = respond(sent.call, agent, sent.text)
        return _outcome(sent, agent.backend or self._default, response)

    async def run(self, call: Call) -> Outcome:
        agent = _agent(call.step)
        name = agent.backend or self._default
        backend = self._backends.get(name)
        if backend is None:
            return failed(self._unknown(name), permanent=True)
        sent = sending(call, name, backend)
        response = await backend.respond(sent.call, agent, sent.text)
        outcome = _outcome(sent, name, response)
        if response.status_file is None:
            return outcome
        return decided(outcome, response.status_file, call.step)


def _outcome(sent: Sending, name: str, response: Response) -> Outcome:
    """The outcome of what was sent, with what the next stage of its thread needs of it."""
    outcome = agent_outcome(sent.call.step, sent.shown, response)
    if not sent.call.carried.thread and not response.session:
        return outcome
    artifacts = dict(outcome.artifacts)
    if sent.turn is not sent.shown:
        artifacts[TURN_FILE] = sent.turn.encode("utf-8", "replace")
    return replace(
        outcome,
        artifacts=artifacts,
        session=response.session,
        agent={"backend": name, **outcome.agent},
    )


def _agent(step: Step) -> Agent:
    return agent_of(step) or Agent(prompt=())


def agent_outcome(step: Step, prompt: str, response: Response) -> Outcome:
    """What a response means: the specification's keys, and the one key that the step declares."""
    updates: dict[str, Json] = {
        "last_response": response.text[:LAST_RESPONSE_LIMIT],
        "last_stage": step.id,
    }
    key = declared_key(step)
    if key is not None:
        updates[key] = response.text
    return Outcome(
        status=response.status,
        context_updates=updates,
        notes=f"Stage completed: {step.id}" if response.status.succeeded else "",
        failure_reason=response.failure_reason,
        permanent=response.permanent,
        source=response.source,
        artifacts={
            PROMPT_FILE: prompt.encode("utf-8", "replace"),
            RESPONSE_FILE: response.text.encode("utf-8", "replace"),
            **response.artifacts,
        },
    )
