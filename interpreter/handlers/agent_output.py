"""What an agent program printed: its answer, its session, its cost, or an error of its own.

One form for each way of printing, from plain text to streams of JSON events. Programs print
what they like: lines that are no JSON are passed over, and what is missing is one sentence.
It must not know which program printed, nor what becomes of the answer.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from attractorc.compiler.value import Json

from .pipes import Captured

_SESSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,199}")
_SENTENCE_LIMIT = 300
_COUNTS = {
    "input_tokens": ("input_tokens", "prompt_tokens", "input", "prompt"),
    "output_tokens": ("output_tokens", "completion_tokens", "output", "candidates"),
    "cached_tokens": ("cached_input_tokens", "cache_read_input_tokens", "cached", "cached_tokens"),
    "reasoning_tokens": ("reasoning_output_tokens", "reasoning_tokens", "reasoning", "thoughts"),
}


class NotUnderstood(ValueError):
    """The output is not what the program prints when it has answered; one sentence."""


@dataclass(frozen=True, slots=True)
class Said:
    """An answer. `error` is what the program says went wrong, None if it says nothing such.

    `usage` is as in `agent.Response`; `session` has passed `session_id`.
    """

    text: str
    session: str = ""
    usage: Mapping[str, Json] = field(default_factory=dict)
    error: str | None = None


Form: TypeAlias = Callable[[Captured], Said]
"""From standard output to what it says; raises `NotUnderstood`."""


def session_id(value: object) -> str:
    """A session id that may stand in a command line; '' for anything else."""
    return value if isinstance(value, str) and _SESSION.fullmatch(value) else ""


def usage_of(counts: object, cost: object = None) -> dict[str, Json]:
    """Tokens under the names that records use, whatever a program calls them."""
    found: dict[str, Json] = {}
    if isinstance(counts, Mapping):
        for name, spellings in _COUNTS.items():
            numbers = [counts[each] for each in spellings if _is_count(counts.get(each))]
            if numbers:
                found[name] = numbers[0]
    if isinstance(cost, int | float) and not isinstance(cost, bool) and 0 <= cost < math.inf:
        found["cost_usd"] = cost
    return found


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63


def whole_text(value: object) -> str:
    """A text that can be kept: half a surrogate pair, which JSON can spell, becomes U+FFFD."""
    if not isinstance(value, str):
        return ""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def shortened(text: str) -> str:
    """A text on one line, cut where it is too long for a sentence."""
    line = " ".join(text.split())
    return line if len(line) <= _SENTENCE_LIMIT else line[: _SENTENCE_LIMIT - 3] + "..."


def plain(stdout: Captured) -> Said:
    """All of it is the answer, without trailing newlines."""
    return Said(as_line_text(stdout.whole()))


def as_line_text(data: bytes) -> str:
    """Bytes as text without trailing newlines; what is not UTF-8 becomes U+FFFD."""
    return data.decode("utf-8", "replace").rstrip("\r\n")


def result(stdout: Captured) -> Said:
    """The last object of the type `result`: alone, in a list, or in the last of many lines."""
    found = [each for each in _objects(stdout) if each.get("type") == "result"]
    if not found:
        raise NotUnderstood("it printed no JSON object of the type 'result'")
    last = found[-1]
    text = last.get("result")
    error = None
    if last.get("is_error") is True or str(last.get("subtype", "")).startswith("error"):
        error = _first_text(text, last.get("error"), last.get("subtype"))
    return Said(
        whole_text(text),
        session_id(last.get("session_id")),
        usage_of(last.get("usage"), last.get("total_cost_usd")),
        error,
    )


def response(stdout: Captured) -> Said:
    """The last object with a `response` or an `error`; tokens are summed over its models."""
    found = [each for each in _objects(stdout) if "response" in each or "error" in each]
    if not found:
        raise NotUnderstood("it printed no JSON object with a 'response'")
    last = found[-1]
    text, error = last.get("response"), last.get("error")
    models = _at(last, "stats", "models")
    tokens = [_at(each, "tokens") for each in models.values()] if models else []
    return Said(
        whole_text(text),
        session_id(last.get("session_id")),
        _summed([usage_of(each) for each in tokens]),
        None if error is None else _first_text(error),
    )


def thread_events(stdout: Captured) -> Said:
    """Lines of events: `thread.started`, the last `agent_message`, `turn.completed` or `.failed`.

    An `error` event that a completed turn follows was mended and is none.
    """
    text = session = ""
    usage: Mapping[str, Json] = {}
    error: str | None = None
    over = False
    for event in _objects(stdout):
        item = _at(event, "item")
        match event.get("type"):
            case "thread.started":
                session = session_id(event.get("thread_id"))
            case "item.completed" if item.get("type") == "agent_message":
                text = whole_text(item.get("text"))
            case "turn.completed":
                usage, error, over = usage_of(event.get("usage")), None, True
            case "turn.failed":
                error = _first_text(event.get("error"))
            case "error":
                error = _first_text(event.get("message"))
    if not over and error is None:
        raise NotUnderstood("what it printed ends before its turn was completed")
    return Said(text, session, usage, error)


def part_events(stdout: Captured) -> Said:
    """Lines of events with a `sessionID`: the parts of the type `text`, and `error`s."""
    texts: list[str] = []
    usage: list[Mapping[str, Json]] = []
    session = ""
    error: str | None = None
    for event in _objects(stdout):
        session = session or session_id(event.get("sessionID"))
        part = _at(event, "part")
        match event.get("type"):
            case "text":
                texts.append(whole_text(part.get("text")))
            case "step_finish":
                tokens = _at(part, "tokens")
                cached = _at(tokens, "cache").get("read")
                usage.append(usage_of({**tokens, "cached": cached}, part.get("cost")))
            case "error":
                error = _first_text(event.get("error"))
    if not session and error is None:
        raise NotUnderstood("it printed no JSON event with a 'sessionID'")
    return Said("\n\n".join(texts), session, _summed(usage), error)


FORMS: Mapping[str, Form] = {
    "plain": plain,
    "result": result,
    "response": response,
    "thread-events": thread_events,
    "part-events": part_events,
}


def _objects(stdout: Captured) -> Iterator[Mapping[str, Any]]:
    """The JSON objects in an output: of one document, else of each line that is one.

    Of an output too long to keep, the lines of its beginning and of its end are read.
    """
    whole = _json(stdout.head) if stdout.complete else None
    if whole is not None:
        documents: Iterator[Any] = iter(whole if isinstance(whole, list) else [whole])
    else:
        documents = (_json(line) for line in stdout.whole().splitlines() if line[:1] in b"{[")
    return (each for each in documents if isinstance(each, dict))


def _json(data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def _at(value: object, *keys: str) -> Mapping[str, Any]:
    """The object below these keys, an empty one if there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _first_text(*values: object) -> str:
    """What is said in the first of these: a text, or an object's message, or its name."""
    for value in values:
        if isinstance(value, str) and value.strip():
            return whole_text(value)
        if isinstance(value, Mapping):
            said = (value.get("message"), _at(value, "data").get("message"), value.get("name"))
            for each in said:
                if isinstance(each, str) and each.strip():
                    return whole_text(each)
    return "it does not say what"


def _summed(usages: list[Any]) -> dict[str, Json]:
    total: dict[str, Any] = {}
    for usage in usages:
        for name, number in usage.items():
            total[name] = total.get(name, 0) + number
    return total
