"""The rules about paths: what can be reached, what leads on, and which edge is taken."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from attractorc.compiler.diagnostic import Diagnostic
from attractorc.compiler.driver import compile_source
from attractorc.compiler.rules import no_default_edge
from attractorc.compiler.source import Source

from .told import told

Find = Callable[[str], list[str]]
Diagnose = Callable[[str], tuple[Diagnostic, ...]]

STAGES = "node [prompt=x]; a; b; c; d;\n"


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        pytest.param(
            "start -> a -> exit; b -> c -> d -> exit",
            ["reachability b"],
            id="only the first node of an unreachable part",
        ),
        pytest.param(
            "start -> a -> exit; b -> c; c -> b; c -> exit; d -> d",
            ["reachability b", "reachability d"],
            id="an unreachable loop, at the node that stands first",
        ),
        pytest.param(
            "start -> a -> exit; a [retry_target=b]; b -> c -> a; d -> exit",
            ["reachability d"],
            id="a retry target counts as a path",
        ),
        pytest.param(
            "graph [retry_target=b]; start -> a -> exit; b -> {c d} -> a",
            [],
            id="so does the graph's",
        ),
        pytest.param(
            "start -> a -> exit; a -> bb -> exit; bb -> c; c -> d; d -> exit",
            ["reachability b"],
            id="an undeclared node that leads on does not stand for another",
        ),
    ],
)
def test_reachability(statements: str, expected: list[str], find: Find) -> None:
    assert [x for x in find(STAGES + statements) if "reach" in x] == expected


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        pytest.param(
            "start -> a -> {b c}; b -> exit; c -> d",
            ["no_path_to_exit d"],
            id="a dead end, and not the way there",
        ),
        pytest.param(
            "start -> a -> {b c}; b -> exit; c -> d; d -> c",
            ["no_path_to_exit c"],
            id="a loop that nothing leads out of, once",
        ),
        pytest.param(
            "start -> a -> {b c}; b -> exit; c -> d; d [retry_target=a]",
            [],
            id="a retry target leads on",
        ),
        pytest.param(
            "f [shape=component]; start -> f -> {a b c}; {a b} -> d -> exit",
            ["no_path_to_exit c"],
            id="a branch that stays behind where the others go on",
        ),
        pytest.param(
            'f [shape=component]; start -> f -> {a b c}; f -> d [condition="outcome=success"];'
            'f -> exit [condition="outcome!=success"]; d -> exit',
            [],
            id="branches that all end nowhere, if the fan-out goes on",
        ),
        pytest.param(
            "start -> a -> b; c -> d -> exit",
            [],
            id="where the exit cannot be reached at all, that is the fault",
        ),
    ],
)
def test_paths_to_the_exit(statements: str, expected: list[str], find: Find) -> None:
    assert [x for x in find(STAGES + statements) if "no_path" in x] == expected


@pytest.mark.parametrize(
    ("edges", "case"),
    [
        pytest.param({"outcome=success", "outcome!=success"}, None, id="a condition and its not"),
        pytest.param({"outcome=success", "outcome=fail"}, None, id="success and fail"),
        pytest.param({"outcome=success"}, "outcome is 'fail'", id="a diamond asks about failure"),
        pytest.param({"outcome=fail"}, "outcome is 'success'", id="nothing for success"),
        pytest.param(
            {"context.x=1", "context.x=2"}, "x is anything else", id="values that nobody lists"
        ),
        pytest.param({"context.x=true", "x=false"}, None, id="true and false"),
        pytest.param({"context.n<5", "context.n>=5"}, None, id="numbers on both sides"),
        pytest.param({"context.n<5", "context.n>5"}, "n is '5'", id="the number between"),
        pytest.param({"context.x", "!context.x"}, None, id="a truth and its not"),
        pytest.param(
            {"outcome=success && context.x=true", "outcome=fail"},
            "outcome is 'success' and x is anything else",
            id="two keys",
        ),
        pytest.param(
            {"context.t contains err", "context.t contains warn"},
            "t is anything else",
            id="parts of a text",
        ),
    ],
)
def test_conditions_that_leave_a_case_open(
    edges: set[str], case: str | None, diagnostics: Diagnose
) -> None:
    ways = "".join(f'gate -> n{i} -> exit [condition="{c}"];' for i, c in enumerate(sorted(edges)))
    nodes = "".join(f"n{i} [shape=diamond];" for i in range(len(edges)))
    text = f'digraph g {{ start -> gate [condition=""]; gate [shape=diamond]; {nodes} {ways} }}'
    found = [item for item in diagnostics(text) if item.node == "gate"]
    said = [item.message for item in found if item.rule == "no_default_edge"]
    assert said == ([] if case is None else [f"no edge leaves 'gate' when {case}"])


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        pytest.param(
            'start -> a; a -> exit [condition="outcome=success"]',
            [],
            id="a stage's own failure may end the run",
        ),
        pytest.param(
            'start -> a -> exit [condition="outcome=fail"]',
            ["no_default_edge a"],
            id="its success needs a way on",
        ),
        pytest.param(
            "g [shape=diamond, retry_target=a]; start -> a -> g;"
            'g -> exit [condition="outcome=success"]',
            [],
            id="a retry target is a diamond's way on after a failure",
        ),
        pytest.param(
            'start -> a; a -> b [condition="context.x=1"]; a -> exit; b -> exit',
            [],
            id="an edge without a condition is the default",
        ),
        pytest.param(
            'start -> check; check [shape=parallelogram, writes=said, tool_command="if [ -f plan ];'
            " then printf '%s' $n > count; x=$(echo 3); printf 'go'; else echo wait; fi\"];"
            'check -> a [condition="said=go"]; a -> exit; check -> exit [condition="said=wait"]',
            [],
            id="a script that prints one of two words, and an edge for each",
        ),
        pytest.param(
            'start -> check; check [shape=parallelogram, writes=said, tool_command="echo $x;'
            " printf 'go' || printf 'wait'\"];"
            'check -> exit [condition="said=go"]; check -> exit [condition="said=wait"]',
            ["no_default_edge check"],
            id="a script that prints other things, too",
        ),
        pytest.param(
            'f [shape=component]; start -> f; f -> a [condition="context.x=1"];'
            'f -> b [condition="context.x=2"]; {a b} -> c -> exit',
            [],
            id="conditions on branches choose branches, not a way on",
        ),
    ],
)
def test_nodes_that_need_a_default(statements: str, expected: list[str]) -> None:
    found = told(STAGES + statements, (no_default_edge,))
    assert [re.sub(r"^warning (\w+) \[(\w+)\].*", r"\1 \2", each) for each in found] == expected


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        pytest.param("start -> a -> exit; a -> exit", ["a -> exit"], id="the same twice"),
        pytest.param("start -> a -> exit; a -> exit [weight=3]", ["a -> exit"], id="or weightier"),
        pytest.param("start -> a -> exit; a -> exit [label=no]", [], id="another label"),
        pytest.param(
            'start -> a -> exit; a -> exit [condition="context.x=1"]', [], id="another condition"
        ),
    ],
)
def test_duplicate_edges(statements: str, expected: list[str], find: Find) -> None:
    found = [x for x in find(STAGES + statements) if x.startswith("duplicate_edge")]
    assert [x.removeprefix("duplicate_edge ").partition(" [")[0] for x in found] == expected


def test_ten_thousand_nodes_are_checked_in_a_moment() -> None:
    from time import process_time

    from attractorc.compiler import rules

    lines = [f"n{i} -> n{i + 1}; n{i} [prompt=x];" for i in range(10_000)]
    text = f"digraph g {{ start -> n0; {' '.join(lines)} n10000 -> exit; stray [prompt=x] }}"
    graph = compile_source(Source("g.dot", text)).graph
    assert graph is not None
    begin = process_time()
    rules.check(graph)
    assert process_time() - begin < 5


ENDS = "start [shape=Mdiamond]; exit [shape=Msquare]; node [prompt=x];"


@pytest.mark.parametrize(
    ("rule", "statements"),
    [
        ("dead_edge", "b [shape=diamond]; b -> exit [weight=2]; b -> a"),
        ("no_default_edge", 'b -> exit [condition="x=1"]; b -> a [condition="x=2"]'),
        ("constant_condition", 'b -> exit; b -> a [condition="outcome=success && outcome=fail"]'),
        ("unbounded_loop", "c [shape=parallelogram, tool_command=x]; b -> c -> b; c -> exit"),
        ("no_path_to_exit", 'c; b -> c; a -> exit [condition="x=1"]'),
    ],
)
def test_a_finding_about_the_flow_says_the_way(
    rule: str, statements: str, diagnostics: Diagnose
) -> None:
    text = f"digraph g {{ {ENDS} a; b; start -> a -> b; {statements} }}"
    found = [item for item in diagnostics(text) if item.rule == rule]
    assert len(found) == 1
    (way,) = (note.message for note in found[0].related if note.message.startswith("a run comes"))
    end = " -> 'c'" if rule == "no_path_to_exit" else ""
    assert way == f"a run comes here by 'start' -> 'a' -> 'b'{end}"


def test_a_long_way_is_told_from_where_it_comes_near(diagnostics: Diagnose) -> None:
    chain = " -> ".join(f"s{number}" for number in range(30))
    nodes = "; ".join(chain.split(" -> "))
    found = diagnostics(f"digraph g {{ {ENDS} {nodes}; start -> {chain}; s3 -> exit [label=y] }}")
    (note,) = next(item for item in found if item.rule == "no_path_to_exit").related
    assert note.message == (
        "a run comes here by ... -> 's24' -> 's25' -> 's26' -> 's27' -> 's28' -> 's29'"
    )
