"""What an agent is told about candidates, and which answers name one."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attractorc.compiler.value import Json
from attractorc.interpreter.decide.winner_texts import (
    ANSWER_LIMIT,
    VALUE_LIMIT,
    NoAnswer,
    named,
    prompt_text,
)
from attractorc.interpreter.outcome import End

from .branches import branch, texts

NAMES = {
    "the object alone": '{"winner": "b"}',
    "with more in it": '{"winner": "b", "reason": "it is shorter", "scores": {"a": 1, "b": 2}}',
    "with blanks around it": '\n  {"winner":"b"}  \n',
    "fenced": 'Here it is:\n\n```json\n{\n  "winner": "b"\n}\n```\n',
    "once within prose": 'I prefer the second, so {"winner": "b"} is my answer.',
    "beside braces that are no JSON": 'Of {a, b} the set {} and {"x": 1} I take {"winner": "b"}.',
    "in a list": '[{"winner": "b"}]',
    "after an object that is cut off": '{"winner": "a", {"winner": "b"}',
}


@pytest.mark.parametrize("text", NAMES.values(), ids=NAMES)
def test_an_answer_that_names_a_candidate(text: str) -> None:
    assert named(text, "fan", ("a", "b"), ("a", "b", "c")) == "b"


NAMES_NONE = {
    "no JSON": ("b", 'names no winner: one {"winner": "<branch id>"} was expected'),
    "nothing": ("", "names no winner"),
    "an object without the key": ('{"best": "b"}', "names no winner"),
    "only within another object": ('{"result": {"winner": "b"}}', "names no winner"),
    "the key twice in one object": (
        '{"winner": "b", "winner": "a"}',
        "in which a key stands twice",
    ),
    "two objects": ('{"winner": "b"} {"winner": "b"}', "names a winner 2 times"),
    "a number": ('{"winner": 2}', "names 2, which is no branch id"),
    "null": ('{"winner": null}', "names null, which is no branch id"),
    "a list": ('{"winner": ["b"]}', 'names ["b"], which is no branch id'),
    "NaN": ('{"winner": NaN}', "names nan, which is no branch id"),
    "an unknown branch": (
        '{"winner": "x"}',
        "names \"x\", which is no branch of 'fan': the candidates are a, b",
    ),
    "a branch in other letters": ('{"winner": "B"}', "which is no branch of 'fan'"),
    "no candidate": (
        '{"winner": "c"}',
        'names "c", which is not to be chosen: the candidates are a, b',
    ),
    "too long": ("x" * (ANSWER_LIMIT + 1), f"has {ANSWER_LIMIT + 1} characters; at most"),
    "a long one is cut": ("x" * 200, f'and it says "{"x" * 76}...'),
    "deep nesting": ('{"a":' * 150_000, "is nested too deep"),
    "many open braces": ("{" * 900_000, "names no winner"),
    "many objects that break off": ('{"a": 1, ' * 100_000, "more than 1000 broken objects"),
    "a number without an end": ('{"winner": 1' + "0" * 9_000 + "}", "a number that is too long"),
    "within an object that breaks off": ('{"a": {"winner": "b"} or so', "names no winner"),
}


@pytest.mark.parametrize(("text", "reason"), NAMES_NONE.values(), ids=NAMES_NONE)
def test_an_answer_that_names_none_says_what_it_says(text: str, reason: str) -> None:
    with pytest.raises(NoAnswer) as refused:
        named(text, "fan", ("a", "b"), ("a", "b", "c"))
    assert reason in str(refused.value)
    assert str(refused.value).startswith("the answer ")
    assert "\n" not in str(refused.value)


@settings(deadline=None, max_examples=200)
@given(texts, texts, texts)
def test_any_id_is_found_within_any_prose_without_braces(
    before: str, after: str, winner: str
) -> None:
    plain = str.maketrans("", "", "{}")
    answer = json.dumps({"winner": winner})
    text = before.translate(plain) + answer + after.translate(plain)
    assert named(text, "fan", (winner,), (winner,)) == winner


@settings(deadline=None, max_examples=200)
@given(st.text(st.sampled_from('{}[]":,\\ winerab01'), max_size=60))
def test_no_text_is_more_than_refused(text: str) -> None:
    with contextlib.suppress(NoAnswer):
        assert named(text, "fan", ("a", "b"), ("a", "b")) in ("a", "b")


def told(text: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(text[text.index("[\n") : text.rindex("]") + 1])
    return found


def test_the_prompt_has_instruction_candidates_and_the_form_of_the_answer() -> None:
    one = branch("a", {"score": 0.5, "plan": {"steps": ["x", "ü"]}})
    text = prompt_text("Choose well.\n", (one, branch("b", end=End.PARTIAL_SUCCESS)))
    assert text.startswith("Choose well.\n\nThe candidates, as JSON:\n\n[\n")
    assert told(text) == [
        {
            "id": "a",
            "end": "success",
            "score": 0.5,
            "terminal_stage": "",
            "writes": {"plan": {"steps": ["x", "ü"]}, "score": 0.5},
        },
        {"id": "b", "end": "partial_success", "score": None, "terminal_stage": "", "writes": {}},
    ]
    assert text.endswith(
        'Answer with one JSON object and nothing else: {"winner": "<branch id>"}\n'
        'The branch ids to choose from are "a", "b".\n'
    )


def test_files_of_its_own_are_told_where_a_branch_has_some() -> None:
    files: dict[str, Json] = {"folder": "/runs/a", "git_branch": "attractorc/r/fan.1/a"}
    text = prompt_text("Choose.", (replace(branch("a"), files=files), branch("b")))
    assert [candidate.get("files") for candidate in told(text)] == [files, None]


def test_a_long_value_is_told_by_its_beginning_and_its_size() -> None:
    text = prompt_text("Choose.", (branch("a", {"log": "ü" * 9_000}),))
    (candidate,) = told(text)
    assert candidate["writes"] == {
        "log": {"beginning": '"' + "ü" * (VALUE_LIMIT - 1), "size_bytes": 18_002}
    }


def test_equal_results_give_equal_prompts_whatever_the_order_of_their_keys() -> None:
    one, other = branch("a", {"x": 1, "y": 2}), branch("a", {"y": 2, "x": 1})
    assert prompt_text("Choose.", (one,)) == prompt_text("Choose.", (other,))
