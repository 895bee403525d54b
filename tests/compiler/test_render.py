"""Findings as text and as JSON: places, carets, colours, and the schema."""

from __future__ import annotations

import json
import unicodedata
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attractorc.compiler.diagnostic import Diagnostic, Edit, Fix, Related, Severity
from attractorc.compiler.render.findings_json import as_json
from attractorc.compiler.render.findings_text import concise, full, summary
from attractorc.compiler.render.snippet import printable, snippet
from attractorc.compiler.source import Source

TEXT = 'digraph review {\n\tplan -> plam [label="日本"]\n}\n'
SOURCE = Source("review.dot", TEXT)


def found_at(word: str, **more: object) -> Diagnostic:
    start = TEXT.index(word)
    span = SOURCE.span(start, start + len(word))
    return Diagnostic("some_rule", Severity.ERROR, span, "what is wrong", **more)  # type: ignore[arg-type]


def shown(text: str, word: str) -> list[str]:
    start = text.index(word)
    source = Source("x.dot", text)
    return snippet(source, source.span(start, start + len(word)))


def test_a_finding_is_shown_with_its_line_its_notes_and_its_help() -> None:
    found = found_at(
        "plam",
        related=(Related("declared", SOURCE.span(0, 7)),),
        help="did you mean 'plan'?",
    )
    assert full([found], {SOURCE.name: SOURCE}) == (
        "review.dot:2:10: error[some_rule] what is wrong\n"
        "   |\n"
        ' 2 |     plan -> plam [label="日本"]\n'
        "   |             ^^^^\n"
        "   = note: declared at 1:1\n"
        "   = help: did you mean 'plan'?\n"
        "\n"
    )


def test_a_note_in_another_file_says_which() -> None:
    other = Source("other.dot", "abc")
    found = found_at("plan", related=(Related("first", other.span(1, 2)),))
    assert "= note: first at other.dot:1:2\n" in full([found], {})


def test_the_title_of_a_fix_is_the_help_where_there_is_no_other() -> None:
    found = found_at("plan", fix=Fix("write plan", (Edit(1, 2, "x"),), safe=True))
    assert "= help: write plan\n" in full([found], {})


def test_without_its_source_a_finding_still_has_its_line() -> None:
    assert full([found_at("plan")], {}) == "review.dot:2:2: error[some_rule] what is wrong\n\n"


def test_concise_is_one_line_each() -> None:
    findings = [found_at("plan"), found_at("plam")]
    assert concise(findings) == (
        "review.dot:2:2: error[some_rule] what is wrong\n"
        "review.dot:2:10: error[some_rule] what is wrong\n"
    )


def test_colour_is_added_and_nothing_else_is_changed() -> None:
    import re

    found = found_at("plam", help="h")
    coloured = full([found], {SOURCE.name: SOURCE}, colour=True)
    assert "\x1b[1;31m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == full([found], {SOURCE.name: SOURCE})


@pytest.mark.parametrize(
    ("text", "word", "line", "carets"),
    [
        pytest.param("a -> b", "b", " 1 | a -> b", "   |      ^", id="plain"),
        pytest.param("日本 -> b", "b", " 1 | 日本 -> b", "   |         ^", id="wide before"),
        pytest.param("a 日本 b", "日本", " 1 | a 日本 b", "   |   ^^^^", id="wide inside"),
        pytest.param("a\tb", "b", " 1 | a   b", "   |     ^", id="tab before"),
        pytest.param("a\tb", "\tb", " 1 | a   b", "   |  ^^^^", id="tab inside"),
        pytest.param("e\u0301 b", "b", " 1 | e\u0301 b", "   |   ^", id="combining before"),
        pytest.param("\x1b[31m b", "b", " 1 | \\x1b[31m b", "   |          ^", id="escape"),
        pytest.param("a \u202e b", "b", " 1 | a \\u202e b", "   |          ^", id="right-to-left"),
        pytest.param("a b\r\nc", "b", " 1 | a b", "   |   ^", id="CRLF"),
    ],
)
def test_carets_stand_under_what_they_mean(text: str, word: str, line: str, carets: str) -> None:
    assert shown(text, word) == ["   |", line, carets]


