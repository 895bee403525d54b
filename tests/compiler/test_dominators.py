"""The dominator tree is the one of the definition, on any graph, and fast on large ones."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attractorc.compiler.graph.dominators import UNREACHED, dominator_tree

Graph = list[list[int]]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    size = draw(st.integers(1, 12))
    node = st.integers(0, size - 1)
    return draw(st.lists(st.lists(node, max_size=4), min_size=size, max_size=size))


def reached(successors: Graph, root: int, without: int | None = None) -> set[int]:
    """What `root` reaches on paths that avoid a node: the definition, word for word."""
    found: set[int] = set()
    pending = [] if root == without else [root]
    while pending:
        node = pending.pop()
        if node not in found:
            found.add(node)
            pending += [each for each in successors[node] if each != without]
    return found


def dominators(successors: Graph, root: int) -> dict[int, set[int]]:
    """All dominators of each node that the root reaches, itself included."""
    everything = reached(successors, root)
    around = {node: reached(successors, root, without=node) for node in everything}
    return {
        node: {other for other in everything if other == node or node not in around[other]}
        for node in everything
    }


@settings(deadline=None)
@given(graphs())
def test_a_chain_is_exactly_the_dominators_of_its_node(successors: Graph) -> None:
    tree = dominator_tree(successors, 0)
    expected = dominators(successors, 0)
    for node in range(len(successors)):
        assert tree.reaches(node) == (node in expected)
        if node in expected:
            chain = list(tree.chain(node))
            assert set(chain) == expected[node]
            assert all(lower in dominators_of for lower, dominators_of in _chained(chain, expected))


def _chained(chain: list[int], expected: dict[int, set[int]]) -> list[tuple[int, set[int]]]:
    return [(upper, expected[lower]) for lower, upper in pairwise(chain)]


@settings(deadline=None)
@given(graphs(), st.data())
def test_the_nearest_common_dominator_dominates_all_and_no_lower_one_does(
    successors: Graph, data: st.DataObject
) -> None:
    tree = dominator_tree(successors, 0)
    expected = dominators(successors, 0)
    nodes = data.draw(st.lists(st.sampled_from(sorted(expected)), min_size=1, max_size=4))
    common = set.intersection(*(expected[node] for node in nodes))
    assert expected[tree.nearest_common(nodes)] == common


def test_what_the_root_does_not_reach_has_no_dominator() -> None:
    tree = dominator_tree([[1], [], [1]], 0)
    assert not tree.reaches(2)
    assert tree.parents == (0, 0, UNREACHED)


def test_an_edge_back_to_the_root_changes_nothing() -> None:
    assert dominator_tree([[1], [0, 2], [0, 1]], 0).parents == (0, 0, 1)


@pytest.mark.parametrize(
    "shape", ["a chain of 100,000 nodes", "5,000 nodes with loops back to everywhere"]
)
def test_a_large_graph_takes_no_stack_and_little_time(shape: str) -> None:
    if shape.startswith("a chain"):
        size = 100_000
        successors = [[node + 1] for node in range(size - 1)] + [[]]
    else:
        size = 5_000
        successors = [[node + 1, node // 2, node // 3] for node in range(size - 1)] + [[]]
    began = time.process_time()
    tree = dominator_tree(successors, 0)
    assert time.process_time() - began < 5
    assert tree.parents == (0, *range(size - 1))
