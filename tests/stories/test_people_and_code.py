"""What goes wrong with people, hooks and handlers of one's own: a clear record, and no orphan.

Each story is told on the command line with real processes, and ends with what its teller asks
next: what does the record say, is anything left, does the run go on?
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from .. import forked

ENDS = "start [shape=Mdiamond] exit [shape=Msquare]"
PARALLEL = "node [shape=parallelogram]"


class Folder:
    """A folder with a pipeline, and the command in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / ".attractor").mkdir()

    def pipeline(self, body: str) -> None:
        (self.path / "p.dot").write_text(f"digraph p {{ {ENDS}\n{body}\n}}\n")

    def __call__(self, *arguments: str, code: int) -> subprocess.CompletedProcess[str]:
        done = forked.run(
            [sys.executable, "-m", "attractorc", *arguments],
            cwd=self.path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in done.stderr
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def run(self, *options: str, code: int) -> subprocess.CompletedProcess[str]:
        return self("exec", "p.dot", "--run-id", "r", *options, code=code)

    def attempts(self, node: str) -> list[dict[str, Any]]:
        lines = self("attempts", "r", "--node", node, "--json", code=0).stdout.splitlines()
        return [json.loads(line) for line in lines]

    def no_orphans(self) -> None:
        """No process of the run is left, by the mark that all of them inherit."""
        until = time.monotonic() + 5
        while found := list(self._marked()):
            assert time.monotonic() < until, found
            time.sleep(0.05)

    def _marked(self) -> list[str]:
        left = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    environment = (entry / "environ").read_bytes()
                    folder = (entry / "cwd").readlink()
                except OSError:
                    continue
                if b"ATTRACTOR_ATTEMPT_ID=r:" in environment and folder == self.path:
                    left.append(entry.name)
        return left


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


GATE = """ask [shape=hexagon, label="Ship it?"]
  start -> ask
  ask -> exit [label="[Y] Yes"]
  ask -> exit [label="[N] No"]"""


def test_a_person_answers_late_twice_and_nonsense(folder: Folder) -> None:
    folder.pipeline(GATE)
    folder.run(code=3)
    nonsense = folder("answer", "r", "ask", "whatever", code=2)
    assert nonsense.stderr == "attractorc: 'whatever' is no choice of /ask.1: Y (yes), N (no)\n"
    folder("answer", "r", "ask", "n", code=0)
    twice = folder("answer", "r", "ask", "y", code=2)
    assert "has an answer already, 'N'" in twice.stderr
    folder("resume", "r", code=0)
    late = folder("answer", "r", "ask", "y", code=2)
    assert "is answered already: [N] No" in late.stderr
    assert "chosen: [N] No" in folder("questions", "r", code=0).stdout


def test_nobody_answers_in_time_and_the_default_is_taken(folder: Folder) -> None:
    defaulted = '?", timeout=200ms, "human.default_choice"="No"]'
    folder.pipeline(GATE.replace('?"]', defaulted))
    reader, writer = os.pipe()
    done = forked.run(
        [sys.executable, "-m", "attractorc", "exec", "p.dot", "--interviewer", "console"],
        cwd=folder.path,
        stdin=reader,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(writer)
    os.close(reader)
    assert done.returncode == 0, done.stderr
    assert "(after 200ms no is taken)" in done.stderr
    assert "timeout  Ship it?" in folder("questions", "last", code=0).stdout


def test_the_console_is_closed_while_a_gate_waits(folder: Folder) -> None:
    folder.pipeline(GATE)
    parked = folder.run("--interviewer", "console", code=3)
    assert "waits for an answer to /ask.1" in parked.stdout
    folder("answer", "r", "ask", "y", code=0)
    folder("resume", "r", code=0)


def test_a_queue_runs_dry(folder: Folder) -> None:
    folder.pipeline('a [shape=hexagon] b [shape=hexagon] start -> a -> b -> exit [label="[Y] Yes"]')
    (folder.path / "answers").write_text("y\n")
    done = folder.run("--interviewer", "queue:answers", code=1)
    assert "r: fail: the question of 'b' was skipped (queue: no answer is left)" in done.stdout


def test_a_hook_hangs_and_the_stages_timeout_ends_it_with_its_children(folder: Folder) -> None:
    folder.pipeline(
        'work [shape=parallelogram, tool_command="touch ran", timeout=500ms, '
        '"tool_hooks.pre"="sleep 301 & sleep 301"] start -> work -> exit'
    )
    done = folder.run(code=1)
    assert "r: fail: timed out after 500 ms" in done.stdout
    assert not (folder.path / "ran").exists()
    folder.no_orphans()


def test_a_hook_fails_before_and_after(folder: Folder) -> None:
    folder.pipeline(
        'ok [shape=parallelogram, tool_command="true", "tool_hooks.post"="echo bad >&2; exit 9"]\n'
        'no [shape=parallelogram, tool_command="touch ran", '
        '"tool_hooks.pre"="echo no >&2; exit 9"]\n'
        "start -> ok -> no -> exit"
    )
    done = folder.run(code=1)
    assert "r: fail: the call was not made: the pre hook exited with status 9: no" in done.stdout
    assert not (folder.path / "ran").exists()
    events = folder("events", "r", "--json", code=0).stdout.splitlines()
    notes = [json.loads(line).get("notes") for line in events]
    assert "Tool completed: true; the post hook exited with status 9: bad" in notes


def test_a_killed_engine_leaves_no_hook_and_the_stage_runs_again(folder: Folder) -> None:
    folder.pipeline(
        'work [shape=parallelogram, tool_command="touch ran", '
        '"tool_hooks.pre"="test -e begun || { touch begun; sleep 302; }"] start -> work -> exit'
    )
    engine = forked.Process(
        [sys.executable, "-m", "attractorc", "exec", "p.dot", "--run-id", "r"],
        cwd=folder.path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 30
    while not (folder.path / "begun").exists():
        assert time.monotonic() < until
        time.sleep(0.02)
    engine.kill()
    engine.wait()
    folder("resume", "r", code=0)
    assert (folder.path / "ran").exists()
    assert [one["result"] for one in folder.attempts("work")] == ["interrupted", "completed"]
    folder.no_orphans()


CUSTOM = {
    "raises": (
        "def work(call):\n    raise ConnectionError('the far side\\nhung up')\n",
        "ConnectionError: the far side hung up",
    ),
    "returns garbage": (
        "def work(call):\n    return object()\n",
        "the handler returned a object; an outcome, a mapping, text or None can be used",
    ),
    "returns what is no JSON": (
        "def work(call):\n    return {'x': {1, 2}}\n",
        "the handler's result cannot be used: the value of 'x': a set is not JSON",
    ),
    "ends the program": (
        "def work(call):\n    raise SystemExit('enough')\n",
        "SystemExit: enough",
    ),
    "does not end in time, in a thread": (
        "import time\ndef work(call):\n    time.sleep(30)\n",
        "timed out after 300 ms",
    ),
    "does not end in time, on the loop": (
        "import asyncio\nasync def work(call):\n    await asyncio.sleep(30)\n",
        "timed out after 300 ms",
    ),
}


@pytest.mark.parametrize(("code", "reason"), CUSTOM.values(), ids=CUSTOM)
def test_a_handler_of_ones_own(code: str, reason: str, folder: Folder) -> None:
    folder.pipeline("work [type=mine, timeout=300ms] start -> work -> exit")
    (folder.path / "h.py").write_text(f"{code}\nHANDLERS = {{'mine': work}}\n")
    begun = time.monotonic()
    done = folder.run("--handlers", "h.py", code=1)
    assert f"r: fail: {reason}" in done.stdout
    assert time.monotonic() - begun < 20
    assert [one["reason"] for one in folder.attempts("work")] == [reason]


def test_a_handler_that_blocks_the_loop_holds_the_run_up_and_breaks_nothing(
    folder: Folder,
) -> None:
    folder.pipeline(
        f"fan [shape=component] join [shape=tripleoctagon] {PARALLEL}\n"
        'other [tool_command="echo done > other"] work [type=mine, shape=box]\n'
        "start -> fan -> {work other} -> join -> exit"
    )
    (folder.path / "h.py").write_text(
        "import time\nasync def work(call):\n    time.sleep(1)\nHANDLERS = {'mine': work}\n"
    )
    folder.run("--handlers", "h.py", code=0)
    assert (folder.path / "other").read_text() == "done\n"
    folder("replay", "r", code=0)


def test_a_loser_that_ignores_its_cancellation_is_left_behind(folder: Folder) -> None:
    folder.pipeline(
        "fan [shape=component, join=first_success] join [shape=tripleoctagon]\n"
        'quick [shape=parallelogram, tool_command="sleep 0.3"] deaf [type=mine]\n'
        "start -> fan -> {quick deaf} -> join -> exit"
    )
    (folder.path / "h.py").write_text(
        "import asyncio\nasync def work(call):\n    while True:\n        try:\n"
        "            await asyncio.sleep(30)\n        except asyncio.CancelledError:\n"
        "            pass\nHANDLERS = {'mine': work}\n"
    )
    begun = time.monotonic()
    done = folder.run("--handlers", "h.py", code=0)
    assert "r: success" in done.stdout
    assert time.monotonic() - begun < 25
    assert [one["result"] for one in folder.attempts("deaf")] == ["cancelled"]


def test_a_goal_gate_is_never_satisfied(folder: Folder) -> None:
    folder.pipeline(
        "gate [shape=parallelogram, tool_command=false, goal_gate=true, retry_target=mend]\n"
        "mend [shape=parallelogram, tool_command=true, max_visits=3]\n"
        'start -> gate -> mend\n gate -> mend [condition="outcome=fail"]\n mend -> exit'
    )
    done = folder.run(code=1)
    assert "r: fail: 'mend' may be visited 3 times (max_visits)" in done.stdout


def test_a_run_starts_anew_for_ever(folder: Folder) -> None:
    folder.pipeline(
        "max_restarts=2 work [shape=parallelogram, tool_command=true]\n"
        'start -> work\n work -> exit [condition="outcome=fail"]\n'
        'work -> work [condition="outcome=success", loop_restart=true]'
    )
    done = folder.run(code=1)
    assert done.stdout.splitlines()[:3] == [
        "r: restarted as r.2",
        "r.2: restarted as r.3",
        "r.3: fail: 'work' would start the run anew, which may happen 2 times (max_restarts)",
    ]
    for run in ("r", "r.2", "r.3"):
        folder("replay", run, code=0)
