"""Whole pipelines lowered: nothing tells how one was written, and real ones hold together."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from attractorc.compiler.diagnostic import has_errors
from attractorc.compiler.elaborate import elaborate
from attractorc.compiler.frontend.dot import read_dot
from attractorc.compiler.graph.model import Graph
from attractorc.compiler.lower import lower
from attractorc.compiler.plan.codec import from_text, to_json
from attractorc.compiler.render.plan_tree import plan_tree
from attractorc.compiler.source import Source
from attractorc.compiler.value import canonical

from .lowering import REVIEW, graph_of, passed, plan_of

CORPUS = Path(os.environ.get("ATTRACTORC_CORPUS", Path(__file__).parents[3] / "shared/corpus"))

REVIEW_YAML = """
pipeline: review
goal: Can this change ship?
start: checks
nodes:
  checks:
    parallel: {unit: unit, lint: lint, types: types}
    join: unit && 1 of (lint, types)
    max_parallel: 3
    next: verdict
  unit:  {run: pytest -q, output: json, writes: [failed, coverage]}
  lint:  {run: ruff check ., writes: [findings]}
  types: {run: mypy ., writes: [findings]}
  verdict:
    fan_in:
      winner: [max(coverage), first]
      merge: {findings: append, coverage: min, "*": isolate}
      merge_from: all
    next: ship
  ship:
    ask: Ship it?
    choices: {"[Y] Yes": exit, "[N] Run again": checks}
"""


def test_the_example_of_the_language_page_lowers_to_this_plan(snapshot: Any) -> None:
    plan = lower(graph_of(REVIEW, "review.dot"))
    assert json.dumps(to_json(plan), indent=2, ensure_ascii=False) == snapshot
    assert plan_tree(plan) == snapshot(name="tree")


FAN = "start -> f -> {a b} -> exit"


def test_the_two_forms_of_the_language_pages_example_have_one_digest() -> None:
    from attractorc.compiler.driver import compile_source

    one = compile_source(Source("review.dot", REVIEW))
    other = compile_source(Source("review.yaml", REVIEW_YAML))
    assert one.plan is not None, one.diagnostics
    assert other.plan is not None, other.diagnostics
    assert one.plan.digest == other.plan.digest


def fan(attributes: str) -> str:
    """Two branches that meet at the exit, under a fan-out with these attributes."""
    return f"f [shape=component, {attributes}] {FAN}"


TWINS: list[tuple[str, str, str]] = [
    ("comments and spaces", "start->a->exit", "start -> a // away\n -> /* to */ exit"),
    ("a statement for each edge", "start -> a -> exit", "start -> a a -> exit"),
    ("nodes in another order", "a b start -> a -> b -> exit", "b a start -> a -> b -> exit"),
    (
        "a kind by shape or by type",
        "a [shape=hexagon] start -> a -> exit",
        "a [type=wait.human] start -> a -> exit",
    ),
    ("a label that is the id", "start -> a -> exit", "a [label=a] start -> a -> exit"),
    (
        "a prompt that is the label",
        "a [label=Do] start -> a -> exit",
        "a [label=Do, prompt=Do] start -> a -> exit",
    ),
    ("drawing attributes", "start -> a -> exit", "a [color=red] start -> a -> exit [len=2]"),
    ("unknown attributes", "start -> a -> exit", "a [shiny=yes] start -> a -> exit"),
    (
        "a default or the same on the node",
        "node [max_retries=2] a start -> a -> exit",
        "a [max_retries=2] start -> a -> exit",
    ),
    (
        "another unit of time",
        "a [timeout=15m] start -> a -> exit",
        "a [timeout=900] start -> a -> exit",
    ),
    ("the default of a policy", fan("color=red"), fan("join=wait_all, max_parallel=4")),
    ("a policy and its synonym", fan("join=first_success"), fan("join_policy=any_success")),
    ("k inside and beside the join", fan('join="k_of_n(1)"'), fan("join=k_of_n, k=1")),
    (
        "a ratio in lowest terms",
        fan('join="quorum(0.5)"'),
        fan('join=quorum, quorum_ratio="2/4"'),
    ),
    ("the spelling of a formula", fan('join="a&&(b)"'), fan("join=\"a && 'b'\"")),
    (
        "the spelling of a condition",
        'start -> a -> exit [condition="outcome=success"]',
        "start -> a -> exit [condition=\"outcome == 'success'\"]",
    ),
    (
        "merge rules before or after their source",
        fan('merge="a: append", merge_from=all'),
        fan('merge_from=all, merge="a:append"'),
    ),
    (
        "a limit on a node that does nothing",
        "a [shape=diamond] start -> a -> exit",
        "a [shape=diamond, timeout=5s, on_interrupted=fail] start -> a -> exit",
    ),
    ("a policy that nobody reads", "start -> a -> exit", "a [losers=drain] start -> a -> exit"),
]

SIBLINGS: list[tuple[str, str, str]] = [
    ("a prompt", "a [prompt=x] start -> a -> exit", "a [prompt=y] start -> a -> exit"),
    (
        "a label",
        "a [prompt=x, label=l] start -> a -> exit",
        "a [prompt=x] start -> a -> exit",
    ),
    ("a weight", "start -> a -> exit a -> a", "start -> a -> exit a -> a [weight=1]"),
    ("k of a join", fan('join="k_of_n(1)"'), fan('join="k_of_n(2)"')),
    (
        "the order of a node's edges",
        "start -> a a -> exit a -> start",
        "start -> a a -> start a -> exit",
    ),
    (
        "the order of branches",
        "f [shape=component] start -> f -> {a b} -> exit",
        "f [shape=component] start -> f -> {b a} -> exit",
    ),
]


@pytest.mark.parametrize(
    ("one", "other"), [twin[1:] for twin in TWINS], ids=[twin[0] for twin in TWINS]
)
def test_how_a_pipeline_is_written_keeps_the_digest(one: str, other: str) -> None:
    assert plan_of(one).digest == plan_of(other).digest


@pytest.mark.parametrize(
    ("one", "other"), [pair[1:] for pair in SIBLINGS], ids=[pair[0] for pair in SIBLINGS]
)
def test_what_a_pipeline_says_changes_the_digest(one: str, other: str) -> None:
    assert plan_of(one).digest != plan_of(other).digest


def test_a_plan_holds_no_piece_of_a_parser() -> None:
    assert b"lark" not in pickle.dumps(lower(graph_of(REVIEW)))


def _real_graphs() -> Iterator[tuple[Path, Graph]]:
    for path in sorted(CORPUS.rglob("*.dot")):
        document, found = read_dot(Source(path.name, path.read_text("utf-8", "replace")))
        if document is None or has_errors(found):
            continue
        graph = passed(elaborate(document)[0])
        if graph.start and graph.exit and not graph.regions.faults:
            yield path, graph


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real pipelines is not here")
def test_every_real_pipeline_lowers_to_a_plan_that_holds_together() -> None:
    lowered = 0
    for path, graph in _real_graphs():
        if any(node.kind in ("pipeline", "stack.manager_loop") for node in graph.nodes.values()):
            continue  # the files that it runs are not here
        plan = lower(graph)
        assert from_text(canonical(to_json(plan))) == plan, path
        assert "not reached from the start" not in plan_tree(plan), path
        lowered += 1
    assert lowered > 100
