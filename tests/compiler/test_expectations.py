"""Faults of the small languages, each expected on the very line where it is written.

`expectations/` holds pipelines. A line with `### "regexp"` must have a finding whose
`rule: message` the expression matches, one finding for each expression; all other lines must
have none. The marks are taken out before the pipeline is read, so they may stand anywhere.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from attractorc.compiler.driver import compile_bytes

FILES = sorted((Path(__file__).parent / "expectations").glob("*.*"))
MARK = re.compile(r'[ \t]*### ((?:"(?:[^"\\]|\\.)*"[ \t]*)+)$', re.M)
EXPRESSION = re.compile(r'"((?:[^"\\]|\\.)*)"')


def expected(text: str) -> dict[int, list[str]]:
    """The expressions by line."""
    found: dict[int, list[str]] = {}
    for mark in MARK.finditer(text):
        expressions = [each.replace('\\"', '"') for each in EXPRESSION.findall(mark[1])]
        found[text.count("\n", 0, mark.start()) + 1] = expressions
    return found


def problems(text: str, name: str) -> list[str]:
    """What differs between what a file expects and what is found in it."""
    wanted = expected(text)
    compiled = compile_bytes(MARK.sub("", text).encode(), name, rules=())
    differences = []
    for found in compiled.diagnostics:
        line = f"{found.rule}: {found.message}"
        expressions = wanted.get(found.span.line, [])
        match = next((each for each in expressions if re.search(each, line)), None)
        if match is None:
            differences.append(f"{name}:{found.span.line}: unexpected {line}")
        else:
            expressions.remove(match)
    for number, left in sorted(wanted.items()):
        differences += [f"{name}:{number}: nothing matches {each}" for each in left]
    return differences


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_exactly_the_expected_faults_are_found_on_their_lines(file: Path) -> None:
    text = file.read_text("utf-8")
    assert text.count("###") == len(MARK.findall(text)), "a mark that is not one"
    assert problems(text, file.name) == []


def test_every_language_has_many_faulty_cases() -> None:
    cases = {file.name: sum(map(len, expected(file.read_text("utf-8")).values())) for file in FILES}
    assert sum(cases.values()) >= 130
    assert min(cases.values()) >= 10


@pytest.mark.parametrize(
    ("line", "told"),
    [
        pytest.param(
            'a -> a [condition=done] ### "condition_syntax"',
            "g.dot:2: nothing matches condition_syntax",
            id="a fault that is not there",
        ),
        pytest.param(
            'a -> a [condition="x="]',
            "g.dot:2: unexpected condition_syntax: expected a value, not the end",
            id="a fault that nobody expected",
        ),
        pytest.param(
            'a -> a [condition="x="] ### "join"',
            "g.dot:2: nothing matches join",
            id="another fault",
        ),
        pytest.param(
            'a -> a [condition="x="]\n### "condition"',
            "g.dot:3: nothing matches condition",
            id="a fault on another line",
        ),
    ],
)
def test_the_runner_tells_every_difference(line: str, told: str) -> None:
    assert told in problems(f"digraph {{\n{line}\nstart -> a -> exit }}", "g.dot")
