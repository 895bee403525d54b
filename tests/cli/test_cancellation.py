"""Cancelled branches as real processes: all of them are gone, within a second, and it shows."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from attractorc.interpreter.handlers.process_groups import GRACE_S
from attractorc.interpreter.records.times import millis

from .. import forked

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="only Linux shows other processes in /proc"
)

TREE = """
import os, signal, sys, time

if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)

def here(name):
    with open(name + ".part", "w") as file:
        file.write(str(os.getpid()))
    os.rename(name + ".part", name + ".pid")

def stay():
    while True:
        time.sleep(0.05)

here("leader")
if os.fork() == 0:
    here("child")
    if os.fork() == 0:
        here("grandchild")
    stay()
middle = os.fork()
if middle == 0:
    if os.fork() == 0:
        here("orphan")
        stay()
    os._exit(0)
os.waitpid(middle, 0)
stay()
"""
PROCESSES = ("leader", "child", "grandchild", "orphan")
AWAIT = " && ".join(f"until test -e {name}.pid; do sleep 0.01; done" for name in PROCESSES)
LIMIT_S = 1.0


def pipeline(folder: Path, *arguments: str) -> None:
    (folder / "tree.py").write_text(TREE)
    command = " ".join([sys.executable, "tree.py", *arguments])
    (folder / "p.dot").write_text(
        "digraph g { start [shape=Mdiamond] exit [shape=Msquare]\n"
        "fan [shape=component, join=first_success, decide=arrival]\n"
        f'slow [shape=parallelogram, tool_command="{command}"]\n'
        f'fast [shape=parallelogram, tool_command="{AWAIT}"]\n'
        "meet [shape=tripleoctagon]\n"
        "start -> fan -> {slow fast} -> meet -> exit }\n"
    )


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2]
    except OSError:
        return False
    return not state.startswith(("Z", "X"))


def watched(folder: Path) -> float:
    """Run to the end; when one of the branch's processes was last seen, by the wall clock."""
    process = forked.Process(
        [sys.executable, "-m", "attractorc", "exec", "p.dot", "--store", "s.db", "--run-id", "r1"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    files = [folder / f"{name}.pid" for name in PROCESSES]
    end = time.monotonic() + 60
    while not all(file.exists() for file in files):
        assert time.monotonic() < end
        time.sleep(0.005)
    pids = [int(file.read_text()) for file in files]
    assert all(map(alive, pids)) or process.poll() is None
    seen = time.time()
    while process.poll() is None or any(map(alive, pids)):
        assert time.monotonic() < end
        if any(map(alive, pids)):
            seen = time.time()
        time.sleep(0.002)
    assert process.returncode == 0
    return seen


def events(folder: Path) -> list[dict[str, Any]]:
    done = forked.run(
        [sys.executable, "-m", "attractorc", "events", "r1", "--store", "s.db", "--json"],
        cwd=folder,
        capture_output=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


@needs_proc
@pytest.mark.parametrize("arguments", [(), ("stubborn",)], ids=["polite", "deaf to SIGTERM"])
def test_all_processes_of_a_cancelled_branch_are_gone_within_a_second(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    pipeline(tmp_path, *arguments)
    seen_ms = watched(tmp_path) * 1000
    records = events(tmp_path)
    (decided,) = (one for one in records if one.get("kind") == "join_decided")
    (left,) = (one for one in records if one.get("branch_count") and one["kind"] == "completed")
    decided_ms, left_ms = millis(decided["timestamp"]), millis(left["timestamp"])
    assert seen_ms - decided_ms < LIMIT_S * 1000
    assert left_ms - decided_ms < LIMIT_S * 1000
    assert seen_ms <= left_ms + 5, "control left while a process of the branch still ran"
    if arguments:
        assert left_ms - decided_ms >= GRACE_S * 1000, "it was given time to end by itself"
    (record,) = (one for one in records if one.get("kind") == "branch_cancelled")
    assert record["terminal_stage"] == "/fan.1/slow/slow.1"
    assert record["reason"] == "'slow' was at attempt 1"


def test_nothing_is_given_longer_than_the_second() -> None:
    assert GRACE_S <= LIMIT_S * 0.6
