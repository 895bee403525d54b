"""Agents as real programs, an engine that is killed, and what they are told after the resume."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from .. import forked

# Keeps what it is told under its branch, stage and turn, and waits for ever where it is told to.
AGENT = """
import os, pathlib, sys, time

told = sys.stdin.read()
name = os.environ["ATTRACTOR_NODE_ID"]
folder = pathlib.Path("told")
folder.mkdir(exist_ok=True)
turn = len(list(folder.glob(f"{name}.*")))
(folder / f"{name}.{turn}").write_text(told)
while pathlib.Path(f"hold.{name}").exists():
    time.sleep(0.02)
print(f"{name} says {turn}")
"""
PIPELINE = """
digraph p {
  default_fidelity=full; thread_id=shared; goal="Ship it"
  start [shape=Mdiamond] exit [shape=Msquare]
  fan [shape=component] join [shape=tripleoctagon]
  plan [prompt="Plan"]; a1 [prompt="A one"]; a2 [prompt="A two"]; a3 [prompt="A three"]
  b1 [prompt="B one"]; b2 [prompt="B two"]; ship [prompt="Ship"]; after [prompt="After"]
  start -> plan -> fan -> {a1 b1}
  a1 -> a2 -> a3 -> join
  b1 -> b2 -> join -> ship -> after -> exit
}
"""


def attractorc(folder: Path, *arguments: str) -> str:
    done = forked.run(
        [sys.executable, "-m", "attractorc", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def until(folder: Path, *names: str) -> None:
    end = time.monotonic() + 60
    while not all((folder / "told" / name).exists() for name in names):
        assert time.monotonic() < end, "the agents never got so far"
        time.sleep(0.02)


def records(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in attractorc(folder, "events", "r", "--json").splitlines()]


def test_after_a_kill_each_branch_is_degraded_once_and_goes_on_in_full(tmp_path: Path) -> None:
    (tmp_path / "p.dot").write_text(PIPELINE)
    (tmp_path / "agent.py").write_text(AGENT)
    for name in ("a2", "b2"):
        (tmp_path / f"hold.{name}").touch()
    agent = f"{sys.executable} agent.py"
    engine = forked.Process(
        [
            *(sys.executable, "-m", "attractorc", "exec", "p.dot", "--run-id", "r"),
            *("--backend", "command", "--agent-command", agent),
        ],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until(tmp_path, "a2.0", "b2.0")
    os.kill(engine.pid, signal.SIGKILL)
    engine.wait(timeout=30)
    for name in ("a2", "b2"):
        (tmp_path / f"hold.{name}").unlink()
    attractorc(tmp_path, "resume", "r")

    starts = [
        (one.get("path", ""), one["node_id"], one["fidelity"], one.get("degraded_from"))
        for one in records(tmp_path)
        if one.get("kind") == "started" and one.get("handler") == "agent"
    ]
    resumed = {start for start in starts if start[1] in ("a2", "a3", "b2", "ship", "after")}
    assert resumed >= {
        ("/fan.1/a1", "a2", "summary:high", "full"),
        ("/fan.1/a1", "a3", "full", None),
        ("/fan.1/b1", "b2", "summary:high", "full"),
        ("", "ship", "summary:high", "full"),
        ("", "after", "full", None),
    }

    def told(name: str) -> str:
        return (tmp_path / "told" / name).read_text()

    assert "### You answered\n\na1 says 0" in told("a2.0"), "before the kill: the conversation"
    assert told("a2.1").startswith("## The run so far\n"), "after it: a summary"
    assert "- a1: success: a1 says 0" in told("a2.1")
    assert "### You answered\n\na2 says 1" in told("a3.0"), "then the conversation again"
    assert "a1 says 0" in told("a3.0"), "which began with the summary"
    assert "### You answered\n\nplan says 0" not in told("ship.0")
    assert "### You answered\n\nship says 0" in told("after.0")
    for sibling, name in (("b1 says", "a2.0"), ("b1 says", "a3.0"), ("a1 says", "b2.1")):
        assert sibling not in told(name)
    assert attractorc(tmp_path, "replay", "r").strip()

    shown = attractorc(tmp_path, "export", "r", "out")
    assert (tmp_path / "out" / "a3" / "prompt.md").read_text() == told("a3.0"), shown
    assert not list((tmp_path / "out").rglob("turn.md"))
