"""What an earlier engine left running: ended if it is certainly ours, else left alone."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from attractorc.interpreter.handlers import process_groups
from attractorc.interpreter.handlers.process_groups import end_leftover, group_alive, started_of
from attractorc.interpreter.ports import Process

GRACE_S = 0.3
STUBBORN = "trap '' TERM; echo ready; while :; do sleep 0.05; done"
needs_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="only Linux shows other processes in /proc"
)


def orphan(script: str, mark: str = "run-1:/unit.1@1") -> subprocess.Popen[bytes]:
    """A process as an engine that died would have left it, but still our child."""
    environment = {**os.environ, "ATTRACTOR_ATTEMPT_ID": mark}
    return subprocess.Popen(
        ("sh", "-c", script), env=environment, stdout=subprocess.PIPE, start_new_session=True
    )


def first_line(popen: subprocess.Popen[bytes]) -> None:
    assert popen.stdout is not None
    popen.stdout.readline()


def buried(popen: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(popen.pid, signal.SIGKILL)
    popen.wait()
    assert popen.stdout is not None
    popen.stdout.close()


def test_a_leader_with_its_group_is_ended() -> None:
    left = orphan("sleep 60 & echo up; wait")
    first_line(left)
    process = Process(left.pid, str(started_of(left.pid)))
    assert asyncio.run(end_leftover(process, GRACE_S))
    assert not group_alive(left.pid)
    assert not asyncio.run(end_leftover(process, GRACE_S))
    buried(left)


def test_a_stubborn_one_is_killed() -> None:
    left = orphan(STUBBORN)
    first_line(left)
    process = Process(left.pid, str(started_of(left.pid)))
    assert asyncio.run(end_leftover(process, GRACE_S))
    assert not group_alive(left.pid)
    buried(left)


def test_a_process_that_was_given_the_same_id_later_is_spared() -> None:
    stranger = orphan("echo up; sleep 60")
    first_line(stranger)
    for other in ("1:other", "", str(started_of(os.getpid()))):
        assert not asyncio.run(end_leftover(Process(stranger.pid, other), GRACE_S))
    assert stranger.poll() is None
    buried(stranger)


def test_this_engine_never_ends_itself() -> None:
    for pid in (0, 1, -1, os.getpgrp()):
        process = Process(pid, str(started_of(pid)))
        assert not asyncio.run(end_leftover(process, GRACE_S))


def test_a_process_that_is_gone_is_no_work() -> None:
    gone = orphan("echo up")
    first_line(gone)
    process = Process(gone.pid, str(started_of(gone.pid)))
    buried(gone)
    assert started_of(gone.pid) is None
    assert not asyncio.run(end_leftover(process, GRACE_S))


@needs_proc
@pytest.mark.parametrize(
    ("mark", "attempt_id", "ended"),
    [
        pytest.param("run-1:/unit.1@1", "run-1:/unit.1@1", True, id="the attempt's own"),
        pytest.param("run-1:/unit.1@1", "", True, id="any attempt's, if none is named"),
        pytest.param("run-2:/unit.1@1", "run-1:/unit.1@1", False, id="another attempt's"),
    ],
)
def test_members_without_a_leader_are_ended_if_they_carry_the_mark(
    mark: str, attempt_id: str, ended: bool
) -> None:
    left = orphan("sleep 60 >/dev/null & echo up", mark)
    first_line(left)
    process = Process(left.pid, str(started_of(left.pid)))
    left.wait()
    assert group_alive(left.pid)
    assert asyncio.run(end_leftover(process, GRACE_S, attempt_id)) is ended
    assert group_alive(left.pid) is not ended
    buried(left)


@needs_proc
def test_members_without_a_mark_are_spared() -> None:
    left = orphan("env -u ATTRACTOR_ATTEMPT_ID sleep 60 >/dev/null & sleep 0.05; echo up")
    first_line(left)
    process = Process(left.pid, str(started_of(left.pid)))
    left.wait()
    assert not asyncio.run(end_leftover(process, GRACE_S))
    assert group_alive(left.pid)
    buried(left)


@needs_proc
def test_members_of_another_boot_are_spared() -> None:
    left = orphan("sleep 60 >/dev/null & echo up")
    first_line(left)
    ticks = str(started_of(left.pid)).split(":")[0]
    left.wait()
    assert not asyncio.run(end_leftover(Process(left.pid, f"{ticks}:other"), GRACE_S))
    assert group_alive(left.pid)
    buried(left)


def test_start_times_are_read_without_proc_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_groups, "_LINUX", False)
    left = orphan("echo up; exec sleep 60")
    first_line(left)
    process = Process(left.pid, str(started_of(left.pid)))
    assert process.started
    assert process.started == started_of(left.pid)
    reaper = threading.Thread(target=left.wait)
    reaper.start()
    assert asyncio.run(end_leftover(process, GRACE_S))
    reaper.join()
    assert started_of(left.pid) is None
    buried(left)
