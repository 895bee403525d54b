"""Passes: the stylesheet gives nodes their models, by specificity, below what they say."""

from __future__ import annotations

from attractorc.compiler.elaborate import elaborate
from attractorc.compiler.frontend.dot import read_dot
from attractorc.compiler.graph.model import Graph
from attractorc.compiler.passes import PASSES
from attractorc.compiler.source import Source


def passed(body: str) -> Graph:
    document, _ = read_dot(Source("g.dot", f"digraph g {{\n{body}\n}}"))
    assert document is not None
    graph, found = elaborate(document)
    assert found == ()
    for each in PASSES:
        graph, found = each(graph)
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
    assert PASSES[0](graph) == (graph, ())
