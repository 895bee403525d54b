"""One request to an endpoint and what came back: an answer, or the trouble that it ended in.

The only place that speaks HTTP. Everything is bounded: bytes, times, redirections (none). A
cancelled exchange closes its connection. It must not know retries, stages or sessions.
"""

from __future__ import annotations

import asyncio
import email.utils
import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ..outcome import Status
from .agent_errors import judged
from .agent_output import shortened
from .completions import (
    TEXT_LIMIT_BYTES,
    BadAnswer,
    Completion,
    ErrorReported,
    error_text,
)
from .endpoint import Endpoint
from .event_stream import EventStream, TooLong

if TYPE_CHECKING:
    import httpx

WIRE_LIMIT_BYTES = 64 * 1024 * 1024
_EVENT_LIMIT_BYTES = 4 * 1024 * 1024
_ERROR_LIMIT_BYTES = 64 * 1024
_PASSING = (408, 409, 425, 429)
_SPENT = ("insufficient_quota", "billing_hard_limit_reached")


class Trouble(Enum):
    """What is to be done about an exchange that brought no answer."""

    BUSY = "another request may bring one"
    LOST = "the stage may be tried again"
    FAULT = "the answer is none"
    REFUSED = "no other request would bring one"


@dataclass(frozen=True, slots=True)
class Exchanged:
    """`completion` is what came, also if it is not all. `wait_s` is what the endpoint asks for."""

    completion: Completion
    trouble: Trouble | None = None
    reason: str = ""
    status: Status = Status.SUCCESS
    wait_s: float | None = None


_STATUS = {
    Trouble.BUSY: Status.RETRY,
    Trouble.LOST: Status.RETRY,
    Trouble.FAULT: Status.FAIL,
    Trouble.REFUSED: Status.FAIL,
}


def _ended(
    completion: Completion, trouble: Trouble, reason: str, wait_s: float | None = None
) -> Exchanged:
    return Exchanged(completion, trouble, reason, _STATUS[trouble], wait_s)


async def exchanged(endpoint: Endpoint, body: bytes, heard: Callable[[str], None]) -> Exchanged:
    """Send one request and read its answer; `heard` is told each piece of text as it comes."""
    import httpx

    completion = Completion()
    reading = _Reading(completion, heard)
    try:
        timeout = httpx.Timeout(endpoint.read_s, connect=endpoint.connect_s)
        # What the environment says of proxies is not for this machine, least of all with a key.
        client = httpx.AsyncClient(
            verify=_trusted(endpoint.ca_file), timeout=timeout, trust_env=not endpoint.is_local
        )
        async with asyncio.timeout(endpoint.total_s), client:
            headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
            if endpoint.key_variable:
                headers["Authorization"] = f"Bearer {endpoint.key}"
            url = endpoint.completions
            async with client.stream("POST", url, content=body, headers=headers) as response:
                if response.status_code != HTTPStatus.OK:
                    return await _turned_down(response, completion)
                reading.begun = True
                await reading.read(response)
    except TimeoutError:
        reason = f"the answer was not there after {endpoint.total_s:g} s"
        return _ended(completion, Trouble.LOST, reason)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, _Cut) as error:
        return _broken(endpoint, reading, error)
    except ErrorReported as error:
        status, permanent = judged(str(error))
        reason = f"the endpoint broke its answer off: {error}"
        trouble = Trouble.LOST if status is Status.RETRY else Trouble.FAULT
        return _ended(completion, Trouble.REFUSED if permanent else trouble, reason)
    except (BadAnswer, TooLong) as error:
        reason = f"the endpoint's answer cannot be used: {error}"
        return _ended(completion, Trouble.FAULT, reason)
    status, reason, permanent = completion.outcome()
    if status is Status.FAIL:
        return _ended(completion, Trouble.REFUSED if permanent else Trouble.FAULT, reason)
    return Exchanged(completion, None, reason, status)


@cache
def _trusted(ca_file: str) -> ssl.SSLContext:
    """Whose certificates are trusted; made once, because reading them takes a while."""
    import httpx

    return ssl.create_default_context(cafile=ca_file) if ca_file else httpx.create_ssl_context()


