"""What agent programs print: every form, and what is missing, cut or of another kind in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from attractorc.interpreter.handlers.agent_errors import judged
from attractorc.interpreter.handlers.agent_output import (
    FORMS,
    NotUnderstood,
    Said,
    session_id,
    usage_of,
)
from attractorc.interpreter.handlers.pipes import Captured
from attractorc.interpreter.outcome import Status


def captured(text: str | bytes) -> Captured:
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return Captured(data, data[-65536:], len(data))


def read(form: str, text: str | bytes) -> Said:
    return FORMS[form](captured(text))


RESULT = '{"type": "result", "result": "fine", "session_id": "s-1"}'


@pytest.mark.parametrize(
    ("form", "text", "said"),
    [
        pytest.param("plain", "a\nb\r\n\n", Said("a\nb"), id="plain text"),
        pytest.param("plain", b"a\xff", Said("a\ufffd"), id="plain bytes"),
        pytest.param("result", RESULT, Said("fine", "s-1"), id="a result"),
        pytest.param("result", f"warming up\n{RESULT}\nbye", Said("fine", "s-1"), id="among lines"),
        pytest.param(
            "result",
            f'{{"type": "result", "result": "early"}}\n{RESULT}',
            Said("fine", "s-1"),
            id="the last one",
        ),
        pytest.param(
            "result", b'{"type": "result", "result": "\xff"}', Said("\ufffd"), id="no UTF-8"
        ),
        pytest.param(
            "result",
            '{"type": "result", "result": "\\ud83d\\ude00 \\ud800"}',
            Said("😀 \ufffd"),
            id="half a surrogate pair",
        ),
        pytest.param(
            "result",
            '{"type": "result", "subtype": "error_max_turns", "is_error": false}',
            Said("", error="error_max_turns"),
            id="an error by its subtype",
        ),
        pytest.param(
            "result",
            '{"type": "result", "is_error": true, "result": ""}',
            Said("", error="it does not say what"),
            id="an error that says nothing",
        ),
        pytest.param(
            "result",
            '{"type": "result", "result": 7, "session_id": "--flag", "usage": "much"}',
            Said(""),
            id="values of other kinds",
        ),
        pytest.param("response", '{"response": "fine"}', Said("fine"), id="a response"),
        pytest.param(
            "response",
            '{"error": {"type": "X", "message": "no"}}',
            Said("", error="no"),
            id="an error object",
        ),
        pytest.param(
            "response",
            '{"response": "", "stats": {"models": {"a": {"tokens": {"prompt": 1}}, "b": {}, "c": 1,'
            ' "d": {"tokens": {"prompt": 2, "candidates": 3}}}}}',
            Said("", usage={"input_tokens": 3, "output_tokens": 3}),
            id="tokens of several models",
        ),
        pytest.param(
            "thread-events",
            '{"type": "turn.failed"}',
            Said("", error="it does not say what"),
            id="a failed turn",
        ),
        pytest.param(
            "thread-events",
            '{"type": "error", "message": "e"}\n{"type": "turn.completed", "usage": null}',
            Said(""),
            id="an error that was mended",
        ),
        pytest.param(
            "part-events",
            '{"type": "text", "sessionID": "s", "part": {"text": "a"}}\n'
            '{"type": "text", "sessionID": "s", "part": {"text": "b"}}',
            Said("a\n\nb", "s"),
            id="parts of text",
        ),
    ],
)
def test_forms(form: str, text: str | bytes, said: Said) -> None:
    assert read(form, text) == said


@pytest.mark.parametrize("form", sorted(FORMS.keys() - {"plain"}))
@pytest.mark.parametrize(
    "text", ["", "null", "[]", "[[1]]", '"result"', "{", "{}", '{"type": 7}', "[" * 100_000]
)
def test_what_is_no_answer_is_said(form: str, text: str) -> None:
    with pytest.raises(NotUnderstood, match=r"^(it printed no|what it printed ends)"):
        read(form, text)


def test_the_end_of_a_flood_is_read_where_its_beginning_is_not_all() -> None:
    head = b'{"type": "assistant", "text": "' + b"x" * 1000
    tail = b'xxx"}\n' + RESULT.encode() + b"\n"
    flooded = Captured(head, tail, 10_000_000)
    assert FORMS["result"](flooded).text == "fine"


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        ("0199-abc:x.y_z", True),
        ("T-1", True),
        ("", False),
        ("-x", False),
        ("--dangerously-allow-all", False),
        ("a b", False),
        ("a\nb", False),
        ("a" * 201, False),
        (7, False),
        (None, False),
    ],
)
def test_a_session_may_stand_in_a_command_line(value: object, taken: bool) -> None:
    assert session_id(value) == (value if taken else "")


@pytest.mark.parametrize(
    ("counts", "cost", "usage"),
    [
        ({"input_tokens": 1, "output_tokens": 2}, None, {"input_tokens": 1, "output_tokens": 2}),
        ({"input_tokens": True, "output_tokens": -1, "cached": "3"}, None, {}),
        ({"input_tokens": 1.5, "prompt": 1 << 70}, float("nan"), {}),
        (None, 0.5, {"cost_usd": 0.5}),
        ([], float("inf"), {}),
    ],
)
def test_usage_is_numbers_only(counts: Any, cost: Any, usage: Mapping[str, Any]) -> None:
    assert usage_of(counts, cost) == usage
    json.dumps(usage_of(counts, cost), allow_nan=False)


@pytest.mark.parametrize(
    ("error", "status", "permanent"),
    [
        ("Invalid API key · Please run /login", Status.FAIL, True),
        ("Error code: 401 Unauthorized", Status.FAIL, True),
        ("insufficient_quota", Status.FAIL, True),
        ("API Error: 529 overloaded_error", Status.RETRY, False),
        ("Rate limit reached, try again later", Status.RETRY, False),
        ("connection reset by peer", Status.RETRY, False),
        ("wrote 4290 lines, tests fail", Status.FAIL, False),
        ("", Status.FAIL, False),
    ],
)
def test_errors_by_their_words(error: str, status: Status, permanent: bool) -> None:
    assert judged(error) == (status, permanent)
