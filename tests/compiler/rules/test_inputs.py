"""Names of inputs: those that nobody knows, those that nobody reads."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from attractorc.compiler.diagnostic import Diagnostic, Severity
from attractorc.compiler.driver import compile_source
from attractorc.compiler.source import Source

from .conftest import Find

Diagnostics = Callable[[str], tuple[Diagnostic, ...]]


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        pytest.param('a [prompt="$bas"]', ["$bas"], id="a slip in the name of an input"),
        pytest.param('a [prompt="${inputs.bas}"]', ["${inputs.bas}"], id="a slip behind a dot"),
        pytest.param('a [prompt="$nothing"]', ["$nothing"], id="a name like none of the inputs"),
        pytest.param('a [label="On $bas"]', ["$bas"], id="the label that is the prompt"),
        pytest.param('a [shape=hexagon, label="$bas?"]', ["$bas"], id="a question to a person"),
        pytest.param('a [prompt="$gaol"]', ["$gaol"], id="a slip in $goal"),
        pytest.param(
            'a [shape=tripleoctagon, prompt="$bas"]', ["$bas"], id="a prompt that chooses a winner"
        ),
        pytest.param(
            'a [shape=tripleoctagon, winner=human, label="$bas?"]',
            ["$bas?"[:-1]],
            id="a question for a winner",
        ),
        pytest.param(
            'a [shape=tripleoctagon, winner=first, label="$bas"]', [], id="a label of a fan-in"
        ),
        pytest.param('a [prompt="$bas, $bas"]', ["$bas", "$bas"], id="each place"),
        pytest.param('a [prompt="$base and $goal"]', [], id="what is known"),
        pytest.param('a [label="$bas", prompt=x]', [], id="a label that nothing is put into"),
        pytest.param('a [prompt="${context.bas}"]', [], id="a key of the context"),
        pytest.param('a [prompt="$HOME and $BASE_DIR"]', [], id="capitals"),
        pytest.param('a [prompt="run `echo $bas`"]', [], id="code"),
        pytest.param('a [prompt="```\necho $bas\n```"]', [], id="a block of code"),
        pytest.param('a [prompt="\\\\$bas or $$bas"]', [], id="escaped"),
        pytest.param('a [prompt="bas=1; echo $bas"]', [], id="given a value by the text itself"),
        pytest.param('a [prompt="for bas in x; do echo $bas"]', [], id="a loop of the text"),
        pytest.param('a [shape=parallelogram, tool_command="echo $bas"]', [], id="a command"),
    ],
)
def test_a_name_that_is_no_input_is_found(find: Find, statements: str, found: list[str]) -> None:
    ways = f'graph [inputs="base"] b [prompt="$base"] start -> b -> a -> exit {statements}'
    told = [item for item in find(ways) if "input" in item]
    assert told == [f"unknown_input {text}" for text in found]


def test_without_inputs_only_a_near_miss_of_goal_is_found(find: Find) -> None:
    assert find('a [prompt="$count of $file: $gaol"] start -> a -> exit') == ["unknown_input $gaol"]


def test_a_condition_on_an_input_that_is_not_declared_is_found(find: Find) -> None:
    edges = 'a -> exit [condition="context.inputs.bas=main"] a -> exit'
    statements = f'graph [inputs="base"] a [prompt="$base"] start -> a {edges}'
    assert 'unknown_input "context.inputs.bas=main"' in find(statements)


def test_one_default_prompt_of_many_nodes_is_found_once(find: Find) -> None:
    statements = 'graph [inputs="base"] node [prompt="$base $bas"] start -> a -> b -> exit'
    assert find(statements) == ["unknown_input $bas"]


def test_what_comes_from_a_file_is_found_where_the_file_is_named() -> None:
    text = 'digraph { graph [inputs="base"] a [prompt="@x.md"] start -> a -> exit }'
    found = compile_source(Source("g.dot", text), files=lambda path: b"$base $bas").diagnostics
    assert [(item.rule, text[item.span.start : item.span.end]) for item in found] == [
        ("unknown_input", '"@x.md"')
    ]


@pytest.mark.parametrize(
    "use",
    [
        pytest.param('a [prompt="$depth"]', id="a prompt"),
        pytest.param('a [prompt="${context.inputs.depth}"]', id="a prompt, by its key"),
        pytest.param('a [shape=hexagon, label="$depth?"]', id="a question"),
        pytest.param('a [prompt=x] a -> exit [condition="inputs.depth>2"]', id="a condition"),
        pytest.param('a [shape=parallelogram, tool_command="x ${depth}"]', id="a command"),
        pytest.param(
            'a [shape=parallelogram, tool_command="x $ATTRACTOR_INPUT_DEPTH"]', id="its variable"
        ),
        pytest.param('a [prompt=x, reads="inputs.depth"]', id="what a stage says it reads"),
    ],
)
def test_an_input_that_is_read_is_not_found(find: Find, use: str) -> None:
    statements = f'graph [inputs="base; depth=1"] b [prompt="$base"] {use} start -> b -> a -> exit'
    assert [item for item in find(statements) if "input" in item] == []


def test_an_input_that_nothing_reads_is_found_where_it_is_declared(find: Find) -> None:
    statements = 'graph [inputs="base; depth=1"] a [prompt="$base"] start -> a -> exit'
    assert find(statements) == ["unused_input depth"]


def test_where_a_program_may_read_it_that_is_only_a_note(diagnostics: Diagnostics) -> None:
    ends = "start [shape=Mdiamond] exit [shape=Msquare]"
    tool = "a [shape=parallelogram, tool_command=make]"
    (found,) = diagnostics(f'digraph {{ graph [inputs="base"] {ends} {tool} start -> a -> exit }}')
    assert (found.rule, found.severity) == ("unused_input", Severity.INFO)
    assert "ATTRACTOR_INPUT_BASE" in found.message


def test_in_yaml_an_unused_input_is_found_at_its_key() -> None:
    text = (
        "pipeline: g\nstart: a\ninputs:\n  base: {description: the depth}\n  depth: 1\n"
        "nodes:\n  a: {prompt: $base, next: exit}\n"
    )
    (found,) = compile_source(Source("g.yaml", text)).diagnostics
    assert (found.rule, text[found.span.start : found.span.end], found.span.line) == (
        "unused_input",
        "depth",
        5,
    )
