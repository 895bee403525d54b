"""A chat completion, put together from what an endpoint sent: whole, or piece by piece.

Endpoints of many makers answer in this form, each with its own omissions: what is not there
is not needed, what is faulty is one sentence. It must not know how the bytes came.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from attractorc.compiler.value import Json

from ..outcome import Status
from .agent_output import shortened, usage_of, whole_text

TEXT_LIMIT_BYTES = 16 * 1024 * 1024
_DONE = b"[DONE]"


class BadAnswer(ValueError):
    """What an endpoint sent is no answer; one sentence."""


class ErrorReported(ValueError):
    """The endpoint says in the middle of an answer what went wrong."""


class Completion:
    """An answer so far. `done`: it says itself that nothing more will come."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._refusals: list[str] = []
        self._called = False
        self._chosen = False
        self.size = 0
        self.finish = ""
        self.done = False
        self.model = ""
        self.usage: Mapping[str, Json] = {}

    @property
    def text(self) -> str:
        """What has been answered so far."""
        return whole_text("".join(self._parts))

    def event(self, data: bytes) -> str:
        """Take one event of a stream; what it adds to the text. Raises `BadAnswer`."""
        if data.strip() == _DONE:
            self.done = True
            return ""
        return self._take(_object(data), "delta")

    def whole(self, data: bytes) -> str:
        """Take an answer that came in one piece; its text. Raises `BadAnswer`."""
        added = self._take(_object(data), "message")
        if not self._chosen:
            raise BadAnswer("it has no choices")
        self.done = True
        return added

    def outcome(self) -> tuple[Status, str, bool]:
        """How it ended: status, the reason or a note, and whether that is for good."""
        if self._refusals:
            said = shortened("".join(self._refusals))
            return Status.FAIL, f"the model refuses to answer: {said}", True
        match self.finish:
            case "content_filter":
                return Status.FAIL, "the endpoint's content filter stopped the answer", True
            case "length":
                return (
                    Status.PARTIAL_SUCCESS,
                    "the answer is cut at the model's length limit",
                    False,
                )
        if not self._chosen:
            return Status.FAIL, "the answer has no choices", False
        if not self.text:
            called = " but calls of tools, of which none were offered" if self._called else ""
            return Status.FAIL, f"the answer holds nothing{called}", False
        return Status.SUCCESS, "", False

    def _take(self, answer: Mapping[str, Any], field: str) -> str:
        if answer.get("error") is not None:
            raise ErrorReported(error_text(answer))
        self.model = self.model or str(answer.get("model") or "")
        if isinstance(counts := answer.get("usage"), Mapping):
            self.usage = _usage(counts)
        choices = answer.get("choices")
        if choices is None or choices == []:
            return ""
        if not isinstance(choices, list) or not isinstance(choices[0], Mapping):
            raise BadAnswer("its choices are no list of objects")
        self._chosen = True
        self.finish = str(choices[0].get("finish_reason") or self.finish)
        message = choices[0].get(field)
        return self._message(message) if isinstance(message, Mapping) else ""

    def _message(self, message: Mapping[str, Any]) -> str:
        text = _content(message.get("content"))
        if isinstance(refusal := message.get("refusal"), str) and refusal:
            self._refusals.append(refusal)
        self._called = self._called or bool(message.get("tool_calls"))
        self._parts.append(text)
        self.size += len(text.encode("utf-8", "surrogatepass"))
        return text


def _object(data: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        shown = shortened(data[:200].decode("utf-8", "replace")) or "nothing"
        raise BadAnswer(f"what it sent is no JSON: {shown}") from error
    if not isinstance(value, Mapping):
        raise BadAnswer("what it sent is no JSON object")
    return value


def _content(content: object) -> str:
    """The text of a message: as it is, or of those of its parts that are text."""
    if isinstance(content, str):
        return content
    if not isinstance(content, Sequence):
        return ""
    texts = [part.get("text") for part in content if isinstance(part, Mapping)]
    return "".join(text for text in texts if isinstance(text, str))


def _usage(counts: Mapping[str, Any]) -> Mapping[str, Json]:
    found = dict(counts)
    for name in ("prompt_tokens_details", "completion_tokens_details"):
        details = counts.get(name)
        found |= details if isinstance(details, Mapping) else {}
    return usage_of(found)


def error_text(answer: object) -> str:
    """What an endpoint's error object says, in one line; '' if it says nothing."""
    error = answer.get("error") if isinstance(answer, Mapping) else None
    if isinstance(error, Mapping):
        error = error.get("message") or error.get("code")
    elif isinstance(answer, Mapping) and not error:
        error = answer.get("message") or answer.get("detail")
    return shortened(whole_text(error)) if isinstance(error, str) else ""
