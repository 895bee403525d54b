"""The agent backend that is an OpenAI-compatible endpoint: one prompt, one chat completion.

Tries again what is said to pass, never what was refused. Nothing is sent anywhere but to the
configured URL: a redirection is an error. What came so far stands in the stage's folder
while more is awaited. It must not know how requests are made: that is `exchange`.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import os
from collections.abc import Awaitable, Callable, Iterator
from hashlib import sha256
from pathlib import Path

from attractorc.compiler.plan.model import Agent

from ..carried import FULL
from ..outcome import Status
from ..ports import Call
from ..redaction import NO_SECRETS, Secrets, Sieve
from .agent import Response
from .endpoint import Endpoint
from .exchange import Exchanged, Trouble, exchanged

LIVE_FILE = "response.live.md"
SOURCE = "endpoint"
LONGEST_WAIT_S = 60.0
_FIRST_DELAY_S = 0.5
_LONGEST_DELAY_S = 8.0


class OpenAIBackend:
    """Asks an endpoint, which keeps nothing: the turns of a thread are sent along each time."""

    takes_messages = True

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        secrets: Secrets = NO_SECRETS,
    ) -> None:
        """`sleep` waits between requests, in seconds. `secrets` stand in no file."""
        self._endpoint = endpoint
        self._sleep = sleep
        self._secrets = secrets

    def unready(self, agent: Agent) -> str | None:
        try:
            importlib.import_module("httpx")  # here, so that no stage's time goes into it
        except ImportError:
            return "httpx is missing, which an endpoint needs: pip install 'attractorc[openai]'"
        if not (agent.model or self._endpoint.model):
            return (
                f"no model is named for {self._endpoint.url}: write llm_model on the node, in the "
                "stylesheet or on the graph, or model in the configuration"
            )
        return self._endpoint.fault()

    async def respond(self, call: Call, agent: Agent, prompt: str) -> Response:
        fault = self.unready(agent)
        if fault is not None:
            return Response("", Status.FAIL, fault, permanent=True, source=SOURCE)
        ignored: list[str] = []
        body = self._body(call, agent, prompt)
        log = LiveLog(call, self._secrets)
        number = 1
        while True:
            try:
                given = await exchanged(self._endpoint, body, log.write)
            finally:
                log.close()
            wait_s = self._wait_s(given, number, call.attempt_id)
            if wait_s is None:
                break
            ignored.append(f"try {number}: {given.reason}; again after {wait_s:.2g} s")
            await self._sleep(wait_s)
            number += 1
        log.remove()
        answer = given.completion
        return Response(
            answer.text,
            given.status,
            failure_reason="" if given.status.succeeded else given.reason,
            permanent=given.trouble is Trouble.REFUSED,
            notes=given.reason if given.status is Status.PARTIAL_SUCCESS else "",
            source=SOURCE,
            model=answer.model or agent.model or self._endpoint.model,
            usage=answer.usage,
            tries=number,
            ignored=tuple(ignored),
        )

    def _body(self, call: Call, agent: Agent, prompt: str) -> bytes:
        asked: dict[str, object] = {
            "model": agent.model or self._endpoint.model,
            "messages": [*_before(call), {"role": "user", "content": prompt}],
        }
        if agent.effort:
            asked["reasoning_effort"] = agent.effort
        if self._endpoint.stream:
            asked |= {"stream": True, "stream_options": {"include_usage": True}}
        return json.dumps(asked).encode()

    def _wait_s(self, given: Exchanged, number: int, attempt_id: str) -> float | None:
        """How long to wait before the next request; None if there is to be none."""
        if given.trouble is not Trouble.BUSY or number >= self._endpoint.tries:
            return None
        if given.wait_s is not None:
            return given.wait_s if given.wait_s <= LONGEST_WAIT_S else None
        # Spread, but the same for the same attempt: nothing here needs a random number.
        spread = sha256(f"{attempt_id}|{number}".encode()).digest()[0] / 255
        delay_s = min(_FIRST_DELAY_S * 2.0 ** (number - 1), _LONGEST_DELAY_S)
        return float(delay_s * (0.75 + spread / 2))


def _before(call: Call) -> Iterator[dict[str, str]]:
    """What was said in the stage's thread before, the oldest first."""
    if call.carried.fidelity != FULL:
        return
    conversation = call.carried.conversation()
    if conversation.left_out:
        left_out = f"{conversation.left_out} older turns of this conversation are left out."
        yield {"role": "system", "content": left_out}
    for each in conversation.exchanges:
        yield {"role": "user", "content": each.prompt}
        yield {"role": "assistant", "content": each.response}


class LiveLog:
    """What has come of an answer so far, for those who look into the stage's folder."""

    def __init__(self, call: Call, secrets: Secrets = NO_SECRETS) -> None:
        self._call = call
        self._secrets = secrets
        self._sieve = Sieve(secrets)
        self._path: Path | None = None
        self._file: int | None = None

    def write(self, text: str) -> None:
        """Append; trouble with the file is no trouble with the answer."""
        with contextlib.suppress(OSError):
            if self._file is None:
                self._path = self._call.stage_dir() / LIVE_FILE
                self._path.unlink(missing_ok=True)
                flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
                self._file = os.open(self._path, flags, 0o600)
                self._sieve = Sieve(self._secrets)
            os.write(self._file, self._sieve.piece(text.encode("utf-8", "replace")))

    def close(self) -> None:
        """Stop writing; what was written stays."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.write(self._file, self._sieve.rest())
            os.close(self._file)
            self._file = None

    def remove(self) -> None:
        """Take the file away: all of it is in the record now."""
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)
