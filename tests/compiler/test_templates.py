"""Prompts: what is replaced, what stays, and that nothing is replaced twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from attractorc.compiler.frontend.templates import parse_template, references
from attractorc.compiler.plan.model import ContextRef, InputRef


def test_the_goal_is_text_already() -> None:
    assert parse_template("Do $goal now", "ship it") == ("Do ship it now",)


def test_inputs_and_context_keys_are_references() -> None:
    assert parse_template("$base: ${context.x} ${base}", inputs={"base"}) == (
        InputRef("base"),
        ": ",
        ContextRef("context.x"),
        " ",
        InputRef("base"),
    )


def test_a_name_is_never_a_part_of_a_longer_name() -> None:
    assert parse_template("$goalpost $base2", "G", {"base"}) == ("$goalpost $base2",)


def test_what_is_put_in_is_not_read_again() -> None:
    assert parse_template("$goal$goal", "$base ${x}", {"base"}) == ("$base ${x}$base ${x}",)


def test_what_is_not_known_stays() -> None:
    text = "$HOME ${VAR:-x} $ $5 ${} $approach1.output"
    assert parse_template(text) == (text,)
    assert [(found.kind, found.name) for found in references(text)] == [
        ("unknown", "HOME"),
        ("unknown", "approach1"),
    ]


def test_references_say_where_they_stand() -> None:
    text = "a $goal b ${k}"
    assert [text[found.start : found.end] for found in references(text)] == ["$goal", "${k}"]


def test_an_empty_prompt_has_no_parts() -> None:
    assert parse_template("") == ()


@given(st.text(alphabet="$goalx{}.\\ ", max_size=40))
def test_a_template_written_back_is_the_prompt(text: str) -> None:
    parts = parse_template(text, "$goal", {"x", "o"})
    back = ""
    for part in parts:
        match part:
            case InputRef(name):
                back += f"${name}"
            case ContextRef(key):
                back += f"${{{key}}}"
            case _:
                back += part
    unbraced = text.replace("${goal}", "$goal").replace("${x}", "$x").replace("${o}", "$o")
    assert back == unbraced
