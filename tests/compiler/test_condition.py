"""Conditions: what every form means, and what is said about those that mean nothing."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attractorc.compiler.expr import And, Comparison, Expr, Not, Or, Truth
from attractorc.compiler.frontend.condition import (
    parse_condition,
    parsed_condition,
    plain_condition,
)
from attractorc.compiler.frontend.small import MAX_DEPTH, MAX_LENGTH, Problem

MEANINGS: dict[str, tuple[str, Expr]] = {
    "the specification's equality": ("outcome=success", Comparison("outcome", "=", "success")),
    "two equal signs are one": ("outcome == success", Comparison("outcome", "=", "success")),
    "inequality": ("context.state!=done", Comparison("context.state", "!=", "done")),
    "an ordering with a bare number": ("context.n >= 5", Comparison("context.n", ">=", "5")),
    "a negative number": ("n<-0.5", Comparison("n", "<", "-0.5")),
    "contains": ("context.log contains READY", Comparison("context.log", "contains", "READY")),
    "contains with a quoted value": (
        'tool.output contains "a b"',
        Comparison("tool.output", "contains", "a b"),
    ),
    "a value in single quotes": ("a='it \"is\"'", Comparison("a", "=", 'it "is"')),
    "a quoted value with escapes": (r'a="x\"y\n"', Comparison("a", "=", 'x"y\n')),
    "an empty quoted value": ("a=''", Comparison("a", "=", "")),
    "a wide bare value": ("a=$x/y-z:1,2*", Comparison("a", "=", "$x/y-z:1,2*")),
    "a value with an equal sign inside": ("a=b=c", Comparison("a", "=", "b=c")),
    "a bare key": ("context.ready", Truth("context.ready")),
    "not before a key": ("!a", Not(Truth("a"))),
    "not before a comparison negates all of it": (
        "!tool.output contains x",
        Not(Comparison("tool.output", "contains", "x")),
    ),
    "not contains in one word": ("a !contains x", Not(Comparison("a", "contains", "x"))),
    "and binds more tightly than or": (
        "a || b && c=1",
        Or((Truth("a"), And((Truth("b"), Comparison("c", "=", "1"))))),
    ),
    "parentheses": ("(a||b)&&!(c)", And((Or((Truth("a"), Truth("b"))), Not(Truth("c"))))),
    "a key that is called contains": (
        "contains contains x",
        Comparison("contains", "contains", "x"),
    ),
    "the key of an element of a dynamic fan-out": ("a.b[0].c=1", Comparison("a.b[0].c", "=", "1")),
    "letters of any script": ("ключ=значение", Comparison("ключ", "=", "значение")),
}


@pytest.mark.parametrize(("text", "meaning"), MEANINGS.values(), ids=MEANINGS)
def test_a_condition_means(text: str, meaning: Expr) -> None:
    assert parse_condition(text) == meaning


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_an_empty_condition_always_holds(text: str) -> None:
    assert parse_condition(text) is None


FAULTS: dict[str, tuple[str, str, str, str | None]] = {
    "a value with a space": (
        "preferred_label=Needs Work && a",
        "Needs Work",
        "the value 'Needs Work' must be quoted",
        "write 'Needs Work'",
    ),
    "an apostrophe inside a value": (
        "a=it's",
        "it's",
        "the value 'it's' must be quoted",
        'write "it\'s"',
    ),
    "a parenthesis inside a value": (
        "a=f(x)",
        "f(x)",
        "the value 'f(x)' must be quoted",
        "write 'f(x)'",
    ),
    "no value": ("a=", "", "expected a value, not the end", "write '' for an empty value"),
    "the word and": ("a and b", "and", "'and' is not an operator", "write && instead"),
    "the word or after a value": (
        "a=1 OR b=2",
        "OR",
        "'OR' is not an operator",
        "write || instead",
    ),
    "the word not": ("not a", "not", "'not' is not an operator", "write ! instead"),
    "a single ampersand": ("a & b", "&", "'&' is not an operator", "write && instead"),
    "an operator of other languages": (
        "a =~ b",
        "=~",
        "'=~' is not an operator",
        "write one of =, !=, <, <=, >, >=, contains",
    ),
    "matches": (
        "a matches b",
        "matches",
        "'matches' is not an operator",
        "write one of =, !=, <, <=, >, >=, contains",
    ),
    "a quote that is not closed": ('a="x', '"x', "the quote is not closed", None),
    "a constant": (
        "true",
        "true",
        "'true' is no key",
        "an edge without a condition is always open",
    ),
    "a key that breaks off": ("context.=1", "context.", "the key 'context.' is not complete", None),
    "nothing after and": (
        "a && ",
        "",
        "expected a key (outcome, context.x), '!' or '(', not the end",
        None,
    ),
    "a value on the left": (
        "5 < a",
        "5",
        "expected a key (outcome, context.x), '!' or '(', not '5'",
        None,
    ),
    "a parenthesis that is not closed": ("(a", "", "expected ')', not the end", None),
}


@pytest.mark.parametrize(("text", "part", "message", "mend"), FAULTS.values(), ids=FAULTS)
def test_a_faulty_condition_says(text: str, part: str, message: str, mend: str | None) -> None:
    problem = parse_condition(text)
    assert isinstance(problem, Problem)
    assert (problem.message, problem.help) == (message, mend)
    assert text[problem.start : problem.end] == part


def test_nesting_is_bounded() -> None:
    deep = parse_condition("!" * (MAX_DEPTH + 1) + "a")
    assert isinstance(deep, Problem)
    assert deep.start == MAX_DEPTH
    assert isinstance(parse_condition("(" * 5000 + "a" + ")" * 5000), Problem)
    assert not isinstance(parse_condition("(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH), Problem)


def test_length_is_bounded() -> None:
    assert isinstance(parse_condition("a" * (MAX_LENGTH + 1)), Problem)


@given(st.text(alphabet="ab.=!<>&|()'\" \\\ncontais", max_size=30))
def test_any_text_is_a_condition_or_a_problem_inside_it(text: str) -> None:
    found = parse_condition(text)
    if isinstance(found, Problem):
        assert 0 <= found.start <= found.end <= len(text)
        assert found.message
    else:
        assert (found is None) == (not text.strip())


@pytest.mark.parametrize("text", ["outcome=success", " a.b != -1.5 && c ==d", "contains=true"])
def test_a_plain_condition_needs_no_parser(text: str) -> None:
    assert plain_condition(text) == parsed_condition(text)


@given(
    st.lists(
        st.sampled_from(
            [
                *("a", "b.c", "true", "contains", "1", "-2.5", "é", ".", "-", "_x", "'q'", "!"),
                *("=", "==", "!=", "<", " ", "\n", "&&", "||", "&", "a=b", "c.d != e"),
            ]
        ),
        max_size=9,
    ).map("".join)
)
def test_what_needs_no_parser_means_what_the_grammar_says(text: str) -> None:
    plain = plain_condition(text)
    assert plain is None or plain == parsed_condition(text)


def test_every_condition_of_the_corpus_is_read() -> None:
    root = Path(__file__).parents[2]
    corpus = Path(os.environ.get("ATTRACTORC_CORPUS", root / "../shared/corpus"))
    if not corpus.is_dir():
        pytest.skip("the corpus of real pipelines is not here (ATTRACTORC_CORPUS)")
    texts = {
        match[1].replace('\\"', '"')
        for file in corpus.rglob("*.dot")
        if file.is_file()
        for match in re.finditer(
            r'\bcondition\s*=\s*"((?:[^"\\]|\\.)*)"', file.read_text("utf-8", "replace")
        )
    }
    assert len(texts) > 50
    assert [text for text in texts if isinstance(parse_condition(text), Problem)] == []
