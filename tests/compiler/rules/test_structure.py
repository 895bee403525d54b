"""The rules about start, exit, and the ends of edges: what they find, and where."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from attractorc.compiler.diagnostic import Diagnostic

Find = Callable[[str], list[str]]
Diagnose = Callable[[str], tuple[Diagnostic, ...]]


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        pytest.param("start -> exit", [], id="the smallest pipeline is fine"),
        pytest.param(
            'a [prompt=x]; start -> a -> b -> exit; b -> a [condition="outcome=fail"]',
            ["prompt_on_llm_nodes b"],
            id="a node that only edges name, but that leads on, is a node",
        ),
        pytest.param(
            "plan [prompt=x]; review [prompt=y]; start -> plan -> reviw; review -> exit",
            ["edge_target_exists reviw"],
            id="what hangs on a slip is not reported as unreachable",
        ),
        pytest.param(
            "plan [prompt=x]; start -> plan; plam -> exit",
            ["reachability plam"],
            id="a slip at the beginning of an edge makes no dead end",
        ),
        pytest.param(
            "plan [prompt=x]; start -> plam -> exit",
            ["edge_target_exists plam"],
            id="a slip in the middle of a path, where the node that was meant is left over",
        ),
        pytest.param(
            "plan1 [prompt=x]; start -> plan1 -> plan2 -> exit",
            ["prompt_on_llm_nodes plan2"],
            id="a name that is like another is no slip, if that one is in use",
        ),
        pytest.param(
            "plan [prompt=x]; start -> plan -> exit; plan -> nowhere; start -> nowhere",
            ["edge_target_exists nowhere"],
            id="two edges to one missing node are one finding",
        ),
        pytest.param(
            "plan [prompt=x]; start -> plan -> {c other} -> exit; c [prompt=x]",
            ["prompt_on_llm_nodes other"],
            id="names in a group are ends of edges like others",
        ),
        pytest.param(
            "plan [prompt=x]; start -> plan -> exit; plan -> start",
            ["start_no_incoming start"],
            id="an edge back to the start",
        ),
        pytest.param(
            "node [prompt=x]; a; b; start -> a -> {b exit}; b -> exit; {a b} -> start; {a b} -> c",
            ["start_no_incoming start", "edge_target_exists c"],
            id="several edges to one name that is written once are one finding",
        ),
        pytest.param(
            "plan [prompt=x]; start -> plan -> exit -> plan",
            ["exit_no_outgoing exit -> plan"],
            id="an edge out of the exit",
        ),
    ],
)
def test_ends_of_edges(statements: str, expected: list[str], find: Find) -> None:
    assert find(statements) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("digraph g {}", ["start_node g", "terminal_node g"], id="an empty graph"),
        pytest.param(
            "digraph g { a [prompt=x]; b [prompt=x]; b -> exit; exit [shape=Msquare] }",
            ["start_node g"],
            id="without a start nothing is called unreachable",
        ),
        pytest.param(
            "digraph g { s [shape=Mdiamond]; t [shape=Mdiamond]; e [shape=Msquare] s -> e; t -> e}",
            ["start_node t"],
            id="two starts are one finding, at the second",
        ),
        pytest.param(
            "digraph g { s [shape=Mdiamond]; d [shape=Msquare]; e [shape=Msquare]; "
            "a [prompt=x]; s -> a -> {d e} }",
            ["terminal_node e"],
            id="two exits are one finding, at the second",
        ),
        pytest.param(
            "digraph g { s [shape=Mdiamond]; a [prompt=x]; s -> a; a -> a }",
            ["terminal_node g"],
            id="without an exit nothing is called a dead end",
        ),
    ],
)
def test_there_is_one_start_and_one_exit(
    text: str, expected: list[str], diagnostics: Diagnose
) -> None:
    found = diagnostics(text)
    assert [f"{x.rule} {text[x.span.start : x.span.end]}" for x in found] == expected


def test_the_other_starts_are_named_with_their_places(diagnostics: Diagnose) -> None:
    text = "digraph g {\ns [shape=Mdiamond]\nt [shape=Mdiamond]\nu [shape=Mdiamond]\n}"
    found = next(item for item in diagnostics(text) if item.rule == "start_node")
    assert found.node == "t"
    assert [(r.message, r.span.line) for r in found.related] == [
        ("'s' is a start node too", 2),
        ("'u' is a start node too", 4),
    ]


def test_the_other_places_of_a_missing_node_are_named(diagnostics: Diagnose) -> None:
    text = "digraph g {\nstart -> nowhere\nstart -> exit\na [prompt=x]\na -> nowhere }"
    found = next(item for item in diagnostics(text) if item.rule == "edge_target_exists")
    assert found.span.line == 2
    assert [(r.message, r.span.line) for r in found.related] == [("'a' leads there, too", 5)]


def test_a_slip_in_a_target_gets_the_name_that_was_meant(diagnostics: Diagnose) -> None:
    text = "digraph g { start -> reviw; reviw2 [label=x]; review [label=x]; review -> exit; }"
    found = next(item for item in diagnostics(text) if item.rule == "edge_target_exists")
    assert found.help == "did you mean 'review'?"
    assert found.edge == ("start", "reviw")
