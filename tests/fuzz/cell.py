"""One input judged in a process of its own, which may use so much time and memory.

The process is a copy of this one (`fork`), so it starts at once and takes nothing with it
when it is killed. Bounds are of processor time, so that a busy machine is no failure.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from attractorc.compiler.driver import Compiled

from .laws import broken_laws, compiled


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most that one input may cost: seconds of processor time, mebibytes of memory."""

    seconds: float
    mebibytes: int


SMALL_SIZE = 100_000
SMALL_BOUNDS = Bounds(seconds=4, mebibytes=512)
LARGE_BOUNDS = Bounds(seconds=60, mebibytes=2048)

_MEASURED_FACTOR = 4
"""The laws compile again and print: that is not what is bounded, but must end too."""


def bounds_for(size: int) -> Bounds:
    """The bounds of an input of so many bytes; the large ones hold for any size."""
    return SMALL_BOUNDS if size <= SMALL_SIZE else LARGE_BOUNDS


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an input: its cost in seconds and mebibytes, and every fault, in words."""

    seconds: float
    mebibytes: int
    outcome: str
    faults: tuple[str, ...]


Compile = Callable[[bytes, str], Compiled]


def judged(
    data: bytes, name: str, compile_it: Compile = compiled, bounds: Bounds | None = None
) -> Verdict:
    """Compile an input in a process of its own and hold it to the laws and to its bounds."""
    bounds = bounds or bounds_for(len(data))
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _live(data, name, bounds, compile_it, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        report = pipe.read()
    _, status, usage = os.wait4(child, 0)
    spent = usage.ru_utime + usage.ru_stime
    peak = usage.ru_maxrss // (1 if sys.platform == "linux" else 1024) // 1024
    # What it says is the seconds of the compilation, then the report.
    first, _, rest = report.partition(b"\n")
    if not rest:
        fault = _death(status, spent, bounds)
        if first:
            fault = f"compiled in {float(first):.1f} s, but printed and rewritten {fault}"
        return Verdict(float(first or spent), peak, "killed", (fault,))
    told = json.loads(rest)
    faults = tuple(told["faults"])
    seconds = float(first or spent)
    if seconds > bounds.seconds:
        faults += (f"it takes {seconds:.1f} s; {bounds.seconds:g} s are allowed",)
    return Verdict(seconds, peak, told["outcome"], faults)


def _death(status: int, spent: float, bounds: Bounds) -> str:
    if os.WIFSIGNALED(status):
        killer = signal.Signals(os.WTERMSIG(status))
        if killer in (signal.SIGXCPU, signal.SIGKILL, signal.SIGALRM):
            return f"it takes more than {spent:.1f} s; {bounds.seconds:g} s are allowed"
        return f"the interpreter died of {killer.name}"
    return f"the process ended with {os.waitstatus_to_exitcode(status)} and said nothing"


def _live(data: bytes, name: str, bounds: Bounds, compile_it: Compile, writing: int) -> None:
    """The whole life of the child; it ends here, whatever happens."""
    report: dict[str, object] = {
        "outcome": "raised",
        "faults": [f"it needs more than {bounds.mebibytes} MiB"],
    }
    try:
        room = bounds.mebibytes << 20
        resource.setrlimit(resource.RLIMIT_AS, (room, room))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        seconds = max(1, int(bounds.seconds * _MEASURED_FACTOR))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        signal.alarm(seconds * 10)
        report = _report(data, name, bounds, compile_it, writing)
    except MemoryError:
        pass
    except BaseException as error:
        report["faults"] = [f"the fuzzer itself: {error!r}"]
    finally:
        # Not even a want of memory while telling of it may lead back into the hunt.
        try:
            os.write(writing, b"\n" + json.dumps(report).encode())
        finally:
            os._exit(0)


def _report(
    data: bytes, name: str, bounds: Bounds, compile_it: Compile, writing: int
) -> dict[str, object]:
    before = time.process_time()
    faults: list[str] = []
    outcome = "raised"
    try:
        one = compile_it(data, name)
        os.write(writing, str(time.process_time() - before).encode())
        outcome = "plan" if one.plan is not None else "findings"
        faults += dict.fromkeys(broken_laws(data, one))
    except MemoryError:
        faults.append(f"it needs more than {bounds.mebibytes} MiB")
    except BaseException as error:
        frames = traceback.extract_tb(error.__traceback__)[-6:]
        where = " < ".join(
            f"{frame.name} {frame.filename}:{frame.lineno}" for frame in frames[::-1]
        )
        faults.append(f"{type(error).__name__}: {str(error)[:300]} | {where}")
    return {"outcome": outcome, "faults": faults[:20]}
