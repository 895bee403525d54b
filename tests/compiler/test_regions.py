"""Which regions a graph has: branches, joins and nesting, on graphs built by hand."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attractorc.compiler.graph.model import Graph

from .blocks import Blocks, Writer, pipelines
from .graphs import graph_of


def shapes(text: str) -> list[str]:
    """Regions as `fan-out meeting join: branch(nodes) branch(nodes) in parent`."""
    return [
        f"{shape.fan_out} {shape.meeting} {shape.join_at}:"
        + "".join(f" {branch.id}({' '.join(sorted(branch.nodes))})" for branch in shape.branches)
        + (f" in {shape.parent}" if shape.parent else "")
        for shape in graph_of(text).regions.by_fan_out.values()
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "start -> f -> {a b} -> j -> exit",
            ["f fan_in j: a(a) b(b)"],
            id="branches meet at a fan-in",
        ),
        pytest.param(
            "start -> f -> {a b}; a -> x -> j; b -> j -> exit",
            ["f fan_in j: a(a x) b(b)"],
            id="a branch is a whole subflow",
        ),
        pytest.param(
            "start -> f -> {a b} -> m -> exit; m -> f",
            ["f node m: a(a) b(b)"],
            id="branches meet at an ordinary node, which leads back to the fan-out",
        ),
        pytest.param(
            "start -> f -> {a b} -> exit",
            ["f node exit: a(a) b(b)"],
            id="branches all meet at the exit",
        ),
        pytest.param(
            "start -> f -> {a b}; f -> x [if=outcome]; x -> exit",
            ["f none None: a(a) b(b)"],
            id="branches meet nowhere, and a route leads on",
        ),
        pytest.param(
            "start -> f -> {g c}; g -> {a b} -> k -> d -> j; c -> j -> exit",
            ["f fan_in j: g(a b d g k) c(c)", "g fan_in k: a(a) b(b) in f"],
            id="a region inside a branch",
        ),
        pytest.param(
            "start -> f -> {g c}; g -> {a b} -> j; c -> j -> exit",
            ["f fan_in j: g(a b g) c(c)", "g node j: a(a) b(b) in f"],
            id="a fan-in where two regions end belongs to the outer one",
        ),
        pytest.param(
            "start -> f -> {a b} -> j -> exit; a -> d; b -> x -> b",
            ["f fan_in j: a(a d) b(b x)"],
            id="dead ends and loops inside a branch do not count for where they meet",
        ),
        pytest.param(
            "start -> f -> {a b c} -> j -> exit; c -> d",
            ["f fan_in j: a(a) b(b) c(c d)"],
            id="a node that may end a branch is the branch's own",
        ),
        pytest.param(
            "start -> f -> a -> j -> exit", ["f fan_in j: a(a)"], id="a single branch with a fan-in"
        ),
        pytest.param(
            "start -> f -> {a b}; a -> j -> exit",
            ["f fan_in j: a(a) b(b)"],
            id="one branch comes to the fan-in and the other is a dead end",
        ),
        pytest.param(
            "start -> f -> g -> {a b} -> j -> k -> exit",
            ["f fan_in k: g(a b g j)", "g fan_in j: a(a) b(b) in f"],
            id="a single branch takes the fan-in that no region inside takes",
        ),
        pytest.param(
            "start -> f -> g -> a -> j -> k -> exit",
            ["f fan_in k: g(a g j)", "g fan_in j: a(a) in f"],
            id="of two single branches the inner one takes the nearer fan-in",
        ),
        pytest.param(
            "start -> f -> {g c}; g -> a -> m; c -> m -> exit",
            ["f node m: g(a g) c(c)", "g node m: a(a) in f"],
            id="a single branch inside another region ends where that one does",
        ),
        pytest.param(
            "start -> f -> a -> exit", ["f node exit: a(a)"], id="a single branch to the exit"
        ),
        pytest.param(
            "start -> f -> {a j}; a -> j -> exit",
            ["f fan_in j: a(a) j()"],
            id="a branch without nodes",
        ),
        pytest.param(
            "start -> t -> f -> {a b} -> t; t -> exit",
            ["f node t: a(a) b(b)"],
            id="branches that meet before their fan-out, in a loop",
        ),
        pytest.param(
            "start -> f -> {a b} -> j -> c -> {exit exit2}",
            ["f fan_in j: a(a) b(b)"],
            id="two exits, which is a fault of its own",
        ),
        pytest.param(
            "start -> f -> {a b} -> j -> m", ["f fan_in j: a(a) b(b)"], id="no exit at all"
        ),
        pytest.param("start -> f; f -> exit [if=outcome]", ["f none None:"], id="no branch at all"),
    ],
)
def test_good_regions_are_found_without_a_fault(text: str, expected: list[str]) -> None:
    assert shapes(text) == expected
    assert graph_of(text).regions.faults == ()


def test_branches_that_only_lead_back_to_their_fan_out_meet_nowhere() -> None:
    assert shapes("start -> f -> {a b} -> f; f -> exit [if=outcome]") == ["f none None: a(a) b(b)"]


def test_ids_come_from_branch_then_label_then_target() -> None:
    text = (
        'start -> f; f -> a [branch=one]; f -> b [label="Run it!"]; f -> c [label=same];'
        'f -> d [label=same]; f -> e [label="???"]; {a b c d e} -> j -> exit'
    )
    shape = graph_of(text).regions.by_fan_out["f"]
    assert [branch.id for branch in shape.branches] == ["one", "run-it", "c", "d", "e"]
    found = [text[branch.id_span.start : branch.id_span.end] for branch in shape.branches]
    assert found == ["one", "Run it!", "c", "d", "e"]


def test_branches_stand_by_weight_then_as_in_the_file() -> None:
    shape = graph_of(
        "start -> f -> a; f -> b [weight=2]; f -> c [weight=2]; f -> d [weight=-1];"
        "{a b c d} -> j -> exit"
    ).regions.by_fan_out["f"]
    assert [branch.id for branch in shape.branches] == ["b", "c", "a", "d"]


def test_each_node_knows_its_innermost_region_and_branch() -> None:
    regions = graph_of("start -> f -> {g c}; g -> {a b} -> k -> j; c -> j -> exit").regions
    assert regions.owner == {"g": "f", "c": "f", "k": "f", "a": "g", "b": "g"}
    assert regions.branch_of == {"g": "g", "c": "c", "k": "g", "a": "a", "b": "b"}
    assert regions.fan_in_of == {"j": "f", "k": "g"}
    assert regions.place("a") == (("g", "a"), ("f", "g"))
    assert regions.place("j") == ()


@given(pipelines())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_nested_blocks_have_exactly_their_own_regions(blocks: Blocks) -> None:
    written = Writer().pipeline(blocks)
    regions = graph_of(written.text).regions
    assert regions.faults == ()
    for fan_out, expected in written.expected.items():
        shape = regions.by_fan_out[fan_out]
        assert shape.join_at == expected.join_at
        assert shape.meeting == ("fan_in" if expected.own else "node")
        assert shape.parent == expected.parent
        assert shape.nodes == expected.nodes
    assert len(written.expected) == len(regions.by_fan_out)


@given(pipelines(), st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_has_no_fault_is_block_structured(blocks: Blocks, data: st.DataObject) -> None:
    written = Writer().pipeline(blocks)
    names = st.sampled_from([*written.nodes, "exit"])
    lines = list(written.lines)
    if data.draw(st.booleans()):
        lines.remove(data.draw(st.sampled_from(lines)))
    if data.draw(st.booleans()):
        lines.append(f"{data.draw(names)} -> {data.draw(names)}")
    graph = graph_of("\n".join(["start", *lines]))
    if not graph.regions.faults and not graph.regions.unsure:
        _assert_block_structured(graph)


def _assert_block_structured(graph: Graph) -> None:
    """Each region is entered by its branch edges and left for its join, by every edge."""
    reached = _reached(graph)
    for shape in graph.regions.by_fan_out.values():
        heads = {branch.edge.index for branch in shape.branches}
        for branch in shape.branches:
            others = [other.nodes for other in shape.branches if other is not branch]
            assert not any(branch.nodes & nodes for nodes in others)
        for edge in graph.edges:
            if edge.source not in reached or graph.nodes[edge.source].kind == "exit":
                continue
            inside = [branch for branch in shape.branches if edge.source in branch.nodes]
            if inside and graph.nodes[edge.target].kind != "start":
                assert edge.target in inside[0].nodes or edge.target == shape.join_at
            elif edge.target in shape.nodes:
                assert edge.index in heads


def _reached(graph: Graph) -> set[str]:
    found: set[str] = set()
    pending = ["start"]
    while pending:
        node = pending.pop()
        if node not in found:
            found.add(node)
            pending += [edge.target for edge in graph.outgoing[node]]
    return found


def test_five_thousand_nodes_take_well_under_a_second() -> None:
    size = 1_000
    text = "start -> f0\n" + "\n".join(
        f"f{n} -> {{a{n} b{n} c{n}}} -> j{n} -> " + (f"f{n + 1}" if n + 1 < size else "exit")
        for n in range(size)
    )
    graph = graph_of(text)
    began = time.process_time()
    assert len(graph.regions.by_fan_out) == size
    assert time.process_time() - began < 2
