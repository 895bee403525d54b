"""From graph to plan: nothing is left to look up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from attractorc.compiler.expr import Comparison
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
    Route,
    Step,
    Tool,
)
from attractorc.compiler.policy import Retry

from .lowering import plan_of, step_of


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


def test_a_default_choice_among_edges_to_one_node_is_the_label_of_the_one_that_is_meant() -> None:
    made = plan_of(
        'ask [shape=hexagon, human.default_choice="No"] start -> ask\n'
        'ask -> exit [label="[Y] Yes"]\n ask -> exit [label="[N] No"]'
    )
    work = made.steps["ask"].work
    assert isinstance(work, Human)
    assert work.default_choice == "[N] No"
