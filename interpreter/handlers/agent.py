"""The agent handler: a prompt to a backend, its response as context.

A backend is whatever answers prompts; it is chosen by name, the node's own or the run's.
The handler knows what becomes of a response, and no backend's ways.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from attractorc.compiler.plan.model import Agent, Step
from attractorc.compiler.value import Json, nearest

from ..outcome import PROMPT_FILE, RESPONSE_FILE, TURN_FILE, Outcome, Status, failed
from ..ports import Call
from ..state.memory import agent_of
from .results import declared_key
from .sending import Sending, sending, sending_at_once
from .status_file import decided

LAST_RESPONSE_LIMIT = 200


_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Response(NamedTuple):
    """What a backend came to: its text, how it went, and further files of the attempt.

    `status_file` is where a program that answered may have written a status of its own. `session`
    is the backend's name for the conversation, '' where it keeps none: a call that goes on with it
    has it in `Call.session`. `usage` counts tokens (`input_tokens`, `output_tokens`,
    `cached_tokens`, `reasoning_tokens`) and money (`cost_usd`), as far as they are known; `tries`
    are the requests that it took. `ignored` as in an outcome.
    """

    text: str
    status: Status = Status.SUCCESS
    failure_reason: str = ""
    permanent: bool = False
    source: str = "handler"
    notes: str = ""
    status_file: Path | None = None
    artifacts: Mapping[str, bytes] = _NOTHING
    session: str = ""
    model: str = ""
    usage: Mapping[str, Json] = _NOTHING
    tries: int = 1
    ignored: tuple[str, ...] = ()


class Backend(Protocol):
    """Answers prompts. Cancellation as for a handler; `Call.session` is to be gone on with.

    One that neither waits nor does anything outside the process may also have
    `respond_at_once(call, agent, prompt) -> Response`, which is then asked instead. `prompt` is
    all there is to send; with `takes_messages = True`, only the new turn of a conversation
    that `call.carried` has (`sending`).
    """

    def unready(self, agent: Agent) -> str | None:
        """Why this stage cannot be asked of it, one sentence; None if it can. Starts nothing."""
        ...

    async def respond(self, call: Call, agent: Agent, prompt: str) -> Response | Outcome | str:
        """The answer. Text alone is a success; an outcome stands as it is."""
        ...


class AgentHandler:
    """Runs agent stages over named backends (specification 4.5)."""

    def __init__(
        self,
        backends: Mapping[str, Backend],
        default: str,
        providers: Mapping[str, str] | None = None,
        *,
        lenient: bool = False,
    ) -> None:
        """`default` is the run's backend. A node's own `backend` goes before it, and so does
        what `providers` names for its `llm_provider`. `lenient` is how status files are read."""
        self._backends = dict(backends)
        self._default = default
        self._providers = dict(providers or {})
        self._lenient = lenient

    def unready(self, steps: tuple[Step, ...]) -> str | None:
        """Why these agent stages could not be run, one sentence; None if they could."""
        found: dict[str, list[str]] = {}
        for step in steps:
            agent = _agent(step)
            name = self._chosen(agent)
            backend = self._backends.get(name)
            reason = backend.unready(agent) if backend else self._unknown(name)
            if reason:
                found.setdefault(reason, []).append(step.id)
        for reason, nodes in found.items():
            others = f" (and {len(nodes) - 1} more)" if len(nodes) > 1 else ""
            return f"node '{nodes[0]}'{others} cannot be run: {reason}"
        return None

    def _chosen(self, agent: Agent) -> str:
        return agent.backend or self._providers.get(agent.provider or "", self._default)

    def _unknown(self, name: str) -> str:
        if meant := nearest(name, self._backends):
            return f"there is no agent backend '{name}'; did you mean '{meant}'?"
        return f"there is no agent backend '{name}', only {', '.join(sorted(self._backends))}"

    def at_once(self, call: Call) -> Outcome | None:
        """The outcome of a backend that has its responses ready; None for any other."""
        agent = _agent(call.step)
        name = self._chosen(agent)
        backend = self._backends.get(name)
        respond = getattr(backend, "respond_at_once", None)
        if respond is None:
            return None
        sent = sending_at_once(call, name, backend)
        return _outcome(sent, name, respond(sent.call, agent, sent.text))

    async def run(self, call: Call) -> Outcome:
        agent = _agent(call.step)
        name = self._chosen(agent)
        backend = self._backends.get(name)
        if backend is None:
            return failed(self._unknown(name), permanent=True)
        sent = sending(call, name, backend)
        given = await backend.respond(sent.call, agent, sent.text)
        if isinstance(given, Outcome):
            return given
        response = Response(given) if isinstance(given, str) else given
        outcome = _outcome(sent, name, response)
        if not hasattr(backend, "respond_at_once"):  # else nobody was asked, at no cost
            outcome = outcome._replace(agent=_answered(name, agent, response))
        if response.status_file is None:
            return outcome
        return decided(outcome, response.status_file, call.step, lenient=self._lenient)


def _answered(name: str, agent: Agent, response: Response) -> dict[str, Json]:
    """Who answered, and at what cost."""
    told: dict[str, Json] = {"backend": name}
    if model := response.model or agent.model:
        told["model"] = model
    if response.usage:
        told["usage"] = dict(response.usage)
    if response.tries != 1:
        told["tries"] = response.tries
    return told


def _outcome(sent: Sending, name: str, response: Response) -> Outcome:
    """The outcome of what was sent, with what the next stage of its thread needs of it."""
    outcome = agent_outcome(sent.call.step, sent.shown, response)
    if not sent.call.carried.thread and not response.session:
        return outcome
    artifacts = dict(outcome.artifacts)
    if sent.turn is not sent.shown:
        artifacts[TURN_FILE] = sent.turn.encode("utf-8", "replace")
    return outcome._replace(
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
    if step.writes is not None and (key := declared_key(step)) is not None:
        updates[key] = response.text
    notes = response.notes
    if not notes and response.status.succeeded:
        notes = f"Stage completed: {step.id}"
    artifacts = {
        PROMPT_FILE: prompt.encode("utf-8", "replace"),
        RESPONSE_FILE: response.text.encode("utf-8", "replace"),
        **response.artifacts,
    }
    return Outcome(
        response.status,
        "",
        (),
        updates,
        notes,
        response.failure_reason,
        response.permanent,
        response.source,
        artifacts,
        response.ignored,
        response.session,
    )
