"""The rules about single stages: types, commands, prompts, gates and retry targets."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from attractorc.compiler.diagnostic import Diagnostic

Find = Callable[[str], list[str]]
Diagnose = Callable[[str], tuple[Diagnostic, ...]]


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        pytest.param(
            'a [type="my.handler", label=x]', ['type_known "my.handler"'], id="a type of its own"
        ),
        pytest.param('a [type="tool", tool_command=x]', [], id="a known type"),
        pytest.param(
            'node [type="my.handler", label=x]; a; b; a -> b -> exit',
            ['type_known "my.handler"'],
            id="a default with a fault is one fault",
        ),
        pytest.param("a [label=x]", [], id="a label is enough for an agent"),
        pytest.param("a [shape=box]", ["prompt_on_llm_nodes a"], id="nothing for the agent"),
        pytest.param("a [shape=parallelogram]", ["missing_command a"], id="nothing to run"),
        pytest.param(
            'a [shape=parallelogram, tool_command=" "]', ["missing_command a"], id="a blank command"
        ),
        pytest.param(
            "a [label=x, retry_target=b]", ["retry_target_exists b"], id="a target that is not"
        ),
        pytest.param('a [label=x, retry_target=""]', [], id="no target"),
        pytest.param(
            'graph [fallback_retry_target="aa"]; a [label=x]',
            ['retry_target_exists "aa"'],
            id="the graph's own",
        ),
        pytest.param(
            "a [label=x, goal_gate=true]",
            ["goal_gate_has_retry goal_gate=true"],
            id="a gate without a way back",
        ),
        pytest.param("a [label=x, goal_gate=true, retry_target=a]", [], id="a gate with one"),
        pytest.param(
            "graph [retry_target=a]; a [label=x, goal_gate=true]", [], id="or with the graph's"
        ),
        pytest.param("a [label=x, goal_gate=false]", [], id="no gate"),
    ],
)
def test_stages(statements: str, expected: list[str], find: Find) -> None:
    assert find(f"{statements}; start -> a; a -> exit") == expected


def test_a_slip_in_a_type_gets_the_name_that_was_meant(diagnostics: Diagnose) -> None:
    found = diagnostics('digraph g { start -> a -> exit; a [type="paralel", label=x] }')
    assert [(item.rule, item.help) for item in found] == [
        ("type_known", "did you mean 'parallel'?")
    ]


def test_a_slip_in_a_retry_target_gets_the_name_that_was_meant(diagnostics: Diagnose) -> None:
    found = diagnostics("digraph g { start -> plan -> exit; plan [label=x, retry_target=Plan] }")
    assert [(item.message, item.help, item.node) for item in found] == [
        ("retry_target of 'plan' names 'Plan', which is no node", "did you mean 'plan'?", "plan")
    ]
