"""`docs/rules.md` and `explain --all`: the pages of all rules as one document."""

from __future__ import annotations

import re
from pathlib import Path

from attractorc.compiler.rules.pages import catalogue, pages

DOCUMENT = Path(__file__).parents[3] / "docs" / "rules.md"


def test_the_document_is_what_the_pages_say() -> None:
    written = DOCUMENT.read_text("utf-8")
    assert written == catalogue(), "docs/rules.md is stale: `make rules` writes it"


def test_every_rule_is_in_the_table_and_has_its_page() -> None:
    text = catalogue()
    rows = re.findall(r"^\| \[(\w+)\]\(#\1\) \| (\w+) \| (.+) \|$", text, re.M)
    assert rows == [(each.rule, each.severity.value, each.title) for each in pages()]
    assert re.findall(r"^## (\w+)$", text, re.M) == [each.rule for each in pages()]


def test_every_example_is_fenced_by_its_language_and_a_bad_one_says_so() -> None:
    text = catalogue()
    examples = [example for each in pages() for example in each.examples]
    fences = re.findall(r"^```(\w.*)$", text, re.M)
    assert fences == [
        example.language + (" bad" if example.kind == "bad" else "") for example in examples
    ]
    assert all(example.text in text for example in examples)
