"""Control from another terminal: pause, cancel, answer, with real engines and real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from attractorc.interpreter.driver.journal import read
from attractorc.interpreter.driver.replay import replay
from attractorc.interpreter.records import (
    InterviewLifecycle,
    ParallelLifecycle,
    RunLifecycle,
    StageLifecycle,
)
from attractorc.interpreter.stores.opening import open_store

from .. import forked

SLOW = """digraph g {
  start [shape=Mdiamond] exit [shape=Msquare]
  node [shape=parallelogram]
  f [shape=component]
  j [shape=tripleoctagon]
  quick [tool_command="echo quick >> ran"]
  slow [tool_command="echo $$ >> pids; echo slow >> ran; SLEEP"]
  after [tool_command="echo after >> ran"]
  start -> f -> {quick slow} -> j -> after -> exit
}"""
GATE = """digraph g {
  start [shape=Mdiamond] exit [shape=Msquare]
  f [shape=component] j [shape=tripleoctagon]
  work [shape=parallelogram, tool_command="echo work >> ran"]
  gate [shape=hexagon, label="Go?"]
  start -> f -> {work gate}
  gate -> j [label="[Y] Yes"]
  work -> j -> exit
}"""


WAITS = "while test ! -e go; do sleep 0.05; done"


def attractorc(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return forked.Process(
        [sys.executable, "-m", "attractorc", *arguments, "--store", "runs.db"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def said(folder: Path, *arguments: str) -> tuple[int, str]:
    process = attractorc(folder, *arguments)
    out, err = process.communicate(timeout=60)
    return process.returncode, out + err


def until(holds: Callable[[], bool], seconds: float = 20) -> None:
    limit = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < limit
        time.sleep(0.02)


def started(folder: Path, text: str, wait_for: str) -> subprocess.Popen[str]:
    """An engine that runs `text`, once the file `wait_for` is there."""
    (folder / "p.dot").write_text(text)
    process = attractorc(folder, "exec", "p.dot", "--run-id", "r", "--interviewer", "park")
    until(lambda: (folder / wait_for).exists())
    return process


def records(folder: Path) -> list[object]:
    store = open_store(str(folder / "runs.db"))
    found: list[object] = [record for record, _turn in read(store, "r")]
    assert replay(store, "r").difference is None
    store.close()
    return found


def lifecycle(folder: Path) -> list[tuple[str, str | None]]:
    return [(r.kind, r.reason) for r in records(folder) if isinstance(r, RunLifecycle)]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_pause_lets_what_runs_end_and_resume_goes_on(tmp_path: Path) -> None:
    engine = started(tmp_path, SLOW.replace("SLEEP", WAITS), "pids")
    code, told = said(tmp_path, "pause", "r", "--reason", "lunch", "--wait", "0")
    assert (code, told) == (0, "r: will stop when its running attempts have ended\n")
    time.sleep(1.5)  # several looks at what is wanted
    (tmp_path / "go").touch()
    engine.communicate(timeout=30)
    assert engine.returncode == 130
    assert lifecycle(tmp_path)[-1] == ("stopped", "a pause was asked for: lunch")
    assert sorted((tmp_path / "ran").read_text().split()) == ["quick", "slow"]
    code, _ = said(tmp_path, "resume", "r")
    assert code == 0, "the pause that was obeyed does not stop the run again"
    assert sorted((tmp_path / "ran").read_text().split()) == ["after", "quick", "slow"]


def test_cancel_ends_what_runs_and_the_run_for_good(tmp_path: Path) -> None:
    engine = started(tmp_path, SLOW.replace("SLEEP", "sleep 60 & wait"), "pids")
    pid = int((tmp_path / "pids").read_text())
    code, told = said(tmp_path, "cancel", "r")
    assert (code, told) == (0, "r: cancelled\n")
    engine.communicate(timeout=30)
    assert engine.returncode == 1
    assert not alive(pid)
    found = records(tmp_path)
    branches = [r for r in found if isinstance(r, ParallelLifecycle) and r.branch_id]
    ends = {r.branch_id: r.status for r in branches if r.status and r.kind != "branch_arrived"}
    assert ends == {"quick": "success", "slow": "cancelled"}
    assert [r.kind for r in found if isinstance(r, StageLifecycle) and r.node_id == "slow"] == [
        "started",
        "process_started",
        "cancelled",
    ]
    assert (tmp_path / "ran").read_text().split().count("after") == 0
    code, told = said(tmp_path, "resume", "r")
    assert (code, "has ended (cancelled)" in told) == (4, True)


def test_cancel_of_a_parked_run_withdraws_its_question(tmp_path: Path) -> None:
    engine = started(tmp_path, GATE, "ran")
    engine.communicate(timeout=30)
    assert engine.returncode == 3
    assert said(tmp_path, "cancel", "r", "--reason", "stale") == (0, "r: cancelled\n")
    assert lifecycle(tmp_path)[-2:] == [
        ("cancelling", "a cancel was asked for: stale"),
        ("cancelled", "a cancel was asked for: stale"),
    ]
    asked = [r.kind for r in records(tmp_path) if isinstance(r, InterviewLifecycle)]
    assert asked == ["started", "withdrawn"]
    assert (
        said(tmp_path, "questions", "r")[1] == "no questions\n"
        or "withdrawn" in said(tmp_path, "questions", "r")[1]
    )


def test_cancel_of_a_run_whose_engine_died_ends_what_it_left_running(tmp_path: Path) -> None:
    engine = started(tmp_path, SLOW.replace("SLEEP", "sleep 60"), "pids")
    pid = int((tmp_path / "pids").read_text())
    until(lambda: any(getattr(r, "kind", "") == "process_started" for r in records(tmp_path)))
    os.kill(engine.pid, signal.SIGKILL)
    engine.communicate(timeout=30)
    assert alive(pid)
    assert said(tmp_path, "cancel", "r") == (0, "r: cancelled\n")
    until(lambda: not alive(pid))


REFUSED = {
    "pause a run that nobody runs": ("pause", "parked", "nobody runs 'r' now (parked)"),
    "pause a run that has ended": ("pause", "success", "the run 'r' has ended (success)"),
    "cancel a run that has ended": ("cancel", "success", "the run 'r' has ended (success)"),
}


@pytest.mark.parametrize(("command", "state", "told"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_wished_is_said(command: str, state: str, told: str, tmp_path: Path) -> None:
    engine = started(tmp_path, GATE, "ran")
    engine.communicate(timeout=30)
    if state == "success":
        said(tmp_path, "answer", "r", "gate", "yes")
        assert said(tmp_path, "resume", "r")[0] == 0
    code, words = said(tmp_path, command, "r")
    assert code == 2
    assert told in words
    assert len(words.splitlines()) == 1


def test_a_pause_that_came_too_late_does_not_stop_the_next_resume(tmp_path: Path) -> None:
    engine = started(tmp_path, GATE, "ran")
    engine.communicate(timeout=30)
    store = open_store(str(tmp_path / "runs.db"))
    store.post("r", "pause", {}, "2026-01-01T00:00:00.000Z")
    store.commit()
    store.close()
    said(tmp_path, "answer", "r", "gate", "yes")
    assert said(tmp_path, "resume", "r")[0] == 0


def test_an_answer_reaches_an_engine_that_still_runs(tmp_path: Path) -> None:
    text = GATE.replace("echo work >> ran", f"echo work >> ran; {WAITS}")
    engine = started(tmp_path, text, "ran")
    until(lambda: any(isinstance(r, InterviewLifecycle) for r in records(tmp_path)))
    code, told = said(tmp_path, "answer", "r", "gate", "yes")
    assert (code, told.partition("; ")[2]) == (0, "the run is at work, and takes it\n")
    until(
        lambda: any(
            isinstance(r, InterviewLifecycle) and r.kind == "completed" for r in records(tmp_path)
        )
    )
    (tmp_path / "go").touch()
    engine.communicate(timeout=30)
    assert engine.returncode == 0, "it never had to park"
