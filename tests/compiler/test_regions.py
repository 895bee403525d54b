"""Which regions a graph has, and which of its edges and nodes break them."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attractorc.compiler.graph.model import Graph
from attractorc.compiler.graph.shape import (
    Fault,
    LoneJoin,
    SameId,
    SharedNode,
    TwoRegions,
    WrongEdge,
    WrongTarget,
)

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


def faults(text: str) -> list[str]:
    """Faults as `kind` and what they name."""
    return [_words(fault) for fault in graph_of(text).regions.faults]


def _words(fault: Fault) -> str:
    match fault:
        case WrongEdge(kind, fan_out, branch, edge):
            return f"{kind} {fan_out}/{branch} {edge.source}->{edge.target}"
        case WrongTarget(kind, fan_out, branch, node, attr):
            return f"{kind} {fan_out}/{branch} {node}=>{attr.value}"
        case SharedNode(kind, fan_out, branches, node):
            return f"{kind} {fan_out}/{'+'.join(branches)} {node}"
        case TwoRegions(kind, fan_out, other, node):
            return f"{kind} {fan_out} {other} {node}"
        case SameId(kind, fan_out, first, second):
            return f"{kind} {fan_out} {first.id} {first.edge.target}+{second.edge.target}"
        case LoneJoin(kind, fan_out, branch, node):
            return f"{kind} {fan_out}/{branch} {node}"


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
    assert faults(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "start -> f -> {a b} -> j -> v -> exit; v -> a",
            ["region_entry f/a v->a"],
            id="an edge from after the join into a branch",
        ),
        pytest.param(
            "start -> t -> f -> {a b} -> j -> exit; t -> b",
            ["region_entry f/b t->b"],
            id="an edge from before the fan-out into a branch",
        ),
        pytest.param(
            "start -> f -> {a b} -> j -> exit; start -> j",
            ["region_entry f/None start->j"],
            id="an edge past the fan-out to its fan-in",
        ),
        pytest.param(
            "start -> f -> {a b} -> j -> exit; f -> a [if=outcome]",
            ["region_entry f/a f->a"],
            id="a route of the fan-out back into its branch",
        ),
        pytest.param(
            "start -> f -> {g c}; g -> {a b} -> k -> j; c -> j -> exit; c -> k",
            ["region_entry g/None c->k"],
            id="a sibling branch that leads to an inner fan-in",
        ),
        pytest.param(
            "start -> f -> {a b} -> j -> exit; j -> a",
            ["loop_through_join f/a j->a"],
            id="a join that leads back into a branch",
        ),
        pytest.param(
            "start -> f -> {g c}; g -> {a b} -> k -> j; c -> j -> exit; j -> b",
            ["loop_through_join g/b j->b"],
            id="a join that leads back into a region inside its own",
        ),
        pytest.param(
            "start -> t -> f -> {a b} -> j -> exit; a -> t",
            ["region_escape f/a a->t"],
            id="a branch that leads back before its fan-out",
        ),
        pytest.param(
            "start -> f -> {a b} -> j -> m -> exit; b -> m",
            ["region_escape f/b b->m"],
            id="a branch that leads past its fan-in",
        ),
        pytest.param(
            "start -> f -> {a b c} -> j -> m -> exit; f -> m",
            ["region_escape f/m f->m"],
            id="an edge of the fan-out that leads past its fan-in",
        ),
        pytest.param(
            "start -> f -> {a b} -> j -> exit; a -> a [loop_restart=true]",
            ["region_escape f/a a->a"],
            id="a restart of the run from inside a branch",
        ),
        pytest.param(
            "start -> f -> {a b} -> f; f -> exit [if=outcome]",
            ["region_escape f/a a->f", "region_escape f/b b->f"],
            id="branches that lead back to their fan-out",
        ),
        pytest.param(
            "start -> f -> {g c}; g -> {a b} -> k -> j; c -> j -> m -> exit; a -> m",
            ["region_escape g/a a->m"],
            id="one edge out of two regions is one fault, of the inner one",
        ),
        pytest.param(
            "start -> {f d}; f -> {a b} -> j -> exit; a -> d",
            ["region_escape f/a a->d"],
            id="a dead end that is not the branch's own",
        ),
        pytest.param(
            "start -> f -> {a b} -> j -> g -> {c d} -> k -> exit; c -> a",
            ["region_escape g/c c->a"],
            id="an edge from one region into another is one fault",
        ),
        pytest.param(
            "start -> f -> {a b} -> j -> m -> exit; b -> exit",
            ["exit_in_branch f/b b->exit"],
            id="a branch that ends the run",
        ),
        pytest.param(
            "start -> f -> {a b}; a -> j -> exit; b -> exit",
            ["exit_in_branch f/b b->exit"],
            id="a branch to the exit where another goes to the fan-in",
        ),
        pytest.param(
            "start -> f -> {a b} -> m -> exit; b -> x -> exit",
            ["exit_in_branch f/b x->exit"],
            id="a branch to the exit where they meet at an ordinary node",
        ),
        pytest.param(
            "start -> f -> {a b c}; a -> s; b -> s -> j; c -> j -> exit",
            ["shared_branch_node f/a+b s"],
            id="two of three branches run together",
        ),
        pytest.param(
            "start -> f -> {a b} -> j -> exit; a -> b",
            ["shared_branch_node f/a+b b"],
            id="a branch that leads into its sibling",
        ),
        pytest.param(
            "start -> f -> {g c}; g -> {a b} -> k -> j; c -> j -> exit; c -> a",
            ["shared_branch_node f/g+c a"],
            id="a branch that leads into a region in its sibling",
        ),
        pytest.param(
            "start -> f -> {a b} -> j -> exit; a -> d; b -> d",
            ["shared_branch_node f/a+b d"],
            id="a dead end that two branches share",
        ),
        pytest.param(
            "start -> f -> a [label=x]; f -> a [label=y]; a -> j -> exit",
            ["shared_branch_node f/x+y a"],
            id="two branches with one first node",
        ),
        pytest.param(
            "start -> f -> {a b} -> s -> t -> j -> exit; c -> j; f -> c",
            ["shared_branch_node f/a+b s"],
            id="what comes after a shared node is silent",
        ),
        pytest.param(
            "start -> f -> {a b c d}; a -> j; b -> j -> m; c -> m; d -> m -> exit",
            ["double_join f/a+b j"],
            id="a fan-in for some branches only",
        ),
        pytest.param(
            "start -> t -> {f g}; f -> {a b} -> j; g -> {c d} -> j; j -> exit",
            ["double_join f g j"],
            id="one fan-in for two fan-outs side by side",
        ),
        pytest.param(
            "start -> f -> {a b}; a -> g -> {x y}; x -> j; y -> k; b -> j -> k -> exit",
            ["crossing_regions f g k"],
            id="a region that starts inside a branch and ends outside",
        ),
        pytest.param(
            "start -> t -> {f g}; f -> {a b} -> j; g -> {c d} -> k; "
            "a -> s; c -> s -> {j k} -> exit",
            ["crossing_regions g f j"],
            id="regions side by side that share a node",
        ),
        pytest.param("start -> a -> j -> exit", ["join_without_fork None/None j"], id="no fork"),
        pytest.param(
            "start -> f -> {a b} -> m -> j -> exit",
            ["join_without_fork f/None j"],
            id="a fan-in after the branches have met",
        ),
        pytest.param(
            "start -> f -> {a b c}; a -> j -> m; b -> m; c -> m -> exit",
            ["join_without_fork f/a j"],
            id="a fan-in in one branch of three",
        ),
        pytest.param(
            "start -> f -> a; f -> a; a -> j -> exit",
            ["duplicate_branch_id f a a+a"],
            id="the same edge twice",
        ),
        pytest.param(
            "start -> f -> a [branch=x]; f -> b [branch=x]; {a b} -> j -> exit",
            ["duplicate_branch_id f x a+b"],
            id="one branch id twice",
        ),
    ],
)
def test_one_fault_is_named_once_by_its_cause(text: str, expected: list[str]) -> None:
    assert faults(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a [retry_target=t]", ["region_escape f/a a=>t"]),
        ("a [fallback_retry_target=b]", ["region_escape f/a a=>b"]),
        ("a [retry_target=f]", ["region_escape f/a a=>f"]),
        ("v [retry_target=a]", ["region_entry f/a v=>a"]),
        ("v [retry_target=j]", ["region_entry f/None v=>j"]),
        ("f [retry_target=a]", ["region_entry f/a f=>a"]),
        ("graph [retry_target=b]", ["region_entry f/b None=>b"]),
        ("c [retry_target=a]", ["region_entry g/x c=>x"]),
        ("a [retry_target=a]", []),
        ("a [retry_target=j]", []),
        ("v [retry_target=f]", []),
        ("graph [retry_target=t]", []),
        ("a [retry_target=nowhere]", []),
    ],
)
def test_retry_targets_stay_in_their_branch(text: str, expected: list[str]) -> None:
    frame = "start -> t -> f -> {a b} -> j -> v -> exit"
    if text.startswith("c "):
        frame = "start -> f -> {c b}; c -> g -> {x y} -> k -> j; b -> j -> exit"
        text = "c [retry_target=x]"
    assert faults(f"{frame}; {text}") == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "start -> f -> {a b} -> j -> exit; x -> a", id="an edge from an unreached node"
        ),
        pytest.param(
            "start -> f -> {a b} -> j -> exit; f -> exit [if=broken]",
            id="an edge whose condition does not parse",
        ),
        pytest.param("start -> exit; f -> {a b} -> s -> j -> exit; f -> c -> j", id="unreached"),
    ],
)
def test_what_follows_from_another_fault_is_silent(text: str) -> None:
    assert faults(text) == []


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
