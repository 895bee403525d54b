"""From document to graph: scopes, kinds, typed values, and one finding for each fault."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from attractorc.compiler.diagnostic import Diagnostic
from attractorc.compiler.elaborate import elaborate
from attractorc.compiler.elaborate.scopes import derived_class
from attractorc.compiler.expr import Comparison
from attractorc.compiler.frontend.dot import read_dot
from attractorc.compiler.graph.elements import Node
from attractorc.compiler.graph.model import Graph
from attractorc.compiler.plan.model import Input
from attractorc.compiler.policy import RETRY_PRESETS, Join, Merge, MergeRule, Winner, WinnerKey
from attractorc.compiler.source import Source
from attractorc.compiler.syntax import (
    Attribute,
    Document,
    Mapping,
    Name,
    NodeStatement,
    Scalar,
    Sequence,
    Value,
)


def elaborated(body: str) -> tuple[Graph, tuple[Diagnostic, ...]]:
    document, found = read_dot(Source("g.dot", f"digraph g {{\n{body}\n}}"))
    assert document is not None
    assert found == ()
    return elaborate(document)


def graph(body: str) -> Graph:
    found = elaborated(body)
    assert found[1] == ()
    return found[0]


def node(body: str, name: str = "a") -> Node:
    return graph(body).nodes[name]


def findings(body: str) -> list[str]:
    """Each finding as `rule <text at its span> message`."""
    found, diagnostics = elaborated(body)
    text = found.source.text
    return [
        f"{each.rule} <{text[each.span.start : each.span.end]}> {each.message}"
        for each in diagnostics
    ]


def typed(value: Any) -> Value:
    """A Python value as a YAML document would hold it."""
    here = Source("x.yaml", "").span(0, 0)
    if isinstance(value, dict):
        entries = tuple((Name(key, here), typed(each)) for key, each in value.items())
        return Mapping(entries, here)
    if isinstance(value, list):
        return Sequence(tuple(typed(each) for each in value), here)
    if value is None:
        return Scalar("", here, scalar="null")
    kinds = {bool: "bool", int: "int", float: "float"}
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return Scalar(text, here, scalar=kinds.get(type(value), "str"))  # type: ignore[arg-type]


def from_yaml(**attributes: Any) -> tuple[Node, tuple[Diagnostic, ...]]:
    """A node of a YAML document with these attributes."""
    source = Source("x.yaml", "")
    here = source.span(0, 0)
    given = tuple(Attribute(Name(key, here), typed(each)) for key, each in attributes.items())
    statement = NodeStatement(Name("a", here), given, here)
    found, diagnostics = elaborate(Document(source, "yaml", Name("x", here), (statement,)))
    return found.nodes["a"], diagnostics


# Scopes


def test_defaults_reach_what_is_first_named_after_them() -> None:
    found = graph("a; node [timeout=5s]; a; b; node [timeout=7s, goal_gate=true] c [timeout=9s]")
    assert found.nodes["a"].value("timeout") is None
    assert found.nodes["b"].value("timeout") == 5_000
    assert found.nodes["c"].value("timeout") == 9_000
    assert not found.nodes["b"].attrs["timeout"].own
    assert found.nodes["c"].attrs["timeout"].own
    assert not found.nodes["c"].attrs["goal_gate"].own


def test_defaults_of_a_subgraph_end_with_it() -> None:
    found = graph("node [timeout=1s] subgraph x { node [timeout=2s] a -> b } c")
    seconds = [found.nodes[name].value("timeout") for name in "abc"]
    assert seconds == [2_000, 2_000, 1_000]


def test_a_node_named_before_a_subgraph_keeps_the_outer_defaults() -> None:
    found = graph("a -> b; subgraph x { node [timeout=2s] b c }")
    assert found.nodes["b"].value("timeout") is None
    assert found.nodes["c"].value("timeout") == 2_000


def test_edge_defaults_reach_every_edge_of_a_chain() -> None:
    found = graph("edge [weight=3] a -> b -> c [label=x]; edge [weight=1] c -> d")
    assert [(edge.weight, edge.label) for edge in found.edges] == [(3, "x"), (3, "x"), (1, "")]


def test_later_statements_win() -> None:
    found = node('a [label=one, timeout=1s] a [label="two"]')
    assert (found.label, found.value("timeout")) == ("two", 1_000)


def test_groups_are_crossed_in_their_order() -> None:
    found = graph("{a b} -> {c d} -> e")
    assert [f"{edge.source}{edge.target}" for edge in found.edges] == [
        "ac",
        "ad",
        "bc",
        "bd",
        "ce",
        "de",
    ]
    assert [edge.index for edge in found.edges] == [0, 1, 2, 3, 4, 5]


def test_a_group_holds_the_nodes_of_its_edges_and_of_inner_groups() -> None:
    found = graph("a -> {b -> c {d}}")
    assert [f"{edge.source}{edge.target}" for edge in found.edges] == ["bc", "ab", "ac", "ad"]


def test_a_named_group_can_be_meant_again() -> None:
    found = graph("subgraph x { label=Fast a b } c -> subgraph x { d }")
    assert {edge.target for edge in found.edges} == {"a", "b", "d"}
    assert found.nodes["d"].classes == ("fast",)


def test_subgraph_labels_become_classes() -> None:
    found = graph(
        'subgraph o { label="Loop A" a [class="x, y"] subgraph i { b; label="In (1)" } } c'
    )
    assert found.nodes["a"].classes == ("x", "y", "loop-a")
    assert found.nodes["b"].classes == ("loop-a", "in-1")
    assert found.nodes["c"].classes == ()
    assert derived_class("  Ünïcode & Co ") == "ncode--co"


def test_a_node_that_only_edges_name_is_not_declared() -> None:
    found = graph("a; a -> b -> {c d [label=x]} e")
    assert {name: each.declared for name, each in found.nodes.items()} == {
        "a": True,
        "b": False,
        "c": False,
        "d": True,
        "e": True,
    }


def test_spans_point_at_the_statement_that_describes() -> None:
    found = graph("x -> aa\naa\naa [label=y]\nx -> aa")
    assert (found.nodes["aa"].span.line, found.nodes["aa"].span.column) == (4, 1)
    text = found.source.text
    first, second = found.edges
    assert text[first.span.start : first.span.end] == "x -> aa"
    assert second.target_span.line == 5


def test_crossings_of_groups_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attractorc.compiler.elaborate.scopes.MAX_EDGES", 5)
    wide, found = elaborated("{a b c} -> {d e}; a -> b")
    assert [each.rule for each in found] == ["too_large"]
    assert wide.edges == ()


# Kinds


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("a", "codergen"),
        ("a [shape=box, tool_command=x]", "codergen"),
        ("a [shape=tab]", "codergen"),
        ("a [shape=Mdiamond]", "start"),
        ("a [shape=Msquare]", "exit"),
        ("a [shape=hexagon]", "wait.human"),
        ("a [shape=diamond]", "conditional"),
        ("a [shape=component]", "parallel"),
        ("a [shape=tripleoctagon]", "parallel.fan_in"),
        ("a [shape=parallelogram]", "tool"),
        ("a [shape=box, type=tool]", "tool"),
        ("a [shape=hexagon, type=mcp]", "custom"),
        ("node [shape=diamond] a", "conditional"),
    ],
)
def test_the_kind_of_a_node(statement: str, kind: str) -> None:
    assert elaborated(statement)[0].nodes["a"].kind == kind


def test_the_type_of_a_custom_node_is_kept() -> None:
    assert node("a [type=mcp]").type == "mcp"


@pytest.mark.parametrize(
    ("body", "start", "exits"),
    [
        ("start -> a -> exit", "start", "exit"),
        ("Start -> a -> end", "Start", "end"),
        ("s [shape=Mdiamond] e [shape=Msquare] s -> e", "s", "e"),
        ("start [shape=circle] exit [shape=doublecircle]", "start", "exit"),
        ("node [shape=box] start -> exit", "start", "exit"),
        ("start [shape=box, prompt=x] s [shape=Mdiamond] exit", "s", "exit"),
        ("start [prompt=x] exit", None, "exit"),
        ("start [shape=box] s [shape=Mdiamond] exit", "s", "exit"),
        ("s [shape=Mdiamond] start exit", None, "exit"),
        ("start a [shape=Msquare] b [shape=Msquare]", "start", None),
    ],
)
def test_start_and_exit_by_shape_or_id(body: str, start: str | None, exits: str | None) -> None:
    found = graph(body)
    assert (found.start, found.exit) == (start, exits)


def test_an_unknown_shape_is_an_agent_stage_and_a_warning() -> None:
    found, diagnostics = elaborated("a [shape=Hexagon] b [shape=parallel_fan_in] c [shape=star]")
    assert {each.kind for each in found.nodes.values()} == {"codergen"}
    assert [each.help for each in diagnostics][:2] == [
        "did you mean 'hexagon'?",
        "did you mean shape=tripleoctagon, or type=parallel.fan_in?",
    ]
    assert {each.rule for each in diagnostics} == {"unknown_shape"}


def test_a_default_shape_is_judged_once() -> None:
    assert len(findings("node [shape=ellipse] a b c")) == 1


# Values


@pytest.mark.parametrize(
    ("written", "name", "value"),
    [
        ("timeout=900s", "timeout", 900_000),
        ("timeout=15m", "timeout", 900_000),
        ('timeout="30"', "timeout", 30_000),
        ('max_retries="2"', "max_retries", 2),
        ("goal_gate", "goal_gate", True),
        ("goal_gate=True", "goal_gate", True),
        ("goal_gate=false", "goal_gate", False),
        ('writes="a, b.*,,a"', "writes", ("a", "b.*")),
        ("class=x", "class", ("x",)),
        ("retry_policy=patient", "retry_policy", RETRY_PRESETS["patient"]),
        ('prompt="$goal"', "prompt", "$goal"),
    ],
)
def test_values_have_their_type(written: str, name: str, value: object) -> None:
    attr = node(f'a ["label"=x, {written}]').attrs[name]
    assert attr.value == value
    assert type(attr.value) is type(value)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "a [max_retries=two]",
            "wrong_type <two> 'max_retries' must be a whole number, not 'two'",
        ),
        ("a [max_retries=-1]", "out_of_range <-1> 'max_retries' must be at least 0, not -1"),
        ("a [timeout=0]", "out_of_range <0> 'timeout' must be at least 1ms, not 0ms"),
        ('a [timeout="1.5h"]', "wrong_type <\"1.5h\"> 'timeout' must be a duration, not '1.5h'"),
        (
            f"a [timeout={'9' * 5000}]",
            f"wrong_type <{'9' * 5000}> 'timeout' must be a duration, not '{'9' * 5000}'",
        ),
        ("a [timeout=9999d]", "out_of_range <9999d> 'timeout' must be at most a year, not 9999d"),
        (
            'a [reads="a, b]"]',
            "wrong_type <\"a, b]\"> 'b]' is no key: a quote or a bracket is missing in 'reads'",
        ),
        ("a [goal_gate=yes]", "wrong_type <yes> 'goal_gate' must be true or false, not 'yes'"),
        (
            "a [on_interrupted=again]",
            "unknown_value <again> 'on_interrupted' must be one of rerun, ask, fail, not 'again'",
        ),
        (
            "a [retry_policy=patiently]",
            "unknown_value <patiently> 'retry_policy' must be one of "
            "none, standard, aggressive, linear, patient, not 'patiently'",
        ),
        (
            "a [fidelity=medium]",
            "fidelity_valid <medium> 'fidelity' must be one of full, truncate, compact, "
            "summary:low, summary:medium, summary:high, not 'medium'",
        ),
        (
            "a [shape=component, quorum_ratio=2]",
            "out_of_range <2> 'quorum_ratio' must be above 0 and at most 1, not '2'",
        ),
    ],
)
def test_a_faulty_value_is_one_finding(statement: str, expected: str) -> None:
    assert findings(statement) == [expected]


def test_a_faulty_value_is_as_if_it_were_not_written() -> None:
    found, _ = elaborated("node [timeout=5s] a [timeout=soon, max_retries=x]")
    assert dict(found.nodes["a"].attrs) == {}


def test_a_faulty_default_is_found_once() -> None:
    assert len(findings("node [timeout=soon] a b c")) == 1


def test_an_effort_that_only_some_models_know_is_kept_with_a_warning() -> None:
    found, diagnostics = elaborated("a [reasoning_effort=xhigh]")
    assert found.nodes["a"].value("reasoning_effort") == "xhigh"
    assert [(each.rule, each.severity) for each in diagnostics] == [("unknown_value", "warning")]


def test_lists_and_mappings_are_read_where_the_type_allows_them() -> None:
    found, diagnostics = from_yaml(
        shape="component",
        writes=["a", "b"],
        join={"quorum": "2/3"},
        winner=[{"max": "cost"}],
        merge={"a": "append"},
        **{"class": ["x", "y"]},
    )
    assert diagnostics == ()
    assert found.value("writes") == ("a", "b")
    assert found.value("join") == Join("quorum", ratio=Fraction(2, 3), text="quorum(2/3)")
    assert found.value("winner") == Winner((WinnerKey("max", "cost"),), written=True)
    assert found.value("merge") == Merge((MergeRule("a", "append"),))
    assert found.classes == ("x", "y")


def test_lists_and_mappings_are_a_wrong_type_elsewhere() -> None:
    for value in (["x"], {"x": 1}, None):
        _, diagnostics = from_yaml(timeout=value)
        assert [each.rule for each in diagnostics] == ["wrong_type"]


def test_a_retry_mapping_is_two_attributes() -> None:
    found, diagnostics = from_yaml(retry={"max": 2, "backoff": "patient"})
    assert diagnostics == ()
    assert found.value("max_retries") == 2
    assert found.value("retry_policy") == RETRY_PRESETS["patient"]
    assert from_yaml(retry=3)[0].value("max_retries") == 3
    assert [each.rule for each in from_yaml(retry={"often": 2})[1]] == ["unknown_attribute"]


# Names


def test_an_unknown_attribute_is_kept_and_warned_about_once() -> None:
    found, diagnostics = elaborated("a [persona=x, promt=y] b [persona=z]")
    assert found.nodes["b"].extra["persona"].value == "z"
    assert [(each.rule, each.help) for each in diagnostics] == [
        ("unknown_attribute", None),
        ("unknown_attribute", "did you mean 'prompt'?"),
    ]


def test_an_attribute_of_another_place_is_ignored_with_a_warning() -> None:
    assert findings('a [condition="x"]; subgraph x { timeout=5s; a }') == [
        "ignored_attribute <condition> 'condition' is read from an edge, never from a node",
        "ignored_attribute <timeout> 'timeout' is read from a node, never from a subgraph",
    ]


def test_drawing_attributes_are_silent_and_leave_no_trace() -> None:
    found = graph("rankdir=LR; node [fontname=Arial] a [color=red, style=filled]; a -> b [dir=x]")
    assert found.nodes["a"].extra == {}
    assert found.nodes["a"].attrs == {}


def test_other_spellings_are_noted_with_a_fix_that_changes_nothing_else() -> None:
    source = 'digraph g { a [llm_prompt="x", "human_default_choice"=y, join_policy=z] }'
    document, _ = read_dot(Source("g.dot", source))
    assert document is not None
    found, diagnostics = elaborate(document)
    notes = [each for each in diagnostics if each.rule == "deprecated_spelling"]
    assert [each.severity for each in notes] == ["info", "info"]
    text = source
    for each in reversed(notes):
        assert each.fix is not None
        assert each.fix.safe
        for edit in each.fix.edits:
            text = text[: edit.start] + edit.text + text[edit.end :]
    assert text == 'digraph g { a [prompt="x", "human.default_choice"=y, join_policy=z] }'
    fixed, _ = read_dot(Source("g.dot", text))
    assert fixed is not None
    again = elaborate(fixed)[0].nodes["a"]
    values = {name: attr.value for name, attr in again.attrs.items()}
    assert values == {name: attr.value for name, attr in found.nodes["a"].attrs.items()}


def test_two_spellings_in_one_list_are_a_warning() -> None:
    found, diagnostics = elaborated("a [prompt=x, llm_prompt=y]")
    assert found.nodes["a"].value("prompt") == "y"
    assert [each.rule for each in diagnostics] == ["deprecated_spelling", "duplicate_attribute"]
    assert diagnostics[1].related[0].span.column == 4


# Conditions and spans inside values


def test_conditions_are_parsed_and_faulty_ones_leave_a_broken_edge() -> None:
    found, diagnostics = elaborated('a -> b [condition="x=1"]; a -> c [condition="x="]; a -> d')
    good, bad, free = found.edges
    assert good.condition == Comparison("x", "=", "1")
    assert (bad.condition, bad.broken) == (None, True)
    assert (free.condition, free.broken) == (None, False)
    assert [each.rule for each in diagnostics] == ["condition_syntax"]
    assert graph('a -> b [condition=""]').edges[0].condition is None


@pytest.mark.parametrize(
    ("statement", "part"),
    [
        ('a -> b [condition="x = 1 and y"]', "and"),
        (r'a -> b [condition="x=\"p\" or y"]', "or"),
        ('a -> b [condition="x=1 " + "and y"]', '"x=1 " + "and y"'),
        ("a -> b [condition=and]", None),
        ('a [shape=component, join="x && quorum(3)"]', "quorum(3"),
        ('a [shape=component, merge="x: apend"]', "apend"),
        ('a [shape=component, winner="status, best"]', "best"),
        ('graph [model_stylesheet="* { llm_model x }"]', "x"),
        ('graph [inputs="a: int = x"]', "x"),
    ],
)
def test_a_fault_inside_a_value_is_pointed_at_exactly(statement: str, part: str | None) -> None:
    found, diagnostics = elaborated(statement)
    text = found.source.text
    assert [text[each.span.start : each.span.end] for each in diagnostics] == (
        [] if part is None else [part]
    )


# Fan-outs and fan-ins


@pytest.mark.parametrize(
    ("attributes", "join"),
    [
        ("join=k_of_n, k=2", Join("k_of_n", k=2, text="k_of_n(2)")),
        ('join="k_of_n(2)", k=2', Join("k_of_n", k=2, text="k_of_n(2)")),
        (
            'join_policy=quorum, quorum_ratio="2/3"',
            Join("quorum", ratio=Fraction(2, 3), text="quorum(2/3)"),
        ),
        ("join=majority", Join("majority", text="majority")),
    ],
)
def test_a_join_takes_up_its_number(attributes: str, join: Join) -> None:
    assert node(f"a [shape=component, {attributes}]; a -> {{b c}}").value("join") == join


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("join=k_of_n", "join_syntax <k_of_n> k_of_n needs k; write k_of_n(2)"),
        ("join=quorum", "join_syntax <quorum> quorum needs a ratio; write quorum(2/3)"),
        (
            'join="k_of_n(2)", k=3',
            "join_syntax <3> 'k_of_n(2)' and k=3 say different things",
        ),
        ("join=wait_all, k=2", "ignored_attribute <k> 'k' is read only with join=k_of_n"),
        ("k=2", "ignored_attribute <k> 'k' is read only with join=k_of_n"),
        (
            "join=wait_al",
            "join_syntax <wait_al> unknown join policy 'wait_al'; write one of wait_all, "
            "all_success, first_success, any_success, k_of_n, quorum, majority, all_done, ignore, "
            "or a formula over branch ids",
        ),
        (
            "error_policy=stop",
            "unknown_value <stop> 'error_policy' must be one of continue, fail_fast, ignore, "
            "not 'stop'",
        ),
        ("max_parallel=0", "out_of_range <0> 'max_parallel' must be at least 1, not 0"),
    ],
)
def test_a_faulty_fan_out_is_one_finding(attributes: str, expected: str) -> None:
    assert findings(f"a [shape=component, {attributes}]; a -> {{b c}}") == [expected]


def test_a_lone_name_is_a_formula_if_a_branch_is_called_so() -> None:
    body = 'a [shape=component, join={}]; a -> b [branch=x]; a -> c [label="L M"]; a -> d'
    for name in ("x", '"l-m"', "d"):
        assert node(body.format(name)).value("join").kind == "formula"
    assert [each.split()[0] for each in findings(body.format("majoriti"))] == ["join_syntax"]


def test_a_merge_takes_up_where_it_comes_from_and_what_a_conflict_does() -> None:
    assert node("a [shape=tripleoctagon, merge_files=none]").value("merge") == Merge(files="none")
    whole = node('a [shape=tripleoctagon, merge="x: sum", merge_from=all, on_conflict=first]')
    assert whole.value("merge") == Merge((MergeRule("x", "sum"),), "all", "first")
    assert node("a [shape=tripleoctagon, merge_from=winner]").value("merge") == Merge(
        source="winner"
    )


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("a [max_parallel=2]", "ignored_attribute <max_parallel> an agent stage never reads"),
        ("a [tool_command=x]", "ignored_attribute <tool_command> an agent stage never reads"),
        (
            "a [shape=component, max_retries=2]",
            "ignored_attribute <max_retries> a fan-out reads 'max_retries' only where an agent or "
            "a person is asked for the winner (winner=prompt or winner=human)",
        ),
        (
            "a [shape=tripleoctagon, retry_policy=linear, winner=first]",
            "ignored_attribute <retry_policy> a fan-in reads 'retry_policy' only where",
        ),
        (
            'a [shape=tripleoctagon, prompt="Which?", winner=first]',
            "ignored_attribute <prompt> a fan-in reads 'prompt' only where an agent or a person",
        ),
        (
            "a [shape=tripleoctagon, llm_model=m]",
            "ignored_attribute <llm_model> a fan-in reads 'llm_model' only where an agent is",
        ),
        (
            'a [shape=tripleoctagon, llm_model=m, prompt="Which?", winner=human]',
            "ignored_attribute <llm_model> a fan-in reads 'llm_model' only where an agent is",
        ),
        (
            'a [shape=tripleoctagon, "human.default_choice"=x, prompt="Which?"]',
            "ignored_attribute <\"human.default_choice\"> a fan-in reads 'human.default_choice' "
            "only where a person is asked for the winner (winner=human)",
        ),
        ("a [shape=tripleoctagon, join=majority]", "ignored_attribute <join> a fan-in never reads"),
    ],
)
def test_a_policy_where_nothing_reads_it_is_a_warning(statement: str, expected: str) -> None:
    found = findings(statement)
    assert len(found) == 1
    assert found[0].startswith(expected)


@pytest.mark.parametrize(
    "statement",
    [
        'a [shape=tripleoctagon, prompt="Which?", llm_model=m, max_retries=2, timeout=1m]',
        "a [shape=tripleoctagon, winner=prompt, backend=command, retry_policy=linear]",
        'a [shape=tripleoctagon, winner=human, prompt="Which?", "human.default_choice"=x]',
        'a [shape=component, winner=prompt, prompt="Which?", llm_model=m, max_retries=2]',
        "f [shape=component, winner=prompt]; a [shape=tripleoctagon, max_retries=2, llm_model=m]",
        'a [shape=component, prompt="nobody reads it, and it changes nothing"]',
    ],
)
def test_what_an_asked_agent_or_person_reads_is_read(statement: str) -> None:
    assert findings(statement) == []


SHARED = "ignored_attribute <merge_files> 'merge_files' means nothing here: the branches of 'f'"


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ("f [shape=component] j [shape=tripleoctagon, merge_files=all]", SHARED),
        ("f [shape=component, workspace=shared] j [shape=tripleoctagon, merge_files=none]", SHARED),
        ("f [shape=component, merge_files=none] j [shape=box]", SHARED),
        ("f [shape=component, workspace=copy] j [shape=tripleoctagon, merge_files=all]", None),
        ("f [shape=component, workspace=worktree, merge_files=all] j [shape=box]", None),
        ("node [merge_files=all] f [shape=component] j [shape=tripleoctagon]", None),
    ],
)
def test_whose_files_come_back_means_nothing_where_they_are_shared(statements, expected) -> None:
    found = findings(f"{statements} a b f -> {{a b}} -> j")
    assert [each for each in found if "merge_files" in each] == ([] if expected is None else found)
    assert all(each.startswith(str(expected)) for each in found)


def test_defaults_may_reach_nodes_that_do_not_read_them() -> None:
    assert findings("node [max_parallel=2, max_retries=1] a [shape=tripleoctagon] b") == []


# Inputs, the stylesheet, what is not there yet


def test_inputs_are_declared_in_text() -> None:
    expected = (
        Input("base", "string", "main", required=False),
        Input("depth", "int"),
        Input("deep", "bool", True, required=False),
    )
    body = 'graph [{}="base: string = main; depth: int; deep: boolean = true"]'
    assert graph(body.format("inputs")).value("inputs") == expected
    assert elaborated(body.format("vars"))[0].value("inputs") == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: int = x", "input 'a' is of type int, and 'x' is not one"),
        ("a: strng", "unknown input type 'strng'; write one of string, int, float, bool, json"),
        ("a; a", "input 'a' stands twice"),
        ("goal", "'goal' is taken; give the input another name"),
        ("a b", "expected ':', '=', ';' or the end, not 'b'"),
    ],
)
def test_faulty_inputs_are_one_finding(text: str, message: str) -> None:
    _, found = elaborated(f'graph [inputs="{text}"]')
    assert [(each.rule, each.message) for each in found] == [("inputs_syntax", message)]


def _inputs(value: Any) -> tuple[Any, tuple[Diagnostic, ...]]:
    from attractorc.compiler.syntax import GraphStatement

    source = Source("x.yaml", "")
    here = source.span(0, 0)
    statement = GraphStatement((Attribute(Name("inputs", here), typed(value)),), here)
    found, diagnostics = elaborate(Document(source, "yaml", Name("x", here), (statement,)))
    return found.value("inputs"), diagnostics


def test_inputs_are_declared_in_a_mapping() -> None:
    declared, diagnostics = _inputs(
        {
            "base": "main",
            "depth": 3,
            "topic": None,
            "mode": {"type": "string", "enum": ["a", "b"], "default": "a", "description": "How."},
            "files": {"default": ["x", 1]},
        }
    )
    assert diagnostics == ()
    assert declared == (
        Input("base", "string", "main", required=False),
        Input("depth", "int", 3, required=False),
        Input("topic"),
        Input("mode", "string", "a", required=False, description="How.", enum=("a", "b")),
        Input("files", "json", ["x", 1], required=False),
    )


@pytest.mark.parametrize(
    "value",
    [
        {"a": {"type": "int", "default": "x"}},
        {"a": {"typ": "int"}},
        {"a b": "x"},
        {"a": {"enum": ["x"], "default": "y"}},
        {"a": {"enum": []}},
        {"a": {"type": "int", "default": [1]}},
        ["a"],
    ],
)
def test_faulty_inputs_of_a_mapping_are_one_finding(value: Any) -> None:
    declared, diagnostics = _inputs(value)
    assert declared is None
    assert [each.rule for each in diagnostics] == ["inputs_syntax"]


def test_a_stylesheet_is_held_against_the_table() -> None:
    sheet = "* { model: a; temperature: 1; reasoning_effort: max } b { temperature: 2 }"
    found, diagnostics = elaborated(f'graph [model_stylesheet="{sheet}"]')
    assert [(each.rule, each.severity) for each in diagnostics] == [
        ("deprecated_spelling", "info"),
        ("unknown_attribute", "warning"),
        ("unknown_value", "warning"),
    ]
    rules = found.value("model_stylesheet").rules
    assert [each.property for each in rules[0].declarations] == ["llm_model", "reasoning_effort"]


def test_fidelities_and_threads_are_read_without_a_finding() -> None:
    found, diagnostics = elaborated("a [fidelity=summary:low] b [thread_id=x, fidelity=full]")
    assert found.nodes["a"].attrs["fidelity"].value == "summary:low"
    assert found.nodes["b"].attrs["thread_id"].value == "x"
    assert diagnostics == ()


def test_elaboration_does_not_depend_on_anything_but_the_document() -> None:
    body = "a -> {b c} [condition=x]; a [persona=1, shape=component, join=k_of_n]"
    first, second = elaborated(body), elaborated(body)
    assert first[1] == second[1]
    assert first[0].nodes == second[0].nodes
    assert first[0].edges == second[0].edges
    assert replace(first[0], source=second[0].source).attrs == second[0].attrs
