"""Passes: the stylesheet gives nodes their models, hosts add passes of their own."""

from __future__ import annotations

from dataclasses import replace

from attractorc.compiler.diagnostic import Diagnostic, Severity
from attractorc.compiler.driver import compile_source
from attractorc.compiler.elaborate import elaborate
from attractorc.compiler.frontend.dot import read_dot
from attractorc.compiler.graph.elements import Attr
from attractorc.compiler.graph.model import Graph
from attractorc.compiler.passes import PASSES, apply_stylesheet, read_prompts
from attractorc.compiler.source import Files, Source, no_files


def passed(body: str) -> Graph:
    document, _ = read_dot(Source("g.dot", f"digraph g {{\n{body}\n}}"))
    assert document is not None
    graph, found = elaborate(document)
    assert found == ()
    for each in PASSES:
        graph, found = each(graph, no_files)
        assert found == ()
    return graph


def models(body: str) -> dict[str, object]:
    return {name: node.value("llm_model") for name, node in passed(body).nodes.items()}


def test_the_more_specific_rule_wins_wherever_it_stands() -> None:
    sheet = (
        "#d { llm_model: id } .x { llm_model: class } box { llm_model: shape } * { llm_model: all }"
    )
    body = f'graph [model_stylesheet="{sheet}"] a [type=mcp, shape=note] b [shape=box] '
    assert models(body + "c [shape=box, class=x] d [class=x]") == {
        "a": "all",
        "b": "shape",
        "c": "class",
        "d": "id",
    }


def test_of_equally_specific_rules_the_later_wins() -> None:
    sheet = ".x { llm_model: one; llm_provider: p } .y { llm_model: two }"
    node = passed(f'graph [model_stylesheet="{sheet}"] a [class="y,x"]').nodes["a"]
    assert (node.value("llm_model"), node.value("llm_provider")) == ("two", "p")


def test_what_a_node_says_stands_above_every_rule() -> None:
    body = 'graph [model_stylesheet="#a { llm_model: x } #b { llm_model: x }"] a [llm_model=mine] '
    assert models(body + "node [llm_model=default] b") == {"a": "mine", "b": "default"}


def test_the_graphs_own_model_stands_below_every_rule() -> None:
    body = 'graph [llm_model=g, model_stylesheet=".x { llm_model: s }"] a b [class=x]'
    assert models(body) == {"a": "g", "b": "s"}


def test_only_nodes_that_read_a_model_get_one() -> None:
    body = 'graph [model_stylesheet="* { llm_model: x }"] start -> a -> t -> exit '
    assert models(body + "t [shape=parallelogram, tool_command=ls]") == {
        "start": None,
        "a": "x",
        "t": None,
        "exit": None,
    }


def test_a_shape_selector_matches_what_the_kind_looks_like() -> None:
    body = 'graph [model_stylesheet="box { llm_model: x }"] a b [shape=tab]'
    assert models(body) == {"a": "x", "b": None}


def test_classes_of_subgraphs_are_matched() -> None:
    body = 'graph [model_stylesheet=".loop-a { llm_model: x }"] subgraph c { label="Loop A" a } b'
    assert models(body) == {"a": "x", "b": None}


def test_styled_values_are_not_the_nodes_own_and_point_at_the_sheet() -> None:
    graph = passed('graph [model_stylesheet="* { llm_model: x }"] a')
    attr = graph.nodes["a"].attrs["llm_model"]
    assert not attr.own
    assert attr.value_span == graph.attrs["model_stylesheet"].value_span


def test_without_a_stylesheet_the_graph_is_the_same_object() -> None:
    document, _ = read_dot(Source("g.dot", "digraph g { a }"))
    assert document is not None
    graph, _ = elaborate(document)
    assert apply_stylesheet(graph, no_files) == (graph, ())


def test_a_host_adds_a_pass_of_its_own_behind_the_others() -> None:
    def gated(graph: Graph, files: Files) -> tuple[Graph, tuple[Diagnostic, ...]]:
        """Makes every stage that a file gave its prompt to a goal gate."""
        assert files("x.md") == b"Plan it"
        nodes = {}
        for node in graph.nodes.values():
            attrs = dict(node.attrs)
            if node.value("prompt") == "Plan it":
                attrs["goal_gate"] = Attr("goal_gate", True, "true", node.span, node.span)
            nodes[node.id] = replace(node, attrs=attrs)
        return replace(graph, nodes=nodes), ()

    text = 'digraph { a [prompt="@x.md"] b [prompt=x] start -> a -> b -> exit }'
    compiled = compile_source(
        Source("g.dot", text), files=lambda path: b"Plan it", passes=(*PASSES, gated)
    )
    assert compiled.plan is not None, compiled.diagnostics
    assert {step.id for step in compiled.plan.steps.values() if step.goal_gate} == {"a"}


def test_what_a_hosts_pass_finds_comes_with_the_rest_and_can_refuse_a_plan() -> None:
    def no_models(graph: Graph, files: Files) -> tuple[Graph, tuple[Diagnostic, ...]]:
        del files
        found = [
            node.attrs["llm_model"] for node in graph.nodes.values() if node.value("llm_model")
        ]
        return graph, tuple(
            Diagnostic("house_model", Severity.ERROR, attr.value_span, "not a model of this house")
            for attr in found
        )

    text = "digraph { a [llm_model=x, promt=y, prompt=z] start -> a -> exit }"
    compiled = compile_source(Source("g.dot", text), passes=(*PASSES, no_models))
    assert [found.rule for found in compiled.diagnostics] == ["house_model", "unknown_attribute"]
    assert compiled.plan is None


def test_the_order_of_the_passes_is_that_of_the_tuple() -> None:
    assert (read_prompts, apply_stylesheet) == PASSES
    text = 'digraph { a [prompt="@x"] start -> a -> exit }'
    assert [each.rule for each in compile_source(Source("g.dot", text)).diagnostics] == [
        "missing_prompt_file"
    ]
    assert compile_source(Source("g.dot", text), passes=PASSES[1:]).diagnostics == ()
