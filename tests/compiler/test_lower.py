"""From graph to plan: nothing is left to look up, and nothing tells how it was written."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from attractorc.compiler.diagnostic import has_errors
from attractorc.compiler.elaborate import elaborate
from attractorc.compiler.expr import Comparison
from attractorc.compiler.frontend.dot import read_dot
from attractorc.compiler.graph.model import Graph
from attractorc.compiler.lower import lower
from attractorc.compiler.passes import PASSES
from attractorc.compiler.plan.codec import from_text, to_json
from attractorc.compiler.plan.model import (
    Agent,
    Conditional,
    ContextRef,
    Custom,
    FanIn,
    Human,
    InputRef,
    Parallel,
    Place,
    Plan,
    Route,
    Step,
    Tool,
)
from attractorc.compiler.policy import Merge, MergeRule, Retry, Winner, WinnerKey
from attractorc.compiler.render.plan_tree import plan_tree
from attractorc.compiler.source import Source
from attractorc.compiler.value import canonical

CORPUS = Path(os.environ.get("ATTRACTORC_CORPUS", Path(__file__).parents[3] / "shared/corpus"))

REVIEW = """
digraph review {
  graph [goal="Can this change ship?"]
  start  [shape=Mdiamond]
  checks [shape=component, join="unit && 1 of (lint, types)", max_parallel=3]
  unit   [shape=parallelogram, tool_command="pytest -q", output=json, writes="failed, coverage"]
  lint   [shape=parallelogram, tool_command="ruff check .", writes=findings]
  types  [shape=parallelogram, tool_command="mypy .", writes=findings]
  verdict [shape=tripleoctagon, winner="max(coverage), first", merge_from=all,
           merge="findings: append; coverage: min; *: isolate"]
  ship [shape=hexagon, label="Ship it?"]
  exit [shape=Msquare]
  start -> checks -> {unit lint types} -> verdict -> ship
  ship -> exit [label="[Y] Yes"]
  ship -> checks [label="[N] Run again"]
}
"""


def graph_of(text: str, name: str = "p.dot") -> Graph:
    """The graph of a DOT text, which must have no error finding before the rules."""
    document, found = read_dot(Source(name, text))
    assert document is not None, found
    graph, elaborated = elaborate(document)
    assert not has_errors((*found, *elaborated)), (found, elaborated)
    return passed(graph)


def passed(graph: Graph) -> Graph:
    """The graph after all passes."""
    for each in PASSES:
        graph, _ = each(graph)
    return graph


def plan_of(body: str) -> Plan:
    """The sealed plan of some statements between a start and an exit."""
    ends = "start [shape=Mdiamond] exit [shape=Msquare]"
    return lower(graph_of(f"digraph p {{ {ends} {body} }}"))


def step_of(attributes: str, graph: str = "") -> Step:
    """The step of one node `x` with these attributes."""
    return plan_of(f"{graph} x [{attributes}] start -> x -> exit").steps["x"]


def test_the_example_of_the_language_page_lowers_to_this_plan(snapshot: Any) -> None:
    plan = lower(graph_of(REVIEW, "review.dot"))
    assert json.dumps(to_json(plan), indent=2, ensure_ascii=False) == snapshot
    assert plan_tree(plan) == snapshot(name="tree")


FAN = "start -> f -> {a b} -> exit"


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


@pytest.mark.parametrize(
    ("attributes", "work"),
    [
        ('label="Do it"', Agent(("Do it",))),
        ('prompt="${a.b} now"', Agent((ContextRef("a.b"), " now"))),
        ("llm_model=m, llm_provider=p, reasoning_effort=low, backend=b, fidelity=full, "
         "thread_id=t, prompt=x", Agent(("x",), "m", "p", "low", "b", "full", "t")),
        ("shape=parallelogram, tool_command=ls, output=lines", Tool("ls", "lines")),
        ("shape=hexagon, label=Which", Human(("Which",))),
        ("shape=hexagon, label=Which, human.default_choice=exit", Human(("Which",), "exit")),
        ("shape=diamond", Conditional()),
        ("shape=component", Parallel()),
        ("shape=tripleoctagon", FanIn(None)),
        ("type=acme, prompt=x, timeout=1s, odd=1", Custom("acme", {"prompt": "x"})),
    ],
)  # fmt: skip
def test_each_kind_of_node_has_its_work(attributes: str, work: Any) -> None:
    assert step_of(attributes).work == work


def test_goal_and_inputs_are_found_in_prompts_and_questions() -> None:
    graph = 'graph [goal="to ship", inputs="base: string = main; n: int"]'
    assert step_of('prompt="$goal on $base, $nothing"', graph).work == Agent(
        ("to ship on ", InputRef("base"), ", $nothing")
    )
    assert step_of('shape=hexagon, label="$goal?"', graph).work == Human(("to ship?",))


def test_the_graphs_model_is_taken_where_the_node_names_none() -> None:
    graph = "graph [llm_model=big]"
    assert step_of("prompt=x", graph).work == Agent(("x",), model="big")
    assert step_of("prompt=x, llm_model=small", graph).work == Agent(("x",), model="small")


@pytest.mark.parametrize(
    ("choice", "target"),
    [("fix", "fix"), ("[Y] Ship", "exit"), ("ship", "exit"), ("y", "exit"), ("none", None)],
)
def test_a_default_choice_is_a_target_a_label_or_a_key(choice: str, target: str | None) -> None:
    plan = plan_of(
        f'ask [shape=hexagon, human.default_choice="{choice}"] start -> ask'
        ' ask -> exit [label="[Y] Ship"] ask -> fix [label="[N] Fix it"] fix -> ask'
    )
    work = plan.steps["ask"].work
    assert isinstance(work, Human)
    assert work.default_choice == target


@pytest.mark.parametrize(
    ("attributes", "graph", "retry"),
    [
        ("", "", Retry(1)),
        ("max_retries=2", "", Retry(3, covers_fail=True)),
        ("", "graph [default_max_retries=2]", Retry(3)),
        ("max_retries=0", "graph [default_max_retries=2]", Retry(1, covers_fail=True)),
        ("retry_policy=patient", "graph [default_max_retries=9]", Retry(3, True, 2_000, 3.0)),
        ("retry_policy=patient, max_retries=1", "", Retry(2, True, 2_000, 3.0)),
        ("retry_policy=none", "graph [default_max_retries=2]", Retry(1)),
        ("shape=diamond", "graph [default_max_retries=2]", Retry(1)),
    ],
)
def test_a_retry_policy_is_the_nodes_then_the_graphs(
    attributes: str, graph: str, retry: Retry
) -> None:
    assert step_of(attributes, graph).retry == retry


def test_a_step_carries_what_the_node_says() -> None:
    step = step_of(
        "timeout=250ms, goal_gate=true, retry_target=start, fallback_retry_target=nowhere,"
        ' allow_partial=true, auto_status=true, max_visits=3, on_interrupted=fail, reads="a, b.*",'
        ' writes="", class="slow,dear", shiny=yes'
    )
    assert step == Step(
        "x", "x", Agent(("x",)), step.routes, timeout_ms=250, goal_gate=True, retry_target="start",
        allow_partial=True, auto_status=True, max_visits=3, on_interrupted="fail",
        reads=("a", "b.*"), writes=(), classes=("slow", "dear"), extra={"shiny": "yes"},
        place=Place("p.dot", 1, 58),
    )  # fmt: skip


def test_a_route_carries_what_the_edge_says_in_the_order_of_the_file() -> None:
    plan = plan_of(
        "start -> x x -> exit"
        ' x -> start [label="[R] Retry All", condition="outcome=fail", weight=3, fidelity=full,'
        " thread_id=t]"
    )
    plain, labelled = (replace(route, place=None) for route in plan.steps["x"].routes)
    assert plain == Route("exit")
    assert labelled == Route(
        "start",
        "[R] Retry All",
        "retry all",
        "R",
        Comparison("outcome", "=", "fail"),
        3,
        "full",
        "t",
    )


def test_a_fan_outs_routes_are_those_after_its_join() -> None:
    plan = plan_of(
        "f [shape=component] start -> f -> {a b} -> j j [shape=tripleoctagon] j -> exit"
        ' f -> exit [condition="outcome=fail"]'
    )
    assert [route.target for route in plan.steps["f"].routes] == ["exit"]
    assert [branch.id for branch in plan.regions["f"].branches] == ["a", "b"]
    assert plan.steps["j"].work == FanIn("f")


def test_branches_stand_in_declared_order_heavier_first() -> None:
    plan = plan_of(
        "f [shape=component] start -> f f -> a f -> b [weight=2, branch=bee] f -> c [weight=2]"
        " {a b c} -> exit"
    )
    branches = plan.regions["f"].branches
    assert [(branch.id, branch.head) for branch in branches] == [
        ("bee", "b"),
        ("c", "c"),
        ("a", "a"),
    ]


def test_nested_regions_know_their_parents_and_steps_their_innermost_region() -> None:
    plan = plan_of(
        "f [shape=component] g [shape=component] j [shape=tripleoctagon]"
        " start -> f -> {a g} g -> {b c} -> m -> j a -> j j -> exit"
    )
    outer, inner = plan.regions["f"], plan.regions["g"]
    assert (outer.meeting, outer.join_at, outer.parent) == ("fan_in", "j", None)
    assert (inner.meeting, inner.join_at, inner.parent) == ("node", "m", "f")
    assert outer.nodes == ("a", "b", "c", "g", "m")
    assert {step.id: step.region for step in plan.steps.values()} == {
        "start": None, "exit": None, "f": None, "j": None,
        "a": "f", "g": "f", "m": "f", "b": "g", "c": "g",
    }  # fmt: skip


def test_an_inner_region_that_meets_at_the_outer_fan_in_joins_at_its_own_fan_out() -> None:
    plan = plan_of(
        'f [shape=component] g [shape=component, merge="x: sum"]'
        ' j [shape=tripleoctagon, merge="x: max"]'
        " start -> f -> {a g} g -> {b c} -> j a -> j -> exit"
    )
    assert plan.steps["j"].work == FanIn("f")
    assert plan.regions["f"].merge == Merge((MergeRule("x", "max"),))
    inner = plan.regions["g"]
    assert (inner.meeting, inner.join_at) == ("node", "j")
    assert inner.merge == Merge((MergeRule("x", "sum"),))


def test_policies_of_the_decision_stand_on_the_fan_in_or_the_fan_out() -> None:
    fan_in = plan_of(
        'f [shape=component, winner="min(cost)"] j [shape=tripleoctagon, merge="x: sum",'
        " on_conflict=winner] start -> f -> {a b} -> j -> exit"
    ).regions["f"]
    assert fan_in.merge == Merge((MergeRule("x", "sum"),), on_conflict="winner")
    assert fan_in.winner == Winner((WinnerKey("min", "cost"),), True)
    node = plan_of('f [shape=component, merge="x: sum"] start -> f -> {a b} -> c -> exit').regions[
        "f"
    ]
    assert (node.meeting, node.join_at) == ("node", "c")
    assert node.merge == Merge((MergeRule("x", "sum"),))
    assert node.winner == Winner()


def test_a_fan_outs_policy_is_complete() -> None:
    policy = (
        plan_of(
            "f [shape=component, join=quorum, quorum_ratio=0.5, error_policy=ignore, losers=drain,"
            " decide=arrival, max_parallel=2, join_timeout=1m, branch_timeout=5s]"
            " start -> f -> {a b} -> exit"
        )
        .regions["f"]
        .policy
    )
    assert (policy.join.kind, policy.join.ratio, policy.join.text) == (
        "quorum", Fraction(1, 2), "quorum(1/2)",
    )  # fmt: skip
    assert (policy.error_policy, policy.losers, policy.decide) == ("ignore", "drain", "arrival")
    assert (policy.max_parallel, policy.join_timeout_ms, policy.branch_timeout_ms) == (
        2, 60_000, 5_000,
    )  # fmt: skip


def test_branches_that_meet_nowhere_end_with_their_region() -> None:
    plan = plan_of(
        'f [shape=component] start -> f -> {a b} f -> exit [condition="outcome=success"]'
    )
    region = plan.regions["f"]
    assert (region.meeting, region.join_at) == ("none", None)


def test_the_graphs_attributes_are_the_plans_and_the_contexts() -> None:
    plan = plan_of(
        "graph [goal=g, label=l, retry_target=a, fallback_retry_target=nowhere, thread_id=t,"
        ' default_fidelity=full, default_max_retries=2, model_stylesheet="* { llm_model: m; }",'
        ' inputs="x: int = 3", rankdir=LR, odd=1] start -> a -> exit'
    )
    assert (plan.name, plan.goal, plan.label, plan.retry_target) == ("p", "g", "l", "a")
    assert plan.fallback_retry_target is None
    assert (plan.default_fidelity, plan.default_thread_id) == ("full", "t")
    assert [(given.name, given.default) for given in plan.inputs] == [("x", 3)]
    assert plan.context == {
        "graph.name": "p",
        "graph.goal": "g",
        "graph.label": "l",
        "graph.default_fidelity": "full",
        "graph.default_max_retries": 2,
        "graph.fallback_retry_target": "nowhere",
        "graph.retry_target": "a",
        "graph.thread_id": "t",
    }


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
        plan = lower(graph)
        assert from_text(canonical(to_json(plan))) == plan, path
        assert "not reached from the start" not in plan_tree(plan), path
        lowered += 1
    assert lowered > 100
