"""Model stylesheets: rules, specificity, and where their faults are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attractorc.compiler.frontend.small import Problem
from attractorc.compiler.frontend.stylesheet import Stylesheet, parse_stylesheet


def _shown(text: str) -> list[tuple[int, str, str, dict[str, str]]]:
    sheet = parse_stylesheet(text)
    assert isinstance(sheet, Stylesheet), sheet
    return [
        (
            rule.selector.specificity,
            rule.selector.by,
            rule.selector.name,
            {each.property: each.value for each in rule.declarations},
        )
        for rule in sheet.rules
    ]


def test_the_specifications_example() -> None:
    assert _shown(
        """
        * { llm_model: claude-sonnet-4-5; llm_provider: anthropic; }
        .code { llm_model: claude-opus-4-6; }
        box { reasoning_effort: low }
        #critical_review { llm_model: gpt-5.2; reasoning_effort: high; }
        """
    ) == [
        (0, "everything", "", {"llm_model": "claude-sonnet-4-5", "llm_provider": "anthropic"}),
        (2, "class", "code", {"llm_model": "claude-opus-4-6"}),
        (1, "shape", "box", {"reasoning_effort": "low"}),
        (3, "id", "critical_review", {"llm_model": "gpt-5.2", "reasoning_effort": "high"}),
    ]


def test_what_real_files_hold_besides() -> None:
    assert _shown("""/* a * b */ .a,#"x y"{model:"a b";;llm_model: org/m:1}""") == [
        (2, "class", "a", {"model": "a b", "llm_model": "org/m:1"}),
        (3, "id", "x y", {"model": "a b", "llm_model": "org/m:1"}),
    ]
    assert _shown('box { model = "a" } .fast{model=b=c}') == [
        (1, "shape", "box", {"model": "a"}),
        (2, "class", "fast", {"model": "b=c"}),
    ]
    assert _shown("  ") == []
    assert _shown("* {}") == [(0, "everything", "", {})]


def test_offsets_are_exact() -> None:
    text = "* { llm_model: gpt-5.2; }"
    sheet = parse_stylesheet(text)
    assert isinstance(sheet, Stylesheet)
    rule = sheet.rules[0]
    each = rule.declarations[0]
    assert text[rule.selector.start : rule.selector.end] == "*"
    assert text[each.start : each.end] == "llm_model"
    assert text[each.value_start : each.value_end] == "gpt-5.2"


@pytest.mark.parametrize(
    ("text", "part", "message"),
    [
        ("* { llm_model }", "}", "expected ':', not '}'"),
        ("* { llm_model: a b }", "b", "expected '}' or ';', not 'b'"),
        ("* { llm_model: a", "", "expected '}' or ';', not the end"),
        ("{ }", "{", "expected a selector (*, a shape, .class, #id) or the end, not '{'"),
        (".a.b { }", ".", "expected ',' or '{', not '.'"),
        ("* { llm_model = }", "}", "expected a value or a quoted value, not '}'"),
        ('* { llm_model: "a }', '"a }', "the quote is not closed"),
    ],
)
def test_a_faulty_stylesheet_says(text: str, part: str, message: str) -> None:
    problem = parse_stylesheet(text)
    assert isinstance(problem, Problem)
    assert problem.message == message
    assert text[problem.start : problem.end] == part


@given(st.text(alphabet="*.#a-{};:\"'/ ,", max_size=24))
def test_any_text_is_a_stylesheet_or_a_problem_inside_it(text: str) -> None:
    found = parse_stylesheet(text)
    if isinstance(found, Problem):
        assert 0 <= found.start <= found.end <= len(text)
