"""Which edges and nodes break a region, each told once and by its cause."""

from __future__ import annotations

import pytest

from attractorc.compiler.graph.shape import (
    Fault,
    LoneJoin,
    SameId,
    SharedNode,
    TwoRegions,
    WrongEdge,
    WrongTarget,
)

from .graphs import graph_of


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
            "start -> f -> {a b} -> j -> exit; f -> c [loop_restart=true]; c -> j",
            ["region_escape f/c f->c"],
            id="a branch that would begin with a restart of the run",
        ),
        pytest.param(
            "start -> f -> {a b} -> j -> exit; f -> c [loop_restart=true, if=outcome]; c -> exit",
            [],
            id="a restart of the run after the join, by an edge of the fan-out",
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
            "start -> f -> {a b} -> j -> exit; a -> d; x -> d",
            id="an edge from an unreached node to a branch's own dead end",
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
