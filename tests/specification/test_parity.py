"""The cross-feature parity matrix of the specification's definition of done (11.12), row by row.

Every row is a pipeline in DOT, with shell commands for tools and programs for agents.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .project import ENDS, Project, compiled, findings

TOOL = "node [shape=parallelogram] "
AGENT = ("--backend", "command", "--agent-command")


def test_a_linear_pipeline_is_read() -> None:
    read = compiled(
        "digraph p { start [shape=Mdiamond] a [prompt=x] b [prompt=y] done [shape=Msquare]"
        " start -> a -> b -> done }"
    )
    assert read.diagnostics == ()
    assert read.graph is not None
    assert list(read.graph.nodes) == ["start", "a", "b", "done"]
    assert [(edge.source, edge.target) for edge in read.graph.edges] == [
        ("start", "a"),
        ("a", "b"),
        ("b", "done"),
    ]


def test_attributes_of_the_graph_are_read() -> None:
    read = compiled(
        'digraph p { graph [goal="Ship it", label="A pipeline"]'
        ' model_stylesheet="* { llm_model: small }" start -> a -> exit a [prompt=x] }'
    )
    assert read.plan is not None
    assert (read.plan.goal, read.plan.label) == ("Ship it", "A pipeline")
    assert read.plan.steps["a"].work.model == "small"


def test_attributes_of_a_node_may_stand_on_several_lines() -> None:
    read = compiled(
        'digraph p {\n  start -> a -> exit\n  a [\n    label="One",\n    prompt="Do\n    it",\n'
        "    max_retries=2\n  ]\n}"
    )
    assert read.plan is not None
    step = read.plan.steps["a"]
    assert (step.label, step.work.prompt, step.retry.max_attempts) == ("One", ("Do\n    it",), 3)


def test_a_missing_start_is_an_error() -> None:
    assert findings("digraph p { a [prompt=x] done [shape=Msquare] a -> done }") == [
        ("error", "start_node", None)
    ]


def test_a_missing_exit_is_an_error() -> None:
    assert findings("digraph p { begin [shape=Mdiamond] a [prompt=x] begin -> a }") == [
        ("error", "terminal_node", None)
    ]


def test_a_node_that_nothing_leads_to_is_an_error() -> None:
    found = findings(f"digraph p {{ {ENDS} a [prompt=x] b [prompt=y] start -> a -> exit b -> a }}")
    assert found == [("error", "reachability", "b")]


def test_three_stages_in_a_row_run(project: Project) -> None:
    project.run(
        f'{TOOL} a [tool_command="echo a >> ran"] b [tool_command="echo b >> ran"]'
        ' c [tool_command="echo c >> ran"] start -> a -> b -> c -> exit'
    )
    assert (project.folder / "ran").read_text().split() == ["a", "b", "c"]
    assert project.walked() == ["start", "a", "b", "c", "exit"]
    assert [project.status(name)["outcome"] for name in ("start", "a", "b", "c", "exit")] == [
        "success"
    ] * 5


@pytest.mark.parametrize(("command", "way"), [("true", "good"), ("false", "bad")])
def test_success_and_failure_take_their_own_ways(project: Project, command: str, way: str) -> None:
    project.run(
        f"{TOOL} try [tool_command={command}] good [tool_command=true] bad [tool_command=true]"
        ' start -> try try -> good [condition="outcome=success"] try -> bad'
        ' [condition="outcome=fail"] {good bad} -> exit'
    )
    assert project.walked() == ["start", "try", way, "exit"]


@pytest.mark.parametrize(("needed", "code"), [(1, 0), (3, 0), (4, 1)])
def test_a_failure_is_tried_again_twice(project: Project, needed: int, code: int) -> None:
    project.run(
        f'{TOOL} a [max_retries=2, tool_command="echo x >> tries;'
        f' test $(wc -l < tries) -ge {needed}"] start -> a -> exit',
        code=code,
    )
    tries = [each for each in project.told("attempts") if each["node_id"] == "a"]
    assert [each["attempt"] for each in tries] == list(range(1, min(needed, 3) + 1))
    assert project.checkpoint["node_retries"].get("a", 0) == min(needed, 3) - 1


GATE = (
    "digraph p {{ start [shape=Mdiamond] exit [shape=Msquare] node [shape=parallelogram]"
    ' gate [goal_gate=true{more}, tool_command="{command}"] mend [tool_command="touch mended"]'
    ' start -> gate gate -> exit [condition="outcome=success"]'
    ' gate -> exit [condition="outcome=fail"] mend -> gate }}'
)


def test_a_goal_gate_that_does_not_hold_bars_the_exit(project: Project) -> None:
    text = GATE.format(more=", retry_target=mend", command="test -e mended")
    project.run(text)
    assert project.walked() == ["start", "gate", "mend", "gate", "exit"]
    without = GATE.format(more="", command="false").replace("mend -> gate", "start -> mend -> gate")
    failed = project.run(without, code=1, run_id="without")
    assert "goal gate" in failed.stdout


def test_goal_gates_that_hold_let_it_end(project: Project) -> None:
    (project.folder / "mended").touch()
    project.run(GATE.format(more=", retry_target=mend", command="test -e mended"))
    assert project.walked() == ["start", "gate", "exit"]


def test_a_person_is_shown_the_choices_and_the_chosen_way_is_taken(project: Project) -> None:
    project.run(
        f'{TOOL} ask [shape=hexagon, label="Ship it?"] ship [tool_command=true]'
        ' mend [tool_command=true] start -> ask ask -> ship [label="[Y] Yes"]'
        ' ask -> mend [label="[N] No"] {ship mend} -> exit',
        code=3,
    )
    (question,) = project.told("questions")
    assert [each["label"] for each in question["options"]] == ["[Y] Yes", "[N] No"]
    assert project("answer", "r", "ask", "N").returncode == 0
    assert project("resume", "r").returncode == 0
    assert project.walked() == ["start", "ask", "mend", "exit"]
    assert project.status("ask")["preferred_label"] == "[N] No"


EDGES = {
    "condition": ("x [weight=9]", 'y [condition="outcome=success"]', "y"),
    "weight": ("x", "y [weight=1]", "y"),
    "lexical": ("y", "x", "x"),
}


def way(project: Project, case: str) -> tuple[list[str], str]:
    one, other, _ = EDGES[case]
    project.run(
        f"{TOOL} a [tool_command=true] x [tool_command=true] y [tool_command=true]"
        f" start -> a a -> {one} a -> {other} {{x y}} -> exit"
    )
    (route,) = [
        each
        for each in project.told("events")
        if each["type"].endswith("route_decision") and each["node_id"] == "a"
    ]
    return project.walked()[2:3], route["rule"]


def test_a_matching_condition_wins_over_weight(project: Project) -> None:
    assert way(project, "condition") == (["y"], "condition")


def test_weight_decides_between_edges_without_conditions(project: Project) -> None:
    assert way(project, "weight") == (["y"], "weight")


def test_the_order_of_names_decides_what_is_left(project: Project) -> None:
    assert way(project, "lexical") == (["x"], "lexical")


def test_what_one_stage_writes_the_next_one_reads(project: Project) -> None:
    project.run(
        f'{TOOL} a [writes=colour, tool_command="echo blue"]'
        ' b [tool_command="grep -o blue $ATTRACTOR_CONTEXT_FILE | head -1 > seen"]'
        ' start -> a -> b b -> exit [condition="context.colour=blue"]'
    )
    assert (project.folder / "seen").read_text() == "blue\n"


def outcome(project: Project, run_id: str) -> str:
    lines = project("show", run_id).stdout.splitlines()
    (line,) = [line for line in lines if line.split()[0] == "outcome"]
    return line.split()[1]


def test_a_run_that_is_resumed_comes_to_the_same(project: Project) -> None:
    text = (
        f'{TOOL} a [writes=n, tool_command="echo a >> ran; echo 1"]'
        ' b [tool_command="test -e killed || { touch killed; kill -9 $PPID; sleep 60; }"]'
        ' c [writes=last, tool_command="echo c >> ran; echo 3"] start -> a -> b -> c -> exit'
    )
    (project.folder / "p.dot").write_text(f"digraph p {{ {ENDS}{text} }}")
    command = [sys.executable, "-m", "attractorc", "exec", "p.dot", "--run-id", "r"]
    command += ["--store", "runs.db", "--logs", "logs-r"]
    killed = subprocess.run(command, cwd=project.folder, capture_output=True, check=False)
    assert killed.returncode == -9
    assert [each["result"] for each in project.told("attempts")] == ["completed"] * 2 + ["running"]
    assert project("resume", "r").returncode == 0
    assert (project.folder / "ran").read_text().split() == ["a", "c"]
    project.run(text, run_id="whole")
    assert outcome(project, "r") == outcome(project, "whole")


def test_a_stylesheet_gives_nodes_of_a_shape_their_model(project: Project) -> None:
    project.run(
        'model_stylesheet="box { llm_model: large } #b { llm_model: small }"'
        " a [prompt=x, writes=one] b [prompt=y, writes=other] c [prompt=z, writes=own,"
        " llm_model=mine] start -> a -> b -> c -> exit",
        *(*AGENT, "echo {model}"),
    )
    kept = {key: project.context[key] for key in ("one", "other", "own")}
    assert kept == {"one": "large", "other": "small", "own": "mine"}


def test_the_goal_is_put_into_prompts(project: Project) -> None:
    project.run(
        'goal="Ship it" a [prompt="Plan to: $goal", writes=told] start -> a -> exit',
        *(*AGENT, "tail -1"),
    )
    assert project.context["told"] == "Plan to: Ship it"
    assert (project.logs / "a" / "prompt.md").read_text().endswith("Plan to: Ship it")


def test_branches_run_at_once_and_are_joined(project: Project) -> None:
    # Each waits for the file of the other, so neither could end alone.
    project.run(
        f'{TOOL} fan [shape=component] join [shape=tripleoctagon, merge="n: append"]'
        ' a [writes=n, timeout=30, tool_command="touch a; until test -e b; do sleep 0.05; done;'
        ' echo a"] b [writes=n, timeout=30, tool_command="touch b; until test -e a; do sleep 0.05;'
        ' done; echo b"] after [tool_command=true] start -> fan -> {a b} -> join -> after -> exit'
    )
    assert project.walked() == ["start", "fan", "join", "after", "exit"]
    assert project.context["n"] == ["a", "b"]
    assert [each["status"] for each in project.context["parallel.results"]] == ["success"] * 2


def test_a_handler_of_ones_own_is_registered_and_runs(project: Project) -> None:
    (project.folder / "own.py").write_text(
        "def double(call):\n    return {'n': call.inputs['n'] * 2}\n\n\n"
        "HANDLERS = {'numbers.double': double}\n"
    )
    project.run(
        'inputs="n: int = 21" a [type="numbers.double", writes=n] start -> a -> exit',
        *("--handlers", "own.py"),
    )
    assert project.context["n"] == 42


def test_a_pipeline_with_many_nodes_ends_well(project: Project) -> None:
    names = [f"n{number}" for number in range(24)]
    nodes = " ".join(f'{name} [tool_command="echo {name} >> ran"]' for name in names)
    project.run(f"{TOOL} {nodes} start -> {' -> '.join(names)} -> exit")
    assert (project.folder / "ran").read_text().split() == names
    assert json.loads((project.logs / "checkpoint.json").read_text())["current_node"] == "exit"
    assert Path(project.logs / "n23" / "status.json").exists()
