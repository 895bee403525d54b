"""Wrong shapes in a YAML pipeline: one clear finding each, at its place, and reading goes on."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attractorc.compiler.driver import compile_source
from attractorc.compiler.frontend.yaml import read_yaml
from attractorc.compiler.source import Source

from .documents import check_places, outline
from .test_yaml_syntax import parted

HEAD = "pipeline: p\nstart: a\n"
END = "next: exit"
KINDS = "prompt, run, ask, parallel, fan_in, route, supervise, pipeline, uses"

# A file with «the place» of each finding, and what is found there.
FILES: dict[str, tuple[str, str]] = {
    "a list": ("«[a]»", "syntax: a pipeline must be a mapping, not a list"),
    "a word": ("«x»", "syntax: a pipeline must be a mapping, not 'x'"),
    "nothing": ("«»# x\n", "syntax: a pipeline must be a mapping, not nothing"),
    "no name": (f"«start»: a\nnodes: {{a: {{run: x, {END}}}}}", "syntax: the pipeline has no name"),
    "an empty name": (
        f"pipeline:«»\nstart: a\nnodes: {{a: {{run: x, {END}}}}}",
        "syntax: 'pipeline' must be one text, not nothing",
    ),
    "no start": (
        f"pipeline: «p»\nnodes: {{a: {{run: x, {END}}}}}",
        "syntax: the pipeline does not say where it begins",
    ),
    "a list as start": (
        f"pipeline: p\nstart: «[a]»\nnodes: {{a: {{run: x, {END}}}}}",
        "syntax: 'start' must be a node's id, not a list",
    ),
    "no nodes": ("pipeline: «p»\nstart: a", "syntax: the pipeline has no nodes"),
    "nodes that are none": (f"{HEAD}nodes: «{{}}»", "syntax: the pipeline has no nodes"),
    "nodes as a list": (f"{HEAD}nodes: «[a]»", "syntax: 'nodes' must be a mapping, not a list"),
    "edges": (
        f"{HEAD}«edges»: [a]\nnodes: {{a: {{run: x, {END}}}}}",
        "syntax: a YAML pipeline has no 'edges'",
    ),
    "a goal without a value": (
        f"{HEAD}«goal»:\nnodes: {{a: {{run: x, {END}}}}}",
        "wrong_type: 'goal' has no value; write one, or remove the key",
    ),
    "a list as the goal": (
        f"{HEAD}goal: «[x]»\nnodes: {{a: {{run: x, {END}}}}}",
        "wrong_type: 'goal' cannot be a list",
    ),
    "defaults as a list": (
        f"{HEAD}defaults: «[x]»\nnodes: {{a: {{run: x, {END}}}}}",
        "syntax: 'defaults' must be a mapping, not a list",
    ),
    "defaults of something else": (
        f"{HEAD}defaults: {{«graph»: {{}}}}\nnodes: {{a: {{run: x, {END}}}}}",
        "syntax: 'defaults' has no 'graph', only 'node' and 'edge'",
    ),
    "a kind as a default": (
        f"{HEAD}defaults: {{node: {{«run»: x}}}}\nnodes: {{a: {{run: x, {END}}}}}",
        "syntax: 'run' cannot be a default: each node has its own",
    ),
    "a start that says where it leads, and one more": (
        f"pipeline: p\nstart: «b»\nnodes: {{start: {{next: a}}, a: {{run: x, {END}}}}}",
        "syntax: the node 'start' says already where the pipeline begins",
    ),
}

NODES: dict[str, tuple[str, str]] = {
    "a text as a node": ("a: «do it»", "syntax: the node 'a' must be a mapping, not 'do it'"),
    "nothing as a node": ("a:«»", "syntax: the node 'a' must be a mapping, not nothing"),
    "an empty id": (
        f"a: {{run: x, {END}}}\n  «''»: {{run: x}}",
        "syntax: a node's id cannot be empty",
    ),
    "no kind": (
        f"«a»: {{label: x, {END}}}",
        f"node_kind: the node 'a' does not say what it is; give it one of {KINDS}",
    ),
    "two kinds": (
        f"a: {{prompt: x, «run»: y, {END}}}",
        f"node_kind: the node 'a' has 'prompt' and 'run'; exactly one of {KINDS} says what it is",
    ),
    "a start with work": (
        f"a: {{run: x, {END}}}\n  start: {{«run»: x}}",
        "node_kind: 'start' cannot have 'run': it is where a run begins",
    ),
    "an exit with work": (
        f"a: {{run: x, {END}}}\n  exit: {{«ask»: x}}",
        "node_kind: 'exit' cannot have 'ask': it is where a run ends",
    ),
    "a list as a command": (
        f"a: {{run: «[x]», {END}}}",
        "syntax: 'run' must be one text, not a list",
    ),
    "no prompt": (f"a: {{prompt:«» , {END}}}", "syntax: 'prompt' must be one text, not nothing"),
    "a route that is not true": (
        f"a: {{route: «yes», {END}}}",
        "wrong_type: 'route' must be true, not 'yes'",
    ),
    "a text as a fan-in": (
        f"a: {{fan_in: «x», {END}}}",
        "syntax: 'fan_in' must be a mapping, not 'x'",
    ),
    "the same attribute under two names": (
        f"a: {{prompt: x, model: m, «llm_model»: n, {END}}}",
        "duplicate_key: 'llm_model' says a second time what stands here already",
    ),
    "a kind and a type": (
        f"a: {{run: x, «type»: tool, {END}}}",
        "duplicate_key: 'type' says a second time what stands here already",
    ),
    "a wrong value, called as the file calls it": (
        f"a: {{prompt: x, gate: «3», {END}}}",
        "wrong_type: 'gate' must be true or false, not '3'",
    ),
    "a retry that is no number": (
        f"a: {{prompt: x, retry: {{max: «often»}}, {END}}}",
        "wrong_type: 'retry.max' must be a whole number, not 'often'",
    ),
    "a retry of something else": (
        f"a: {{prompt: x, retry: {{«times»: 3}}, {END}}}",
        "syntax: 'retry' has no 'times', only 'max' and 'backoff'",
    ),
    "a list as a retry": (
        f"a: {{prompt: x, retry: «[3]», {END}}}",
        "syntax: 'retry' must be a number, a preset or a mapping, not a list",
    ),
    "a number as next": ("a: {run: x, next: «3»}", "syntax: 'next' must be a node's id, not '3'"),
    "nothing as next": ("a: {run: x, next:«» }", "syntax: 'next' must be a node's id, not nothing"),
    "an empty next": (
        "a: {run: x, next: «[]»}",
        "syntax: 'next' names no node; write one, or remove the key",
    ),
    "a list in a list": (
        "a: {run: x, next: [«[b]»]}",
        "syntax: 'next' must be a node's id, not a list",
    ),
    "a way to nowhere": (
        "a: {run: x, next: [{«when»: y}]}",
        "syntax: 'next' does not say where it leads; add 'to: <node>'",
    ),
    "a way to a list": (
        "a: {run: x, next: {to: «[b]»}}",
        "syntax: 'to' must be a node's id, not a list",
    ),
    "a way to a node that is not there": (
        "a: {run: x, next: «exitt»}",
        "edge_target_exists: the edge from 'a' leads to 'exitt', which is declared nowhere",
    ),
    "choices without a question": (
        "a: {run: x, «choices»: {y: exit}}",
        "syntax: 'choices' belongs to a node with 'ask'",
    ),
    "choices as a list": (
        "a: {ask: x, choices: «[exit]»}",
        "syntax: 'choices' must be a mapping, not a list",
    ),
    "a choice with a label": (
        "a: {ask: x, choices: {y: exit, n: «{to: a, label: z}»}}",
        "syntax: the choice 'n' is its own label; remove 'label'",
    ),
    "a choice that is a number": (
        "a: {ask: x, choices: {«1»: exit}}",
        "wrong_type: a key must be text, and 1 is a number; put it in quotes",
    ),
}

BRANCHES: dict[str, tuple[str, str]] = {
    "branches as a list": (
        "parallel: «[b]», next: m",
        "syntax: 'parallel' must be a mapping, not a list",
    ),
    "no branches": ("parallel: «{}», next: m", "syntax: 'parallel' names no branch"),
    "nothing as a branch": (
        "parallel: {b:«» }, next: m",
        "syntax: a node of the branch 'b' must be a node's id, not nothing",
    ),
    "a number as a branch": (
        "parallel: {b: «3»}, next: m",
        "syntax: a node of the branch 'b' must be a node's id, not '3'",
    ),
    "an empty branch": ("parallel: {b: «[]»}, next: m", "syntax: the branch 'b' has no node"),
    "a branch without an id": (
        "parallel: {«''»: b}, next: m",
        "syntax: a branch's id cannot be empty",
    ),
    "a list in a branch": (
        "parallel: {b: [b, «[c]»]}, next: m",
        "syntax: a node of the branch 'b' must be a node's id, not a list",
    ),
    "an inline node without a kind": (
        "parallel: {b: {«label»: x}, c: b}, next: m",
        f"node_kind: the node 'b_1' does not say what it is; give it one of {KINDS}",
    ),
    "two places to meet": (
        "parallel: {b: b, c: c}, next: [m, «c»]",
        "syntax: the branches of a fan-out meet at one node; another way needs 'when'",
    ),
    "a label on the way to the fan-in": (
        "parallel: {b: b, c: c}, next: {to: m, «label»: x}",
        "syntax: 'label' means nothing here: no edge leads there",
    ),
    "a way on that does not ask for the outcome": (
        "parallel: {b: b, c: c}, next: [m, {to: c, when: «context.x=1»}]",
        "syntax: a way on after the join must ask for the outcome of the fan-out",
    ),
    "a branch that asks for the outcome": (
        "parallel: {b: b, c: {to: c, when: «outcome=fail»}}, next: m",
        "syntax: the outcome of a fan-out is not known before its branches have run",
    ),
    "a fan-in to which no branch comes": (
        "parallel: {b: {run: x, next: m}, c: {run: y, next: m}}, next: «d»",
        "syntax: no branch of 'a' comes to 'd'",
    ),
    "a chain of a node that leads on by itself": (
        "parallel: {b: [d, c], e: b}, next: m",
        "syntax: 'd' leads on by itself, so a list cannot lead it to 'c'",
    ),
}
REST = """\
  b: {run: x}
  c: {run: x}
  d: {run: x, next: m}
  m: {fan_in: true, next: exit}
