"""The specification's integration smoke test (11.13): its pipeline, its six checks.

Whom it calls a real model is here a program, an endpoint on a real socket, or a function of the
host; with ATTRACTORC_SMOKE=claude (or another preset's name) a real agent is asked as well.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import attractorc
from attractorc.interpreter.outcome import Outcome, Status

from ..agents.endpoint import serving, streams
from .project import Project, compiled

PIPELINE = """digraph test_pipeline {
  graph [goal="Create a hello world Python script"]

  start     [shape=Mdiamond]
  plan      [shape=box, prompt="Plan how to create a hello world script for: $goal"]
  implement [shape=box, prompt="Write the code based on the plan", goal_gate=true]
  review    [shape=box, prompt="Review the code for correctness"]
  done      [shape=Msquare]

  start -> plan
  plan -> implement
  implement -> review [condition="outcome=success"]
  implement -> plan   [condition="outcome=fail", label="Retry"]
  review -> done      [condition="outcome=success"]
  review -> implement [condition="outcome=fail", label="Fix"]
}
"""
STAGES = ("plan", "implement", "review")
AGENT = """import os, pathlib, subprocess, sys

prompt, node, script = sys.stdin.read(), os.environ["ATTRACTOR_NODE_ID"], pathlib.Path("hello.py")
if node == "plan":
    print("Print one line.", prompt.count("Create a hello world Python script"))
elif node == "implement":
    tries = pathlib.Path("tries")
    tries.write_text(tries.read_text() + "x" if tries.exists() else "x")
    script.write_text("print('hello world')" if len(tries.read_text()) > 1 else "print('hello")
    print("Written.")
else:
    ran = subprocess.run([sys.executable, script], capture_output=True, text=True)
    print(ran.stdout or ran.stderr)
    sys.exit(ran.stdout != "hello world\\n")
"""


@pytest.fixture
def agent(project: Project) -> tuple[str, ...]:
    """A program that writes a script, wrongly at first, and runs what was written."""
    (project.folder / "agent.py").write_text(AGENT)
    line = f"'{sys.executable}' '{project.folder / 'agent.py'}'"
    return ("--backend", "command", "--agent-command", line)


def test_it_is_read_with_five_nodes_and_six_edges_and_no_error() -> None:
    read = compiled(PIPELINE)
    assert read.graph is not None
    assert (len(read.graph.nodes), len(read.graph.edges)) == (5, 6)
    assert read.plan is not None
    assert read.plan.goal == "Create a hello world Python script"
    assert [found for found in read.diagnostics if found.severity.value == "error"] == []


def verify(project: Project) -> None:
    """The fourth, fifth and sixth check."""
    for node in STAGES:
        for name in ("prompt.md", "response.md", "status.json"):
            assert (project.logs / node / name).stat().st_size > 0, (node, name)
    assert project.status("implement")["outcome"] == "success", "the goal gate holds"
    checkpoint = project.checkpoint
    assert checkpoint["current_node"] == "done"
    assert {*STAGES} <= {*checkpoint["completed_nodes"]}


def test_a_program_that_writes_and_reviews_comes_to_success(
    project: Project, agent: tuple[str, ...]
) -> None:
    done = project.run(PIPELINE, *agent)
    assert done.stdout.startswith("r: success\n")
    verify(project)
    assert project.walked() == [
        *("start", "plan", "implement", "review", "implement", "review", "done")
    ], "the first review finds the mistake"
    told = (project.logs / "plan" / "response.md").read_text()
    assert told.startswith("Print one line.")
    assert not told.startswith("Print one line. 0"), "the goal stands in the prompt"
    by_hand = subprocess.run(
        [sys.executable, project.folder / "hello.py"], capture_output=True, text=True, check=True
    )
    assert by_hand.stdout == "hello world\n"


@contextlib.contextmanager
def endpoint() -> Iterator[None]:
    """An endpoint that answers three times, for whoever looks for one in the environment."""
    answers = [streams("One line."), streams("print('hello world')"), streams("It is ", "right.")]
    with serving(*answers) as served, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_BASE_URL", served.url)
        patch.setenv("OPENAI_API_KEY", "sk-of-nobody-4711")
        yield


def test_an_endpoint_that_streams_comes_to_success(project: Project) -> None:
    with endpoint():
        done = project.run(
            PIPELINE.replace('Python script"]', 'Python script", llm_model=m]'),
            *("--backend", "openai"),
        )
    assert done.stdout.startswith("r: success\n")
    verify(project)
    assert (project.logs / "review" / "response.md").read_text() == "It is right."
    asked = {each["node_id"]: each["agent"].get("backend") for each in project.told("attempts")}
    assert [asked[node] for node in STAGES] == ["openai"] * 3


def test_a_function_of_the_host_comes_to_success(tmp_path: Path) -> None:
    asked: list[tuple[str, str]] = []

    class Model:
        async def run(self, call: object) -> Outcome:
            step, prompt = call.step, call.prompt  # type: ignore[attr-defined]
            asked.append((step.id, prompt))
            answer = f"Answer of {step.id}"
            return Outcome(
                Status.SUCCESS,
                context_updates={"last_response": answer},
                artifacts={"prompt.md": prompt.encode(), "response.md": answer.encode()},
            )

    plan = compiled(PIPELINE).plan
    assert plan is not None
    ran = attractorc.run(
        plan, handlers={"agent": Model()}, store=str(tmp_path / "runs.db"), run_id="r"
    )
    assert ran.status == "success"
    assert [node for node, _ in asked] == [*STAGES]
    project = Project(tmp_path)
    assert project("export", "r", str(project.logs)).returncode == 0
    verify(project)


@pytest.mark.skipif("ATTRACTORC_SMOKE" not in os.environ, reason="needs a real agent's program")
@pytest.mark.timeout(1800)
def test_a_real_agent_comes_to_success(project: Project) -> None:
    done = project.run(PIPELINE, "--backend", os.environ["ATTRACTORC_SMOKE"])
    assert done.stdout.startswith("r: success\n")
    verify(project)
