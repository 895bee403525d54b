"""Threads of labelled subgraphs: written into the plan where full fidelity uses them."""

from __future__ import annotations

import pytest

from attractorc.compiler.driver import compile_source
from attractorc.compiler.plan.model import Agent, Plan
from attractorc.compiler.source import Source
from attractorc.interpreter.carried import FULL
from attractorc.interpreter.fidelity.resolution import resolved
from attractorc.interpreter.state.memory import Memory

LOOP = 'subgraph cluster_loop { label="The Loop" work [prompt=x] check [prompt=y] }'


def plan(body: str) -> Plan:
    compiled = compile_source(
        Source("p.dot", f"digraph {{ {body} start -> work -> check -> exit }}")
    )
    assert compiled.plan is not None, compiled.diagnostics
    return compiled.plan


def thread_of(made: Plan, node: str, *, edge: str = "") -> str:
    """The thread of a stage that is come to from `edge`, '' for a way without an edge."""
    step = made.steps[node]
    assert isinstance(step.work, Agent)
    memory = Memory()
    if edge:
        (route,) = [one for one in made.steps[edge].routes if one.target == node]
        memory = Memory(
            edge_fidelity=route.fidelity or "", edge_thread=route.thread_id or "", before="before"
        )
    return resolved(made, step, step.work, memory).thread


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(f"default_fidelity=full {LOOP}", "the-loop", id="the class of its label"),
        pytest.param(
            'default_fidelity=full subgraph { label=Outer subgraph { label="In ner" work } check }',
            "in-ner",
            id="of the innermost",
        ),
        pytest.param(
            "default_fidelity=full subgraph cluster_x { work check }",
            "before",
            id="one without a label gives none",
        ),
        pytest.param(
            f"default_fidelity=full {LOOP} work [thread_id=own]", "own", id="the stage's own first"
        ),
        pytest.param(
            f"default_fidelity=full thread_id=all {LOOP}", "all", id="and the graph's first"
        ),
        pytest.param(
            f"{LOOP} work [class=fast, fidelity=full]", "the-loop", id="not a class of its own"
        ),
    ],
)
def test_a_labelled_subgraph_gives_its_stages_a_thread(body: str, expected: str) -> None:
    assert thread_of(plan(body), "work", edge="start") == expected


def test_an_edges_thread_comes_before_the_subgraphs() -> None:
    made = plan(
        f'default_fidelity=full {LOOP} check -> work [condition="outcome=fail", thread_id=e]'
    )
    assert thread_of(made, "work", edge="check") == "e"
    assert thread_of(made, "work", edge="start") == "the-loop"


def test_a_pipeline_without_full_fidelity_has_no_such_threads() -> None:
    made = plan(LOOP)
    assert all(
        step.work.thread_id is None for step in made.steps.values() if isinstance(step.work, Agent)
    )


def test_where_only_one_edge_is_full_the_stage_has_the_thread() -> None:
    made = plan(f'{LOOP} check -> work [condition="outcome=fail", fidelity=full]')
    step = made.steps["work"]
    assert isinstance(step.work, Agent)
    assert step.work.thread_id == "the-loop"
    memory = Memory(edge_fidelity=FULL)
    assert resolved(made, step, step.work, memory).thread == "the-loop"
    check = made.steps["check"].work
    assert isinstance(check, Agent)
    assert check.thread_id is None
