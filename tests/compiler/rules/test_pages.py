"""Every rule that can be printed has a page, and the examples on it are true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from attractorc.compiler import rules
from attractorc.compiler.driver import compile_source
from attractorc.compiler.rules.pages import Example, Page, page, pages
from attractorc.compiler.source import Source

ROOT = Path(__file__).parents[3]
WITHOUT_EXAMPLES = {"encoding", "too_large", "alias_bomb"}
"""Rules about files that cannot be shown on a page; the front ends' tests make such files."""

EXAMPLES = [
    pytest.param(each, example, id=f"{each.rule}-{example.kind}-{number}")
    for each in pages()
    for number, example in enumerate(each.examples)
]


@pytest.mark.parametrize(("of", "example"), EXAMPLES)
def test_an_example_shows_its_rule_and_no_other(of: Page, example: Example) -> None:
    source = Source(f"example.{example.language}", example.text)
    found = [item.rule for item in compile_source(source).diagnostics]
    assert found == ([of.rule] if example.kind == "bad" else [])


@pytest.mark.parametrize("of", [pytest.param(each, id=each.rule) for each in pages()])
def test_a_page_says_what_it_is_about_and_shows_it(of: Page) -> None:
    assert re.fullmatch(r"[A-Z`].*[^.]\.", of.title), "opens with one sentence on one line"
    assert max(len(line) for line in of.text.splitlines()) <= 100
    kinds = {example.kind for example in of.examples}
    assert kinds == (set() if of.rule in WITHOUT_EXAMPLES else {"bad", "good"})


def test_rule_names_are_unique() -> None:
    names = [each.rule for each in pages()]
    assert len(names) == len(set(names))


def test_explain_knows_every_rule_that_the_compiler_can_print() -> None:
    named = {
        name
        for file in (ROOT / "compiler").rglob("*.py")
        for name in _rule_names(file.read_text("utf-8"))
    }
    assert len(named) > 20
    assert sorted(name for name in named if page(name) is None) == []


def _rule_names(code: str) -> list[str]:
    """Rule names as code gives them: by keyword, as a constant, as the first argument."""
    return [
        *re.findall(r"\brule=\"(\w+)\"", code),
        *re.findall(r"^_?[A-Z_]*RULE[A-Z_]*(?:: [\w\[\]]+)? = \"(\w+)\"", code, re.M),
        *re.findall(r"\bDiagnostic\(\s*\"(\w+)\"", code),
    ]


def test_a_page_can_be_read_on_a_terminal() -> None:
    found = page("start_node")
    assert found is not None
    text = found.as_text()
    assert text.startswith("start_node (error)\n\nA pipeline needs exactly one start node.\n")
    assert "\nBad:\n\n    digraph review {\n" in text
    assert "\nGood:\n\n    digraph review {\n" in text
    assert "```" not in text


def test_every_rule_file_is_in_the_table_and_every_rule_has_a_file() -> None:
    pages_apart = {"pages", "pages_files", "pages_languages", "pages_suppressions", "pages_values"}
    apart = {"__init__", *pages_apart}
    files = {file.stem for file in (ROOT / "compiler" / "rules").glob("*.py")} - apart
    assert files == {rule.__name__.rpartition(".")[2] for rule in rules.RULES}  # type: ignore[attr-defined]


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.RULE)
def test_a_rule_is_named_as_its_file(rule: rules.Rule) -> None:
    assert rule.__name__.rpartition(".")[2] == rule.RULE  # type: ignore[attr-defined]