"""


def check(marked: str, expected: str, only: bool = True) -> None:
    text, start, end = parted(marked)
    source = Source("p.yaml", text)
    found = compile_source(source).diagnostics
    check_places(source, found)
    told = {f"{each.rule}: {each.message}": (each.span.start, each.span.end) for each in found}
    assert expected in told
    if "«" in marked:
        assert told[expected] == (start, end)
    if only:
        assert list(told) == [expected]


@pytest.mark.parametrize("case", FILES, ids=str)
def test_a_file(case: str) -> None:
    check(*FILES[case])


@pytest.mark.parametrize("case", NODES, ids=str)
def test_a_node(case: str) -> None:
    nodes, expected = NODES[case]
    check(f"{HEAD}nodes:\n  {nodes}\n", expected)


@pytest.mark.parametrize("case", BRANCHES, ids=str)
def test_branches(case: str) -> None:
    branches, expected = BRANCHES[case]
    check(f"{HEAD}nodes:\n  a: {{{branches}}}\n{REST}", expected, only="node_kind" not in expected)


def test_what_is_wrong_is_told_all_at_once() -> None:
    text = f"{HEAD}nodes:\n  a: {{prompt: x, run: y, next: 3}}\n  b: do it\n  c: {{ask: [x]}}\n"
    found = compile_source(Source("p.yaml", text)).diagnostics
    assert [each.rule for each in found] == ["node_kind", "syntax", "syntax", "syntax"]


def test_a_kind_that_is_nearly_right_is_named() -> None:
    text = f"{HEAD}nodes: {{a: {{promt: x, {END}}}}}"
    found = compile_source(Source("p.yaml", text)).diagnostics
    assert found[0].help == "did you mean 'prompt', not 'promt'?"


MANAGED = """\
pipeline: p
start: a
nodes:
  a:
    supervise: {pipeline: child.dot, poll_interval: 5s, stop_condition: done=true}
    next: b
  b: {pipeline: other.yaml}
