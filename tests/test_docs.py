"""The tables of docs/ hold: each row about a join, a merge or a variable is tried."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from attractorc.commands.exits import Exit
from attractorc.compiler.driver import compile_bytes
from attractorc.compiler.passes import PASSES
from attractorc.compiler.plan.model import Region
from attractorc.compiler.policy import MergeFiles, StrategyName, Workspace
from attractorc.interpreter.context import Written
from attractorc.interpreter.handlers import stage_files
from attractorc.interpreter.joins import evaluate
from attractorc.interpreter.merges import BranchResult, merge
from attractorc.interpreter.merges.files import BranchFiles, merge_files
from attractorc.interpreter.merges.lines import merge_lines
from attractorc.interpreter.outcome import End, Status
from attractorc.interpreter.workspace import FILE, Change, Entry, FileRule

DOCS = Path(__file__).parents[1] / "docs"
POLICIES = (DOCS / "joins-and-merges.md").read_text("utf-8")
RUNNING = (DOCS / "running.md").read_text("utf-8")
ENDS = {"ok": End.SUCCESS, "fail": End.FAIL}


def rows(text: str, *header: str) -> Iterator[list[str]]:
    """The rows of every table whose first line has these cells, without its backticks."""
    inside = False
    for line in text.splitlines():
        cells = [cell.strip().strip("`") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if cells == list(header):
            inside = True
        elif not cells:
            inside = False
        elif inside and set(cells) != {"---"}:
            yield [cell.replace("\\|", "|") for cell in cells]


def region(join: str = "all_done", rule: str = "*: isolate") -> Region:
    """The region of a fan-out with the branches a, b and c."""
    join, rule = (text.replace('"', '\\"') for text in (join, rule))
    text = f"""digraph g {{
      node [shape=parallelogram, tool_command=true]
      start [shape=Mdiamond] exit [shape=Msquare]
      checks [shape=component, join="{join}"]
      gate [shape=tripleoctagon, merge="{rule}"]
      start -> checks -> {{a b c}} -> gate -> exit
    }}"""
    compiled = compile_bytes(text.encode(), "g.dot")
    assert compiled.plan is not None, compiled.diagnostics
    return compiled.plan.regions["checks"]


JOINS = list(rows(POLICIES, "join", "is satisfied by", "example", "decided"))
MERGES = [
    *rows(POLICIES, "strategy", "result", "before", "written", "merged"),
    *rows(POLICIES, "strategy", "why", "before", "written", "merged"),
]


@pytest.mark.parametrize(("join", "_means", "example", "decided"), JOINS, ids=lambda cell: cell)
def test_join_is_decided_where_the_page_says(
    join: str, _means: str, example: str, decided: str
) -> None:
    policy = region(join).policy
    ends: dict[str, End | None] = dict.fromkeys("abc")
    told = ""
    for item in example.split(", "):
        branch, end = item.split()
        ends[branch] = ENDS[end]
        satisfied = evaluate(policy, ends).satisfied
        if satisfied is not None:
            told = f"{'satisfied' if satisfied else 'not satisfied'} at {branch}"
            break
    assert told == decided


@pytest.mark.parametrize(
    ("strategy", "before", "written", "merged"),
    [(row[0], *row[2:]) for row in MERGES],
    ids=[f"{row[0]} {row[3]}" for row in MERGES],
)
def test_merge_gives_what_the_page_says(
    strategy: str, before: str, written: str, merged: str
) -> None:
    results = tuple(
        BranchResult(name, f"/checks.1/{name}", End.SUCCESS, True, {"k": Written(value, name)})
        for name, value in zip("abc", json.loads(f"[{written}]"), strict=False)
    )
    base = {} if before == "-" else {"k": json.loads(before)}
    decision = merge(region(rule=f"k: {strategy}"), results, base, satisfied=True)
    told = decision.updates.get("k", "nothing")
    match merged:
        case "conflict":
            assert decision.status is Status.FAIL
        case "apart":
            assert told == "nothing"
            assert decision.updates["parallel.checks.branch.a.context.k"] == 1
        case "dropped":
            assert told == "nothing"
            assert "parallel.checks.branch.a.context.k" not in decision.updates
        case _:
            assert told == json.loads(merged)


FILES = list(rows(POLICIES, "before", "a makes it", "b makes it", "merged"))


@pytest.mark.parametrize(("before", "a", "b", "merged"), FILES, ids=map(" ".join, FILES))
def test_files_merge_as_the_page_says(before: str, a: str, b: str, merged: str) -> None:
    def entry(cell: str) -> Entry | None:
        return None if cell == "-" else Entry(FILE, cell.replace("/", "\n"))

    def combine(_path: str, *contents: Entry) -> str | None:
        found = merge_lines(*(each.id.encode() for each in contents))
        return None if found is None else found.decode()

    branches = [
        BranchFiles(name, {"x": Change(entry(before), entry(cell))} if cell != before else {})
        for name, cell in (("a", a), ("b", b))
    ]
    (decision,) = merge_files(branches, FileRule("all", "fail", None), combine)
    assert decision.unresolved == (merged == "conflict")
    if merged != "conflict":
        assert decision.after == entry(merged)


def test_every_workspace_and_every_rule_for_files_has_a_row() -> None:
    kinds = [row[0] for row in rows(POLICIES, "workspace", "what a branch works in")]
    rules = [row[0] for row in rows(POLICIES, "merge_files", "brings back")]
    assert sorted(kinds) == sorted(get_args(Workspace))
    assert sorted(rules) == sorted(get_args(MergeFiles))


def test_every_strategy_has_a_row() -> None:
    assert {row[0].partition("(")[0] for row in MERGES} == set(get_args(StrategyName))


def test_every_exit_code_has_a_row() -> None:
    assert [int(code) for code, _means in rows(RUNNING, "code", "means")] == [*Exit]


def test_every_variable_that_a_tool_is_given_has_a_row() -> None:
    written = {name for name, _holds in rows(RUNNING, "variable", "holds")}
    source = Path(stage_files.__file__).read_text("utf-8")
    given = set(re.findall(r'"(ATTRACTOR_[A-Z_]*[A-Z])"', source)) | {stage_files.MARK}
    assert written == given | {"ATTRACTOR_INPUT_NAME"}


def test_the_examples_of_embedding_print_what_the_page_says() -> None:
    page = (DOCS / "embedding.md").read_text("utf-8")
    examples = re.findall(r"^```python\n(.*?)^```$", page, re.M | re.S)
    printed = re.findall(r"^```text\n(.*?)^```$", page, re.M | re.S)
    assert len(examples) == len(printed) == 3
    for code, expected in zip(examples, printed, strict=True):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(compile(code, "embedding.md", "exec"), {"__name__": "embedding"})
        assert said.getvalue() == expected


def test_the_page_on_embedding_lists_the_passes_in_their_order() -> None:
    page = (DOCS / "embedding.md").read_text("utf-8")
    assert [name for name, _does in rows(page, "pass", "does")] == [
        each.__name__ for each in PASSES
    ]
