"""Other implementations' pipelines: `docs/compatibility.md` holds, row by row.

Over the collection of real pipelines, where there is one: how many of them compile.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from attractorc.compiler.attributes import TABLE
from attractorc.compiler.diagnostic import Severity
from attractorc.compiler.driver import Compiled, compile_bytes, compile_source
from attractorc.compiler.plan.policy_text import join_text
from attractorc.compiler.source import Source

PAGE = (Path(__file__).parents[2] / "docs" / "compatibility.md").read_text("utf-8")


def rows(*header: str) -> Iterator[list[str]]:
    """The cells of the table with this header."""
    lines = iter(PAGE.splitlines())
    for line in lines:
        if line == f"| {' | '.join(header)} |":
            break
    next(lines)
    for line in lines:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]


SPELLINGS = list(rows("spelling", "is", "of", "written by"))
JOINS = list(rows("written on the fan-out", "the join is"))
MISSING = list(rows("written", "finding"))


def test_the_page_has_every_alias_of_the_attribute_table_and_no_other() -> None:
    written = {(row[0].strip("`"), row[1].strip("`"), row[2]) for row in SPELLINGS}
    known = {(alias, row.name, ", ".join(row.where)) for row in TABLE for alias in row.aliases}
    assert written == known


@pytest.mark.parametrize("row", SPELLINGS, ids=lambda row: row[0])
def test_an_alias_is_noted_with_a_safe_fix(row: list[str]) -> None:
    alias, name, places = row[0].strip("`"), row[1].strip("`"), row[2].split(", ")
    for place in places:
        block = f"graph [{alias}=1]" if place == "graph" else f"a [{alias}=1]"
        found = compile_source(Source("g.dot", f"digraph {{ {block} start -> a -> exit }}"))
        (note,) = (each for each in found.diagnostics if each.rule == "deprecated_spelling")
        assert note.severity is Severity.INFO
        assert f"'{alias}' is spelled '{name}'" in note.message
        assert note.fix is not None
        assert note.fix.safe


@pytest.mark.parametrize(("attributes", "join"), JOINS, ids=lambda cell: cell)
def test_a_join_becomes_what_the_page_says(attributes: str, join: str) -> None:
    text = f"""digraph {{
      start [shape=Mdiamond] exit [shape=Msquare]
      node [shape=parallelogram, tool_command=true]
      checks [shape=component, {attributes.strip("`")}] gate [shape=tripleoctagon]
      start -> checks -> {{a b c}} -> gate -> exit
    }}"""
    compiled = compile_source(Source("g.dot", text))
    if join.startswith("an error: "):
        errors = [each for each in compiled.diagnostics if each.severity is Severity.ERROR]
        assert [join.removeprefix("an error: ") in each.message for each in errors] == [True]
    else:
        assert compiled.plan is not None, compiled.diagnostics
        assert join_text(compiled.plan.regions["checks"].policy.join) == join.strip("`")


@pytest.mark.parametrize(("statement", "rule"), MISSING, ids=lambda cell: cell)
def test_what_is_not_supported_is_found(statement: str, rule: str) -> None:
    text = f"digraph {{ start -> a -> exit\n{statement.strip('`')}\n}}"
    found = {each.rule for each in compile_source(Source("g.dot", text)).diagnostics}
    assert rule.strip("`") in found


# Pipelines as the specification writes them, in words of our own: a line, a branch with a
# way back, a gate for a person (its section 2.13), and a fan-out with a fan-in (4.8, 4.9).
LIKE_THE_SPECIFICATION = {
    "a line": """digraph Tidy {
        graph [goal="Tidy the changelog and report"]
        rankdir=LR
        start [shape=Mdiamond, label="Start"]
        exit [shape=Msquare, label="Exit"]
        collect [label="Collect", prompt="Collect the entries"]
        write [label="Write", prompt="Write the summary"]
        start -> collect -> write -> exit
    }""",
    "a branch with conditions and a way back": """digraph Repair {
        graph [goal="Mend the parser, with a test"]
        rankdir=LR
        node [shape=box, timeout="900s"]
        start [shape=Mdiamond, label="Start"]
        exit [shape=Msquare, label="Exit"]
        look [label="Look", prompt="Look for the cause of: $goal"]
        mend [label="Mend", prompt="Mend it", goal_gate=true, max_retries=2, retry_target=look]
        try [label="Try", prompt="Run the tests"]
        good [shape=diamond, label="Good?"]
        start -> look -> mend -> try -> good
        good -> exit [label="Yes", condition="outcome=success"]
        good -> mend [label="No", condition="outcome!=success"]
    }""",
    "a gate for a person": """digraph Editing {
        rankdir=LR
        start [shape=Mdiamond, label="Start"]
        exit [shape=Msquare, label="Exit"]
        draft [shape=box, label="Draft", prompt="Write a draft"]
        read [shape=hexagon, label="Read it", type="wait.human", human.default_choice="rework"]
        print [shape=box, label="Print", prompt="Lay it out"]
        rework [shape=box, label="Rework", prompt="Take up the remarks"]
        start -> draft -> read
        read -> print [label="[P] Print"]
        read -> rework [label="[R] Rework"]
        print -> exit
        rework -> read
    }""",
    "a fan-out with a fan-in": """digraph Ideas {
        goal = "Find a name"
        default_max_retries = 1
        model_stylesheet = "* { llm_model: small } .judge { reasoning_effort: high }"
        start [shape=Mdiamond]
        exit [shape=Msquare]
        split [shape=component, join_policy="wait_all", max_parallel=2]
        one [prompt="Think of a short one for $goal"]
        two [prompt="Think of a long one", allow_partial=true]
        pick [shape=tripleoctagon]
        judge [class="judge", prompt="Say why", auto_status=true]
        subgraph cluster_thinking { label = "Thinking"; node [llm_provider="here"]; one; two }
        start -> split
        split -> one
        split -> two
        one -> pick
        two -> pick
        pick -> judge [weight=2]
        judge -> exit
    }""",
    "a tool": """digraph Build {
        start [shape=Mdiamond]; exit [shape=Msquare]
        build [shape=parallelogram, label="Build", tool_command="make all", timeout="5m"]
        build_again [type="tool", tool_command="make all"]
        start -> build
        build -> exit [condition="outcome=success && context.tool.output!=''", label="built"]
        build -> build_again [weight=1]
        build_again -> exit
    }""",
}


@pytest.mark.parametrize("text", LIKE_THE_SPECIFICATION.values(), ids=LIKE_THE_SPECIFICATION)
def test_what_is_written_like_the_specification_has_no_findings(text: str) -> None:
    compiled = compile_source(Source("g.dot", text))
    # The specification's own DOT is not all Graphviz's: a bare key with a dot renders nowhere.
    found = [each.rule for each in compiled.diagnostics if each.rule != "graphviz_incompatible"]
    assert found == []
    assert compiled.plan is not None


def _outcome(compiled: Compiled) -> str:
    return "refused" if compiled.plan is None else "compiles"


def _beside(path: str) -> bytes:
    """What is said to lie beside a pipeline: a text for a prompt, or a pipeline."""
    return b"digraph { start -> exit }" if path.endswith((".dot", ".fabro")) else path.encode()


@pytest.fixture(scope="module")
def compiled_corpus(corpus: Path) -> list[tuple[str, Compiled]]:
    """Each pipeline, with `Y` if Graphviz accepts it; its prompt files are not there."""
    with (corpus / "INDEX.tsv").open(encoding="utf-8", newline="") as file:
        index = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        (
            row["graphviz_ok"],
            compile_bytes((corpus / row["file"]).read_bytes(), row["file"], files=_beside),
        )
        for row in index
    ]


def test_no_prompt_of_a_real_pipeline_is_suspected_of_a_wrong_input(
    compiled_corpus: list[tuple[str, Compiled]],
) -> None:
    found = Counter(each.rule for _, one in compiled_corpus for each in one.diagnostics)
    # Two goals name an input: their engine puts it in, and ours takes a goal as it is.
    assert found["unknown_input"] == 2
    # Two pipelines of one project declare what its engine writes into a file for agents.
    assert found["unused_input"] <= 2


def test_most_pipelines_of_others_compile(compiled_corpus: list[tuple[str, Compiled]]) -> None:
    counts: dict[str, Counter[str]] = {"Y": Counter(), "N": Counter()}
    for accepted_by_graphviz, compiled in compiled_corpus:
        counts[accepted_by_graphviz][_outcome(compiled)] += 1
    accepted, refused = counts["Y"], counts["N"]
    assert sum(accepted.values()) == 192
    assert sum(refused.values()) == 32
    # What remains of those that Graphviz reads is reviewed, and no pipeline (tests/corpus).
    assert accepted["refused"] <= 9
    assert accepted["compiles"] >= 159
    assert accepted["compiles"] / (accepted["compiles"] + accepted["refused"]) >= 0.95
    # Of those that Graphviz refuses, all but a piece of pseudo-code and an empty supervisor.
    assert refused["refused"] <= 2
    assert refused["compiles"] >= 25


def test_the_page_names_only_repositories_that_are_in_the_collection(corpus: Path) -> None:
    with (corpus / "INDEX.tsv").open(encoding="utf-8", newline="") as file:
        index = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        known = {row["repo"] for row in index}
    named = {name for row in SPELLINGS for name in re.findall(r"[\w-]+/[\w-]+", row[3])}
    assert named
    assert named <= known
    assert len(known) == 16