"""


def test_supervisors_and_child_pipelines_give_the_specifications_names() -> None:
    document, found = read_yaml(Source("p.yaml", MANAGED))
    assert found == ()
    assert outline(document)[1:4] == [
        "a [type='stack.manager_loop', stack.child_dotfile=child.dot, manager.poll_interval=5s,"
        " manager.stop_condition=done=true]",
        "b [pipeline=other.yaml]",
        "(implicit) exit [shape='Msquare']",
    ]


def test_the_start_and_the_exit_exist_without_being_written() -> None:
    document, _ = read_yaml(Source("p.yaml", f"{HEAD}nodes: {{a: {{prompt: x, {END}}}}}"))
    assert outline(document) == [
        "(implicit) start [shape='Mdiamond']",
        "a [prompt=x]",
        "(implicit) exit [shape='Msquare']",
        "start -> a",
        "a -> exit",
    ]


def test_defaults_come_before_what_they_are_for() -> None:
    text = f"{HEAD}nodes: {{a: {{prompt: x, {END}}}}}\ndefaults: {{node: {{model: m}}}}"
    document, _ = read_yaml(Source("p.yaml", text))
    assert outline(document)[0] == "node [llm_model=m]"


WHOLE = f"""\
pipeline: p
start: a
inputs: {{base: main}}
defaults: {{node: {{timeout: 5m}}}}
nodes:
  a: {{parallel: {{b: [b, {{run: x}}], c: {{to: c, when: x=1}}}}, join: {{quorum: 2/3}}, next: m}}
{REST}\
  ask: {{ask: Go on?, choices: {{"[Y] Yes": exit, "[N] No": {{to: a, weight: 2}}}}}}
"""


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, len(WHOLE)),
    st.integers(0, 12),
    st.sampled_from(
        ["", *":-?[]{},&*!|>'\"~ \n", "\n  ", "null", "[x]", "{x: y}", "3", "exit", "''"]
    ),
)
def test_no_slip_breaks_the_compiler(at: int, cut: int, put: str) -> None:
    source = Source("p.yaml", WHOLE[:at] + put + WHOLE[at + cut :])
    compiled = compile_source(source)
    check_places(source, compiled.diagnostics)
    assert compiled.plan is not None or compiled.diagnostics


def test_another_spelling_of_a_kind_is_one_kind_too_many() -> None:
    text = "pipeline: p\nstart: a\nnodes:\n  a: {prompt: x, dot_file: y.dot, next: exit}\n"
    found = compile_source(Source("p.yaml", text)).diagnostics
    (kind,) = (each for each in found if each.rule == "node_kind")
    assert "the node 'a' has 'prompt' and 'dot_file'" in kind.message
