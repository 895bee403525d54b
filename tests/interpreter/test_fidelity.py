"""Which fidelity and which thread an agent's stage has: the tables of the specification."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from attractorc.compiler.plan.digest import sealed
from attractorc.compiler.plan.model import Agent, Branch, Conditional, FanIn, Parallel
from attractorc.compiler.policy import FanOut, ForEach
from attractorc.interpreter.carried import COMPACT, FULL, SUMMARY_HIGH
from attractorc.interpreter.fidelity.resolution import Resolved, resolved
from attractorc.interpreter.records import RouteDecision, StageLifecycle
from attractorc.interpreter.state.memory import Memory

from .pipelines import Ran, fails, fan, plan, region, run, step, to, writes
from .talking import Agents, Sessions, Talker, agent


@pytest.mark.parametrize(
    ("edge", "node", "graph", "expected"),
    [
        pytest.param(None, None, None, COMPACT, id="nothing is said: compact"),
        pytest.param(None, None, "truncate", "truncate", id="the graph's default"),
        pytest.param(
            None, "summary:low", "truncate", "summary:low", id="the node before the graph"
        ),
        pytest.param(
            "summary:medium", "summary:low", "truncate", "summary:medium", id="the edge before all"
        ),
        pytest.param("compact", "full", "full", COMPACT, id="an edge can take full back"),
        pytest.param("full", "truncate", None, FULL, id="an edge can ask for full"),
    ],
)
def test_fidelity_is_the_edges_then_the_nodes_then_the_graphs(
    edge: str | None, node: str | None, graph: str | None, expected: str
) -> None:
    made = plan(agent("a", "exit", fidelity=node), default_fidelity=graph)
    found = resolved(made, made.steps["a"], _work(made, "a"), Memory(edge_fidelity=edge or ""))
    assert found.fidelity == expected
    assert bool(found.thread) == (expected == FULL), "only full goes on with a session"


@pytest.mark.parametrize(
    ("node", "edge", "graph", "before", "expected"),
    [
        pytest.param("n", "e", "g", "b", "n", id="the node's"),
        pytest.param(None, "e", "g", "b", "e", id="else the edge's"),
        pytest.param(None, None, "g", "b", "g", id="else the graph's"),
        pytest.param(None, None, None, "b", "b", id="else that of the stage before"),
        pytest.param(None, None, None, "", "a", id="else the stage begins one that bears its id"),
    ],
)
def test_a_thread_is_the_nodes_then_the_edges_then_the_graphs_then_that_of_the_stage_before(
    node: str | None, edge: str | None, graph: str | None, before: str, expected: str
) -> None:
    made = plan(agent("a", "exit", fidelity="full", thread=node), default_thread_id=graph)
    memory = Memory(edge_thread=edge or "", before=before)
    assert resolved(made, made.steps["a"], _work(made, "a"), memory) == Resolved(FULL, expected)


def test_the_hop_after_a_resume_degrades_full_and_nothing_else() -> None:
    made = plan(agent("a", "exit", fidelity="full"), agent("b", "exit", fidelity="truncate"))
    hop = Memory(hop=True)
    assert resolved(made, made.steps["a"], _work(made, "a"), hop) == Resolved(
        SUMMARY_HIGH, "a", FULL
    )
    assert resolved(made, made.steps["b"], _work(made, "b"), hop) == Resolved("truncate")


def _work(made: Any, node: str) -> Agent:
    work = made.steps[node].work
    assert isinstance(work, Agent)
    return work


def told(ran: Ran) -> dict[str, tuple[str | None, str | None]]:
    """What the journal says of each agent stage's start: fidelity and thread."""
    return {
        f"{record.node_id}.{record.visit}": (record.fidelity, record.thread_key)
        for record in ran.of(StageLifecycle, "started")
        if record.handler == "agent"
    }


