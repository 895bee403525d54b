"""The tables of what is required and of failure stories are whole, and name only real tests."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "specification.md"
LINES = dict(
    zip(
        (f"11.{part}" for part in range(1, 14)),
        (10, 10, 8, 4, 5, 9, 6, 6, 7, 6, 5, 22, 6),
        strict=True,
    )
)
"""How many lines each part of section 11 has; of 11.13 the checks are counted."""


class Line(NamedTuple):
    """One row: its number, its tests and what the last column says."""

    number: str
    tests: tuple[str, ...]
    state: str


def lines(text: str) -> list[Line]:
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in text.splitlines()]
    return [
        Line(cells[0], tuple(re.findall(r"`(tests/[^`]+)`", cells[2])), cells[3])
        for cells in rows
        if cells and re.fullmatch(r"11\.\d+\.\d+", cells[0])
    ]


@cache
def names_in(file: Path) -> frozenset[str]:
    """The tests of a file as pytest names them, without parameters."""
    found = set()
    for node in ast.parse(file.read_text("utf-8")).body:
        within = node.body if isinstance(node, ast.ClassDef) else [node]
        before = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        for each in within:
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
                found.add(f"{before}{each.name}")
    return frozenset(name for name in found if name.rpartition("::")[2].startswith("test_"))


def stories(text: str) -> dict[str, str]:
    """What becomes of the run in each failure story, by the test that tells it."""
    found = re.findall(r"^\| [^|]+ \| ([^|]+) \| `(tests/stories/[^`]+)` \|$", text, re.M)
    return {test: then for then, test in found}


def told(test: str) -> str:
    """The source of a test that is a function of its file."""
    file, _, name = test.partition("::")
    text = (ROOT / file).read_text("utf-8")
    (node,) = [
        each
        for each in ast.parse(text).body
        if isinstance(each, ast.FunctionDef) and each.name == name
    ]
    return ast.get_source_segment(text, node) or ""


def missing(test: str) -> bool:
    file, _, name = test.partition("::")
    return not (ROOT / file).is_file() or name not in names_in(ROOT / file)


TABLE = lines(PAGE.read_text("utf-8"))


def test_every_line_of_the_section_is_there_once_and_in_its_order() -> None:
    expected = [f"{part}.{n}" for part, count in LINES.items() for n in range(1, count + 1)]
    assert [line.number for line in TABLE] == expected


@pytest.mark.parametrize("line", TABLE, ids=lambda line: line.number)
def test_a_line_is_green_by_tests_that_exist_or_out_of_scope_for_a_reason(line: Line) -> None:
    assert [test for test in line.tests if missing(test)] == []
    if line.tests:
        assert re.match(r"green\b", line.state), line.state
    else:
        assert re.match(r"out of scope: \w{2}", line.state), "a line without a test says why"


def test_only_the_server_is_out_of_scope() -> None:
    assert [line.number for line in TABLE if not line.tests] == ["11.11.5"]


def test_every_test_of_the_matrix_is_in_the_table() -> None:
    named = {test for line in TABLE for test in line.tests}
    for name in ("test_parity.py", "test_done.py"):
        file = Path(__file__).with_name(name)
        assert {f"tests/specification/{name}::{each}" for each in names_in(file)} <= named


STORIES = stories(PAGE.read_text("utf-8"))


def test_every_failure_story_is_in_the_table() -> None:
    files = sorted((ROOT / "tests" / "stories").glob("test_*.py"))
    there = {f"tests/stories/{file.name}::{name}" for file in files for name in names_in(file)}
    assert set(STORIES) == there


def test_twenty_failure_stories_go_on_to_the_end_of_the_same_run() -> None:
    going_on = [test for test, then in STORIES.items() if then == "goes on"]
    assert len(going_on) >= 20
    assert [one for one in going_on if not re.search(r"goes_on\(|\"resume\"", told(one))] == []
    assert [one for one in set(STORIES) - set(going_on) if "goes_on(" in told(one)] == []


def test_a_test_that_is_not_there_would_be_missed() -> None:
    assert missing("tests/specification/test_table.py::test_of_nothing")
    assert missing("tests/specification/test_nothing.py::test_a")
    assert missing("tests/interpreter/test_console.py::test_it_asks_again_on_nonsense"), "a method"
    assert not missing(
        "tests/interpreter/test_console.py::TestConsole::test_it_asks_again_on_nonsense"
    )
