"""Process groups: who a process is, whether its group still lives, and how it is ended.

Apart from running programs, because a resume ends groups that an earlier engine left
behind and has no pipes to them. A process id alone is never trusted: the kernel gives it
to a stranger later. It must not know handlers, stages or outcomes.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..ports import Process

MARK = "ATTRACTOR_ATTEMPT_ID"
"""The environment variable that all processes of an attempt inherit."""

GRACE_S = 0.5
"""What a process that is ended is given to do it by itself: less than a second, so that
nothing of a branch is left a second after it was not needed any more."""

_LINUX: bool = sys.platform == "linux"
_PROC = Path("/proc")
_REAPED_S = 1.0


@dataclass(frozen=True, slots=True)
class _Stat:
    """What `/proc/<pid>/stat` says; `ticks` is the start time since the machine's boot."""

    dead: bool
    group: int
    ticks: str


def started_of(pid: int) -> str | None:
    """When a process started, None if there is none. Opaque; equal only for the same process.

    On Linux the text also names the boot and the process namespace, since ticks and ids
    begin again in another one.
    """
    if _LINUX:
        stat = _stat(pid)
        return f"{stat.ticks}:{_boot()}" if stat is not None else None
    answer = subprocess.run(  # noqa: S603 -- no shell, and the only variable is a number
        ("ps", "-o", "lstart=", "-p", str(pid)),  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
    )
    return answer.stdout.strip() or None


@cache
def _boot() -> str:
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot}:{(_PROC / 'self/ns/pid').readlink()}"
    except OSError:
        return ""


def _stat(pid: int) -> _Stat | None:
    try:
        with open(f"/proc/{pid}/stat", "rb", buffering=0) as file:  # noqa: PTH123 - for each process
            text = file.read()
    except OSError:
        return None
    # The program's name, in parentheses, may itself hold spaces and parentheses.
    fields = text[text.rfind(b")") + 2 :].split()
    if len(fields) < 20:
        return None
    # A zombie whose threads still run is not dead: only its first thread has ended.
    dead = fields[0] in (b"Z", b"X", b"x") and int(fields[17]) <= 1
    return _Stat(dead, int(fields[2]), fields[19].decode("ascii"))


def _members(group: int) -> list[int]:
    found = []
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            stat = _stat(int(entry.name))
            if stat is not None and stat.group == group and not stat.dead:
                found.append(int(entry.name))
    return found


def group_alive(group: int) -> bool:
    """Whether a process of the group still runs. Zombies do not count where we can tell."""
    if not _signal(group, 0):
        return False
    return not _LINUX or bool(_members(group))


def _signal(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


async def end_group(group: int, grace_s: float) -> None:
    """End a group that is known to be ours: SIGTERM, `grace_s` seconds, SIGKILL.

    Returns at once if nothing of it runs. Cancelled, it sends SIGKILL without waiting.
    """
    if not group_alive(group):
        return
    _signal(group, signal.SIGTERM)
    try:
        gone = await _gone(group, grace_s)
    except asyncio.CancelledError:
        _signal(group, signal.SIGKILL)
        raise
    if not gone:
        _signal(group, signal.SIGKILL)
        await _gone(group, _REAPED_S)


async def _gone(group: int, limit_s: float) -> bool:
    end = time.monotonic() + limit_s
    pause_s = 0.002
    while group_alive(group):
        left_s = end - time.monotonic()
        if left_s <= 0:
            return False
        await asyncio.sleep(min(pause_s, left_s))
        pause_s = min(pause_s * 2, 0.1)
    return True


async def end_leftover(process: Process, grace_s: float = GRACE_S, attempt_id: str = "") -> bool:
    """End what an earlier engine's process left running; whether there was anything to end.

    Only what is certainly its own: the leader with the same start time, or, when the leader
    is gone, a group of the same id whose members carry the attempt's mark in their
    environment (Linux only; with `attempt_id` that very attempt, else any).
    """
    if not _is_left_over(process, attempt_id):
        return False
    await end_group(process.pid, grace_s)
    return True


def _is_left_over(process: Process, attempt_id: str) -> bool:
    if process.pid <= 1 or process.pid == os.getpgrp() or not process.started:
        return False
    started = started_of(process.pid)
    if started is not None:
        # Another process under this id: ours, and with it its whole group, is long gone.
        return started == process.started and group_alive(process.pid)
    if not _LINUX or process.started.partition(":")[2] != _boot():
        return False
    members = _members(process.pid)
    return bool(members) and all(_marked(member, attempt_id) for member in members)


def _marked(pid: int, attempt_id: str) -> bool:
    try:
        environment = (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return False
    mark = os.fsencode(f"{MARK}={attempt_id}")
    if attempt_id:
        return mark in environment
    return any(entry.startswith(mark) for entry in environment)