def test_an_ordinary_run_says_nothing_of_it() -> None:
    made = plan(agent("a", "b", fidelity="compact"), agent("b", "exit"))
    ran = run(made, Agents(Talker()))
    assert told(ran) == {"a.1": (None, None), "b.1": (None, None)}
    assert [record.TYPE for record in ran.records if "link" in record.TYPE] == []


def test_a_chain_of_full_stages_is_one_thread_named_by_its_first() -> None:
    made = plan(agent("a", "b"), agent("b", "c"), agent("c", "exit"), default_fidelity="full")
    backend = Sessions()
    ran = run(made, Agents(backend))
    assert told(ran) == {"a.1": (FULL, "a"), "b.1": (FULL, "a"), "c.1": (FULL, "a")}
    assert [heard.session for heard in backend.heard] == ["", "s1", "s1"]


def test_a_stage_after_none_of_a_thread_begins_its_own() -> None:
    made = plan(agent("a", "t"), step("t", "b"), agent("b", "exit"), default_fidelity="full")
    assert told(run(made, Agents(Sessions()))) == {"a.1": (FULL, "a"), "b.1": (FULL, "b")}


def test_a_conditional_stands_between_no_two_stages() -> None:
    made = plan(
        agent("a", "gate"),
        step("gate", "b", work=Conditional()),
        agent("b", "exit"),
        default_fidelity="full",
    )
    assert told(run(made, Agents(Sessions()))) == {"a.1": (FULL, "a"), "b.1": (FULL, "a")}


def test_the_edge_that_was_taken_decides_and_is_journaled() -> None:
    made = plan(
        step("a", to("b", weight=2, fidelity="full", thread_id="work"), to("b")),
        agent("b", to("b2")),
        agent("b2", "exit"),
    )
    ran = run(made, Agents(Sessions()))
    assert told(ran) == {"b.1": (FULL, "work"), "b2.1": (None, None)}
    edges = [record.selected_edge for record in ran.of(RouteDecision) if record.node_id == "a"]
    assert edges == [{"from": "a", "to": "b", "fidelity": "full", "thread": "work"}]


def test_a_way_without_an_edge_has_no_edges_fidelity() -> None:
    made = plan(
        step("a", to("b", fidelity="full")),
        agent("b", "t", goal_gate=True, retry_target="b"),
        step("t", "exit"),
    )
    backend = Talker({"b": []})
    behaviour = {"b": [fails("not yet"), writes()]}
    ran = run(made, Agents(backend, behaviour))
    assert told(ran) == {"b.1": (FULL, "b"), "b.2": (None, None)}


def test_a_branch_edge_gives_its_branch_a_fidelity_and_a_thread() -> None:
    base = fan("a b c")
    made = sealed(
        replace(
            base,
            steps={
                **base.steps,
                **{name: agent(name, "join", region="fan") for name in ("a", "b", "c")},
            },
            regions={
                "fan": replace(
                    base.regions["fan"],
                    branches=(
                        Branch("a", "a", fidelity="full", thread_id="mine"),
                        Branch("b", "b", fidelity="summary:low"),
                        Branch("c", "c"),
                    ),
                )
            },
        )
    )
    assert told(run(made, Agents(Sessions()))) == {
        "a.1": (FULL, "mine"),
        "b.1": ("summary:low", None),
        "c.1": (None, None),
    }


def test_the_template_of_a_dynamic_fan_out_has_its_edges_fidelity_in_every_branch() -> None:
    made = plan(
        step("list", "fan"),
        step("fan", work=Parallel()),
        agent("work", "join", region="fan"),
        step("join", "exit", work=FanIn("fan")),
        regions=(
            replace(
                region("fan", {"each": "work"}, "join", policy=FanOut(for_each=ForEach("items"))),
                branches=(Branch("each", "work", fidelity="full", thread_id="mine"),),
            ),
        ),
    )
    ran = run(made, Agents(Sessions(), {"list": writes(items=["x", "y", "z"])}))
    starts = [record for record in ran.of(StageLifecycle, "started") if record.node_id == "work"]
    assert [(one.fidelity, one.thread_key) for one in starts] == [(FULL, "mine")] * 3
