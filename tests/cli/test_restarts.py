"""`loop_restart` on the command line: one process goes on, and prints how each run ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from attractorc.commands.wishing import heard
from attractorc.interpreter.ports import ENDED
from attractorc.interpreter.stores import open_store

from .. import forked
from .inside import attractorc_inside

LOOP = """digraph loop {
  graph [max_restarts=5]
  start [shape=Mdiamond] exit [shape=Msquare]
  setup [shape=parallelogram, tool_command="echo x >> setups"]
  count [shape=parallelogram, tool_command="echo x >> n; wc -l < n", writes=lines]
  enough [shape=diamond]
  start -> setup -> count -> enough
  enough -> exit [condition="context.lines >= 3"]
  enough -> count [loop_restart=true]
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".attractor").mkdir()
    (tmp_path / "loop.dot").write_text(LOOP)
    return tmp_path


def test_exec_goes_on_with_each_new_run_and_tells_how_all_of_them_ended(project: Path) -> None:
    ran = attractorc_inside("exec", "loop.dot", "--run-id", "r", "--logs", "logs", cwd=project)
    assert ran.returncode == 0
    assert ran.stdout.splitlines()[:3] == [
        "r: restarted as r.2",
        "r.2: restarted as r.3",
        "r.3: success",
    ]
    assert "run r: starts anew at 'count' as r.2" in ran.stderr
    assert (project / "setups").read_text() == "x\n"
    manifests = [project / folder / "manifest.json" for folder in ("logs", "logs.2", "logs.3")]
    assert [json.loads(each.read_text())["run_id"] for each in manifests] == ["r", "r.2", "r.3"]


def test_runs_and_show_tell_of_the_link(project: Path) -> None:
    attractorc_inside("exec", "loop.dot", "--run-id", "r", cwd=project)
    listed = attractorc_inside("runs", cwd=project).stdout
    assert "restarted as r.2" in listed
    shown = attractorc_inside("show", "r.2", cwd=project).stdout
    assert "  follows    r\n  goes on as r.3\n" in shown
    summary = json.loads(attractorc_inside("show", "r.2", "--json", cwd=project).stdout)
    assert (summary["previous_run"], summary["next_run"]) == ("r", "r.3")


def test_the_event_stream_goes_on_over_all_runs(project: Path) -> None:
    ran = attractorc_inside("exec", "loop.dot", "--run-id", "r", "--json", cwd=project)
    runs = {json.loads(line)["run_id"]: None for line in ran.stdout.splitlines()}
    assert list(runs) == ["r", "r.2", "r.3"]
    told = [json.loads(line) for line in ran.stderr.splitlines()]
    assert [(each["run_id"], each.get("next_run")) for each in told] == [
        ("r", "r.2"),
        ("r.2", "r.3"),
        ("r.3", None),
    ]


def test_a_simulation_plays_on_over_restarts(project: Path) -> None:
    (project / "play.yaml").write_text(
        "stages:\n  count:\n    - {writes: {lines: 1}}\n    - {writes: {lines: 2}}\n"
        "    - {writes: {lines: 3}}\n"
    )
    ran = attractorc_inside("exec", "loop.dot", "--simulate", "play.yaml", cwd=project)
    assert ran.stdout.splitlines()[:3] == [
        "simulated: restarted as simulated.2",
        "simulated.2: restarted as simulated.3",
        "simulated.3: success",
    ]


def test_a_stop_before_a_new_run_begins_leaves_it_to_resume_of_the_old_name(project: Path) -> None:
    (project / "slow.dot").write_text(
        LOOP.replace("echo x >> n;", "touch here; sleep 1; echo x >> n;")
    )
    engine = forked.Process(
        [sys.executable, "-m", "attractorc", "exec", "slow.dot", "--run-id", "r"],
        cwd=project,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    until = time.monotonic() + 20
    while not (project / "here").exists():
        assert time.monotonic() < until
        time.sleep(0.02)
    engine.send_signal(signal.SIGINT)
    printed, _ = engine.communicate(timeout=20)
    assert engine.returncode == 130
    assert printed.splitlines()[0].startswith("r: stopped")
    gone_on = attractorc_inside("resume", "r", cwd=project)
    assert gone_on.returncode == 0
    assert "r.3: success" in gone_on.stdout
    assert attractorc_inside("resume", "r", cwd=project).returncode == 4


GATE = LOOP.replace(
    'enough -> exit [condition="context.lines >= 3"]',
    'enough -> ask [condition="context.lines >= 2"]\n  ask [shape=hexagon, label="Done?"]\n'
    '  ask -> exit [label="[Y] Yes"]',
)


def test_an_answer_to_the_old_name_reaches_the_run_that_goes_on(project: Path) -> None:
    (project / "gate.dot").write_text(GATE)
    ran = attractorc_inside("exec", "gate.dot", "--run-id", "r", cwd=project, stdin="")
    assert ran.returncode == 3
    assert attractorc_inside("answer", "r", "ask", "yes", cwd=project).returncode == 0
    gone_on = attractorc_inside("resume", "r", cwd=project)
    assert "r.2: success" in gone_on.stdout


def test_a_cancel_of_the_old_name_ends_the_run_that_goes_on(project: Path) -> None:
    (project / "gate.dot").write_text(GATE)
    attractorc_inside("exec", "gate.dot", "--run-id", "r", cwd=project, stdin="")
    assert "r.2: cancelled\n" in attractorc_inside("cancel", "r", cwd=project).stdout
    again = attractorc_inside("cancel", "r", cwd=project)
    assert (again.returncode, again.stderr.splitlines()[-1]) == (
        2,
        "attractorc: the run 'r.2' has ended (cancelled)",
    )


@pytest.mark.parametrize("command", ["cancel", "pause"])
def test_a_wish_that_a_run_did_not_hear_before_it_started_anew_reaches_the_next_one(
    project: Path, command: str
) -> None:
    """The old run ends between the wish and its engine's next look at what is wished."""
    attractorc_inside("exec", "loop.dot", "--run-id", "r", cwd=project)
    store = open_store(str(project / ".attractor" / "runs.db"))
    store.update_run("r.3", "running", "2026-01-01T00:00:00.000Z")
    store.commit()
    assert heard(store, "r", command, None, ("stopped", *ENDED), 0.2) == ("r.3", None)
    assert [one.command for one in store.controls("r.3")] == [command]
    store.close()