class _Reading:
    """Reads the body of an answer, in whichever of the two forms it comes."""

    def __init__(self, completion: Completion, heard: Callable[[str], None]) -> None:
        self.completion = completion
        self._heard = heard
        self._wire = 0
        self.begun = False

    async def read(self, response: httpx.Response) -> None:
        """Read to the end of the answer. Raises `BadAnswer`, `TooLong` and `httpx`'s errors."""
        if "text/event-stream" in response.headers.get("content-type", ""):
            await self._stream(response)
        else:
            await self._whole(response)

    async def _stream(self, response: httpx.Response) -> None:
        stream = EventStream(_EVENT_LIMIT_BYTES)
        async for chunk in response.aiter_bytes():
            self._count(chunk)
            for event in stream.feed(chunk):
                self._tell(self.completion.event(event))
            if self.completion.done:
                return
        for event in stream.close():
            self._tell(self.completion.event(event))
        if not self.completion.done and not self.completion.finish:
            raise _Cut

    async def _whole(self, response: httpx.Response) -> None:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > TEXT_LIMIT_BYTES:
                raise BadAnswer(_too_much(TEXT_LIMIT_BYTES))
        self._tell(self.completion.whole(bytes(body)))

    def _count(self, chunk: bytes) -> None:
        self._wire += len(chunk)
        if self._wire > WIRE_LIMIT_BYTES:
            raise BadAnswer(_too_much(WIRE_LIMIT_BYTES))

    def _tell(self, text: str) -> None:
        if self.completion.size > TEXT_LIMIT_BYTES:
            raise BadAnswer(_too_much(TEXT_LIMIT_BYTES))
        if text:
            self._heard(text)


def _too_much(limit: int) -> str:
    return f"it is longer than {limit // 1024 // 1024} MiB"


class _Cut(Exception):
    """The stream ended before the answer did."""


async def _turned_down(response: httpx.Response, completion: Completion) -> Exchanged:
    """What a status other than 200 means."""
    import httpx

    code, body = response.status_code, bytearray()
    try:
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > _ERROR_LIMIT_BYTES:
                break
    except httpx.HTTPError:
        pass  # the status is enough
    said, spent = _error(bytes(body))
    reason = f"the endpoint answers {code} {response.reason_phrase}".rstrip()
    if said:
        reason += f": {said}"
    if 300 <= code < 400:
        where = shortened(response.headers.get("location", "elsewhere"))
        reason += f": it sends to {where}, where the key is not sent; configure the right URL"
        return _ended(completion, Trouble.REFUSED, reason)
    if (code in _PASSING or code >= 500) and not spent:
        return _ended(completion, Trouble.BUSY, reason, _retry_after(response))
    return _ended(completion, Trouble.REFUSED, reason)


def _error(body: bytes) -> tuple[str, bool]:
    """What the body of an error says, and whether it says that the money is spent."""
    try:
        answer: Any = json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return shortened(body[:1000].decode("utf-8", "replace")), False
    error = answer.get("error") if isinstance(answer, dict) else None
    spent = isinstance(error, dict) and (error.get("code") in _SPENT or error.get("type") in _SPENT)
    return error_text(answer), spent


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds that the endpoint asks to wait, None if it does not say."""
    said = response.headers.get("retry-after", "").strip()
    try:
        return max(0.0, float(said)) if float(said) < float("inf") else None
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(said).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _broken(endpoint: Endpoint, reading: _Reading, error: Exception) -> Exchanged:
    """What an exchange means that did not come to its end."""
    import httpx

    completion = reading.completion
    at = endpoint.url
    words = shortened(str(error)) or type(error).__name__
    certificate = _cause(error, ssl.SSLError)
    if isinstance(certificate, ssl.SSLCertVerificationError):
        why = certificate.verify_message or "it is not valid"
        reason = f"the certificate of {at} is not trusted: {why}; ca-file may name its authority"
        return _ended(completion, Trouble.REFUSED, reason)
    if isinstance(error, _Cut):
        reason = "the endpoint ended the connection in the middle of its answer"
        return _ended(completion, Trouble.LOST, reason)
    if reading.begun:
        reason = f"the answer broke off: {_quiet(endpoint, error) or words}"
        return _ended(completion, Trouble.LOST, reason)
    if isinstance(error, httpx.ReadTimeout):
        return _ended(completion, Trouble.LOST, f"{at}: {_quiet(endpoint, error)}")
    if isinstance(error, httpx.TransportError) and not isinstance(
        error, httpx.UnsupportedProtocol | httpx.LocalProtocolError
    ):
        if isinstance(certificate, ssl.SSLError) and not isinstance(certificate, ssl.SSLEOFError):
            return _ended(completion, Trouble.REFUSED, f"{at} speaks no TLS that fits: {words}")
        return _ended(completion, Trouble.BUSY, f"{at} cannot be reached: {words}")
    return _ended(completion, Trouble.REFUSED, f"{at} cannot be asked: {words}")


def _quiet(endpoint: Endpoint, error: Exception) -> str:
    import httpx

    is_quiet = isinstance(error, httpx.ReadTimeout)
    return f"nothing came for {endpoint.read_s:g} s" if is_quiet else ""


def _cause(error: BaseException | None, kind: type[BaseException]) -> BaseException | None:
    """The error of this kind among an error and what it came from."""
    while error is not None and not isinstance(error, kind):
        error = error.__cause__ or error.__context__
    return error
