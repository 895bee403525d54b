"""Engines that kill themselves, as by kill -9, at the n-th boundary that they come to.

Real processes, forked from this one. Boundaries are: a record was appended; a transaction is
about to be ended, and has been, or may be just then; a handler is about to be called, and has
answered. Nothing of the engine is replaced: each is only counted. At its own end an engine says
how many there were.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from attractorc.commands import run
from attractorc.interpreter.handlers.agent import AgentHandler
from attractorc.interpreter.handlers.tool import ToolHandler
from attractorc.interpreter.stores.sqlite import SqliteStore
from attractorc.interpreter.stores.transactions import Transactions

COUNTED = "boundaries: "


class Boundaries:
    """Counts, and dies at the number that it was given; 0 for never."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.passed = 0

    def reached(self) -> None:
        """One more boundary."""
        self.passed += 1
        if self.passed == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner: type, name: str, *, before: bool = True) -> None:
        """Count calls of a method: their beginning, unless told otherwise, and their end."""
        inner: Callable[..., Any] = getattr(owner, name)

        def counted(*arguments: Any, **named: Any) -> Any:
            if before:
                self.reached()
            result = inner(*arguments, **named)
            self.reached()
            return result

        async def awaited(*arguments: Any, **named: Any) -> Any:
            self.reached()
            result = await inner(*arguments, **named)
            self.reached()
            return result

        setattr(owner, name, awaited if name == "run" else counted)


@dataclass
class Engine:
    """A process that runs the command line; what it prints is read when it has ended."""

    pid: int
    out: IO[bytes]
    err: IO[bytes]
    code: int | None = None

    def wait(self) -> int:
        """Its exit code, or minus the signal that ended it; waits at most two minutes."""
        limit = time.monotonic() + 120
        while self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > limit:
                os.kill(self.pid, signal.SIGKILL)
            else:
                time.sleep(0.005)
        return self.code

    def printed(self) -> tuple[str, str]:
        """What it wrote to standard output and standard error."""
        self.wait()
        texts = []
        for stream in (self.out, self.err):
            with stream:
                stream.seek(0)
                texts.append(stream.read().decode())
        return texts[0], texts[1]


def started(
    folder: Path, *arguments: str, dies_at: int = 0, arrange: Callable[[], None] | None = None
) -> Engine:
    """Start an engine in a folder: a fork, which has nothing to import and is quick to make.

    `arrange` is called in it first.
    """
    out, err = (tempfile.TemporaryFile() for _ in range(2))  # noqa: SIM115 -- `printed` closes them
    pid = os.fork()
    if pid:
        return Engine(pid, out, err)
    code = 70
    try:
        os.setsid()
        os.chdir(folder)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((nothing, 0), (out.fileno(), 1), (err.fileno(), 2)):
            os.dup2(source, target)
        sys.stdin, sys.stdout, sys.stderr = (os.fdopen(fd, "w" if fd else "r") for fd in range(3))
        if arrange is not None:
            arrange()
        code = _run(arguments, dies_at)
    finally:
        os._exit(code)


def _run(arguments: tuple[str, ...], dies_at: int) -> int:
    boundaries = Boundaries(dies_at)
    boundaries.around(SqliteStore, "append", before=False)
    boundaries.around(Transactions, "_end")
    boundaries.around(Transactions, "begin_commit")
    boundaries.around(ToolHandler, "run")
    boundaries.around(AgentHandler, "run")
    code = 0
    try:
        run(arguments)
    except SystemExit as end:
        code = int(end.code or 0)
    print(f"{COUNTED}{boundaries.passed}", file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    return code
