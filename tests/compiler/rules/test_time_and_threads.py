"""The rules about attributes that can do nothing because of what others say."""

from __future__ import annotations

import pytest

from attractorc.compiler.rules import Rule, thread_without_full, timeout_order

from .told import told

TIMES: tuple[Rule, ...] = (timeout_order,)
FORK = (
    "node [shape=parallelogram, tool_command=true]; f [shape=component]; g [shape=component]\n"
    "j [shape=tripleoctagon]; i [shape=tripleoctagon]\n"
    "start -> f -> {a g} -> j -> exit; g -> {b c} -> i -> j\n"
)


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        pytest.param(
            'f [join_timeout="5m", branch_timeout="10m"]',
            [
                "warning timeout_order [\"10m\"] the branch_timeout of 'f' (10m) never ends "
                "anything: the join_timeout of 'f' (5m) comes first"
            ],
            id="a branch may take longer than all of them",
        ),
        pytest.param(
            'f [join_timeout="5m", branch_timeout="300s"]',
            [
                "warning timeout_order [\"300s\"] the branch_timeout of 'f' (300s) never ends "
                "anything: the join_timeout of 'f' (5m) is as short"
            ],
            id="a branch may take as long as all of them",
        ),
        pytest.param('f [join_timeout="5m", branch_timeout="4m"]', [], id="a branch has less"),
        pytest.param(
            'f [branch_timeout="4m"]; a [timeout="5m"]',
            [
                "warning timeout_order [\"5m\"] the timeout of 'a' (5m) never ends anything: the "
                "branch_timeout of 'f' (4m) comes first"
            ],
            id="a stage may take longer than its branch",
        ),
        pytest.param('f [branch_timeout="4m"]; a [timeout="4m"]', [], id="a stage as its branch"),
        pytest.param(
            'f [join_timeout="4m"]; b [timeout="5m"]',
            [
                "warning timeout_order [\"5m\"] the timeout of 'b' (5m) never ends anything: the "
                "join_timeout of 'f' (4m) comes first"
            ],
            id="a stage of an inner region and the join of the outer one",
        ),
        pytest.param(
            'f [branch_timeout="4m", join_timeout="9m"]; g [join_timeout="5m"]',
            [
                "warning timeout_order [\"5m\"] the join_timeout of 'g' (5m) never ends anything: "
                "the branch_timeout of 'f' (4m) comes first"
            ],
            id="an inner join and the branch that it stands in",
        ),
        pytest.param(
            'f [branch_timeout="4m"]; g [branch_timeout="5m"]',
            [
                "warning timeout_order [\"5m\"] the branch_timeout of 'g' (5m) never ends "
                "anything: the branch_timeout of 'f' (4m) comes first"
            ],
            id="an inner branch and the branch that it stands in",
        ),
        pytest.param(
            'f [join_timeout="9m"]; g [join_timeout="5m", branch_timeout="2m"]; b [timeout="1m"]',
            [],
            id="each inside has less",
        ),
        pytest.param(
            'f [join_timeout="1m"]; i [timeout="2m"]; g [timeout="2m"]',
            [],
            id="a fan-in that asks nobody has no timeout",
        ),
        pytest.param(
            'f [join_timeout="1m"]; i [timeout="2m", winner=human]; g [timeout="2m"]',
            [
                "warning timeout_order [\"2m\"] the timeout of 'i' (2m) never ends anything: the "
                "join_timeout of 'f' (1m) comes first"
            ],
            id="a fan-in that asks for a winner inside a region",
        ),
        pytest.param(
            'f [join_timeout="1m"]; late [timeout="2m"]; j -> late -> exit',
            [],
            id="after the join there is no limit",
        ),
        pytest.param(
            'f [join_timeout="1m"]; node [timeout="5m"]; j -> x -> exit; f -> y -> j',
            [],
            id="a default is a ceiling for all",
        ),
        pytest.param(
            'f [join_timeout="1m"]; a [timeout="5m"]; a -> exit',
            [],
            id="a faulty region is unclear",
        ),
    ],
)
def test_timeouts_that_never_end_anything(statements: str, expected: list[str]) -> None:
    assert told(FORK + statements, TIMES) == expected


AGENTS = "node [prompt=x]; start -> a -> b -> exit; b -> a [condition=again]\n"
THREAD = "no stage goes on with the thread 't', because none of them has full fidelity"


@pytest.mark.parametrize(
    ("statements", "places"),
    [
        pytest.param("a [thread_id=t]", ["t"], id="a node"),
        pytest.param("a [thread_id=t, fidelity=full]", [], id="a node with full fidelity"),
        pytest.param("default_fidelity=full; a [thread_id=t]", [], id="full for all"),
        pytest.param(
            "default_fidelity=full; a [thread_id=t, fidelity=compact]", ["t"], id="but not here"
        ),
        pytest.param(
            "a [thread_id=t]; edge [fidelity=full]; b -> a [label=again]", [], id="one edge is full"
        ),
        pytest.param("start -> a [thread_id=t]", ["t"], id="an edge"),
        pytest.param(
            "start -> a [thread_id=t, fidelity=full]", [], id="an edge with full fidelity"
        ),
        pytest.param("start -> a [thread_id=t]; a [fidelity=full]", [], id="to a full stage"),
        pytest.param("thread_id=t", ["t"], id="the graph"),
        pytest.param("thread_id=t; b [fidelity=full]", [], id="the graph, and one full stage"),
        pytest.param(
            "subgraph cluster { node [thread_id=t]; c; d } b -> c -> d -> exit",
            ["t"],
            id="a subgraph's default is told once",
        ),
        pytest.param(
            "subgraph cluster { node [thread_id=t]; c; d [fidelity=full] } b -> c -> d -> exit",
            [],
            id="a subgraph's default that one stage goes on with",
        ),
        pytest.param("default_fidelity=ful; a [thread_id=t]", [], id="what was meant is unknown"),
        pytest.param("a [thread_id=t, fidelity=ful]", [], id="also at a node"),
        pytest.param("a [thread_id=t]; b -> a [fidelity=ful]", [], id="and at an edge"),
        pytest.param(
            "a [thread_id=t, fidelity=full]; b -> a [fidelity=compact]",
            [],
            id="one way in is enough",
        ),
        pytest.param(
            'tool [shape=parallelogram, tool_command="true", thread_id=t]; b -> tool -> exit',
            [],
            id="a tool has no session to go on with",
        ),
    ],
)
def test_threads_that_nothing_goes_on_with(statements: str, places: list[str]) -> None:
    found = told(AGENTS + statements, (thread_without_full,))
    assert found == [f"warning thread_without_full [{place}] {THREAD}" for place in places]