def test_a_span_of_several_lines_shows_its_two_ends() -> None:
    text = "x {\n  first [\n    second\n  ]\n}"
    assert shown(text, "first [\n    second\n  ]") == [
        "   |",
        " 2 |   first [",
        "   |   ^^^^^^^",
        "   ...",
        " 4 |   ]",
        "   |   ^",
    ]


def test_a_span_that_ends_with_the_line_end_stays_on_its_line() -> None:
    assert shown("one\ntwo\n", "one\n") == ["   |", " 1 | one", "   | ^^^"]


@pytest.mark.parametrize("text", ["", "abc", "abc\n"])
def test_the_end_of_the_file_can_be_pointed_at(text: str) -> None:
    source = Source("x.dot", text)
    assert snippet(source, source.span(len(text), len(text)))[-1].endswith("^")


def test_a_very_long_line_is_cut_to_a_window_around_the_span() -> None:
    text = "a" * 5_000_000 + " HERE " + "b" * 5_000_000
    _, line, carets = shown(text, "HERE")
    assert len(line) < 120
    assert line.startswith(" 1 | …")
    assert line.endswith("…")
    assert line[carets.index("^") : carets.rindex("^") + 1] == "HERE"


@given(
    before=st.text(max_size=150),
    inside=st.text(min_size=1, max_size=150),
    after=st.text(max_size=150),
)
def test_no_text_gets_anything_but_printable_lines_out(
    before: str, inside: str, after: str
) -> None:
    source = Source("x.dot", before + inside + after)
    lines = snippet(source, source.span(len(before), len(before) + len(inside)))
    for line in lines:
        assert not any(unicodedata.category(char) == "Cc" for char in line)
        assert len(line) < 400
    assert lines[-1].count("^") >= 1 or "^" in lines[2]


def test_messages_stay_on_one_line_and_control_no_terminal() -> None:
    assert printable("a\nb\x1b[2J") == "a\\nb\\x1b[2J"
    assert printable("x" * 500, 10) == "x" * 9 + "…"


@pytest.mark.parametrize(
    ("severities", "said"),
    [
        pytest.param([], "no findings in 2 files", id="none"),
        pytest.param(["error"], "1 error in 2 files", id="one error"),
        pytest.param(
            ["info", "error", "warning", "warning"],
            "1 error, 2 warnings, 1 note in 2 files",
            id="some of each, the worst first",
        ),
    ],
)
def test_the_summary_counts_by_severity(severities: list[str], said: str) -> None:
    span = SOURCE.span(0, 1)
    findings = [Diagnostic("r", Severity(severity), span, "m") for severity in severities]
    assert summary(findings, 2) == said


def test_json_says_everything_and_fits_its_schema() -> None:
    from jsonschema import Draft202012Validator

    schema = json.loads(
        resources.files("attractorc.schemas").joinpath("diagnostic.schema.json").read_text("utf-8")
    )
    Draft202012Validator.check_schema(schema)
    report = json.loads(
        as_json(
            [
                found_at("plan"),
                found_at(
                    "plam",
                    node="plam",
                    edge=("plan", "plam"),
                    help="did you mean 'plan'?",
                    related=(Related("declared", SOURCE.span(0, 7)),),
                    fix=Fix("write plan", (Edit(26, 30, "plan"),), safe=False),
                ),
            ]
        )
    )
    Draft202012Validator(schema).validate(report)
    assert report["summary"] == {"error": 2, "warning": 0, "info": 0}
    assert report["findings"][1] == {
        "rule": "some_rule",
        "severity": "error",
        "message": "what is wrong",
        "file": "review.dot",
        "line": 2,
        "column": 10,
        "end_line": 2,
        "end_column": 14,
        "node": "plam",
        "edge": ["plan", "plam"],
        "related": [{"message": "declared", "file": "review.dot", "line": 1, "column": 1}],
        "help": "did you mean 'plan'?",
        "fix": {
            "safe": False,
            "title": "write plan",
            "edits": [{"start": 26, "end": 30, "text": "plan"}],
        },
    }
