"""Running a program in a process group of its own, and leaving nothing of it behind.

A program waits behind a gate until its process id is journaled: a small `sh` reads one line
from its standard input and only then becomes the program, or, of a shell command, goes on with
it. If the engine dies first, the line never comes and the `sh` ends, so no process can do work
that no journal knows of.
It must not know stages, outcomes, or what the output means.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
import subprocess
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ..ports import Process
from .pipes import Captured, InputPipe, OutputPipe
from .process_groups import GRACE_S, end_group, end_leftover, group_alive, started_of
from .watching import watch

__all__ = ["CannotStart", "Captured", "Ended", "Program", "end_leftover", "run_program"]

_GATE_VARIABLE = "ATTRACTOR_GATE"
_GATE = f'read -r {_GATE_VARIABLE} && exec "$@"'
_GATE_WITHOUT_INPUT = f"{_GATE} </dev/null"
# On the command's own first line, so that a shell's messages count its lines as they are.
_GATE_BEFORE = f"read -r {_GATE_VARIABLE} && exec </dev/null && unset {_GATE_VARIABLE} || exit; "

# What a background process that outlives its leader may still write, before it is ended.
_SETTLE_S = 0.1
_REAP_S = 1.0
_SHELL = "sh"
_NO_PROGRAM = (errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.ENOEXEC)
_TRANSIENT = (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE)


class CannotStart(Exception):
    """The program cannot be started; one sentence. `permanent`: trying again cannot mend it."""

    def __init__(self, reason: str, *, permanent: bool = True) -> None:
        super().__init__(reason)
        self.permanent = permanent


@dataclass(frozen=True, slots=True)
class Program:
    """What to run: `argv`, which no shell ever reads, or instead of it a `command` of `sh`.

    `stdin` None means no input (`/dev/null`); a command has none.
    """

    argv: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    stdin: bytes | None = None
    command: str | None = None

    def gated(self) -> tuple[str, ...]:
        """The arguments of a process that waits for a line before it does this."""
        if self.command is not None:
            return ("sh", "-c", f"{_GATE_BEFORE}{self.command}")
        return ("sh", "-c", _GATE_WITHOUT_INPUT if self.stdin is None else _GATE, "sh", *self.argv)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: exit status, or minus the signal that ended it, and its output."""

    code: int
    stdout: Captured
    stderr: Captured


async def run_program(
    program: Program,
    report: Callable[[Process], None],
    durable: Callable[[], Awaitable[None]] | None = None,
    *,
    prepare: Callable[[], None] | None = None,
    grace_s: float = GRACE_S,
) -> Ended:
    """Run a program to its end. `report` is given its process before it does anything.

    With `durable`, which is then awaited, it also does nothing before that returns. `prepare` is
    called while the process waits at its gate, which takes it a while to come to.

    When the program ends, what it left in its group is ended too; on cancellation or an
    error the whole group is: SIGTERM, `grace_s` seconds, SIGKILL. Raises `CannotStart`.
    """
    running = _Running(_start(program))
    try:
        if prepare is not None:
            prepare()
        report(running.identity())
        if durable is not None:
            await durable()
        running.open_gate(program.stdin)
        await asyncio.wait([running.exited])
        await running.drain()
        await running.end_rest(grace_s)
    except BaseException:
        await running.abandon(grace_s)
        raise
    finally:
        running.close()
    return Ended(running.exited.result(), running.stdout.captured(), running.stderr.captured())


def _start(program: Program) -> subprocess.Popen[bytes]:
    if not program.folder.is_dir():
        raise CannotStart(f"the workspace '{program.folder}' is not a folder")
    environment = program.environment
    if _GATE_VARIABLE in environment:
        environment = {k: v for k, v in environment.items() if k != _GATE_VARIABLE}
    try:
        try:
            return _opened(program, environment, _shell(environment.get("PATH")))
        except OSError as error:
            if error.errno not in _NO_PROGRAM:
                raise
            _shell.cache_clear()  # it went away, or is none: the system finds the next one
            return _opened(program, environment, _SHELL)
    except UnicodeEncodeError as error:
        raise CannotStart(f"half a surrogate pair cannot be passed on: {error}") from error
    except ValueError as error:
        raise CannotStart(f"a command or environment value cannot be passed on: {error}") from error
    except OSError as error:
        if error.errno == errno.E2BIG:
            raise CannotStart(
                "the command, or a value in its environment, is too long for the operating system;"
                " goal and inputs are passed to programs as variables of at most 128 KiB"
            ) from error
        reason = f"cannot start a process: {error.strerror}"
        raise CannotStart(reason, permanent=error.errno not in _TRANSIENT) from error


def _opened(
    program: Program, environment: Mapping[str, str], shell: str
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 -- a list; the script is a constant or the author's
        program.gated(),
        executable=shell,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        cwd=program.folder,
        env=environment,
        start_new_session=True,
    )


@lru_cache(maxsize=8)
def _shell(path: str | None) -> str:
    """Where `sh` is, so that not each process is to look for it in every folder of its path."""
    path = os.defpath if path is None else path
    if not all(map(os.path.isabs, path.split(os.pathsep))):
        return _SHELL  # it depends on the process's own folder
    return shutil.which(_SHELL, path=path) or _SHELL


class _Running:
    """A started process with its three pipes and a future for its exit status."""

    def __init__(self, popen: subprocess.Popen[bytes]) -> None:
        assert popen.stdin is not None
        assert popen.stdout is not None
        assert popen.stderr is not None
        self._popen = popen
        self.pid = popen.pid
        self.stdin = InputPipe(popen.stdin)
        self.stdout = OutputPipe(popen.stdout)
        self.stderr = OutputPipe(popen.stderr)
        self._loop = asyncio.get_running_loop()
        self.exited: asyncio.Future[int] = self._loop.create_future()
        self._watch = watch()
        self._left_behind = True
        self._handle: int | None = None
        try:
            self._handle = os.pidfd_open(self.pid)
        except (AttributeError, OSError):
            threading.Thread(target=self._wait, daemon=True).start()
        else:
            self._watch.add(self._handle, self._reap)

    def identity(self) -> Process:
        """The process, with its start time. It is still behind the gate, so it exists."""
        started = started_of(self.pid)
        if started is None:
            raise CannotStart(f"cannot read the start time of process {self.pid}", permanent=False)
        return Process(self.pid, started)

    def open_gate(self, stdin: bytes | None) -> None:
        """Let the program run, with this input."""
        self.stdin.send(b"\n" + (stdin or b""))

    def _wait(self) -> None:
        self._popen.wait()
        # The loop is closed only if the engine itself is being torn down.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._reap)

    def _reap(self) -> None:
        self._stop_watching()
        if not self.exited.done():
            self.exited.set_result(self._popen.wait())
            # Asked at once: an empty group's id is the kernel's to give to somebody else.
            self._left_behind = group_alive(self.pid)

    def _stop_watching(self) -> None:
        if self._handle is not None:
            self._watch.forget(self._handle)
            os.close(self._handle)
            self._handle = None

    async def drain(self) -> None:
        """Wait for the end of the output, but not for a process that left the group with it."""
        if self.stdout.ended.done() and self.stderr.ended.done():
            return
        await asyncio.wait([self.stdout.ended, self.stderr.ended], timeout=_SETTLE_S)

    async def end_rest(self, grace_s: float) -> None:
        """End what the leader left behind, and take what it still wrote."""
        if self._left_behind:
            await end_group(self.pid, grace_s)
            await self.drain()

    async def abandon(self, grace_s: float) -> None:
        """End the whole group. Cancelled once more, end it at once."""
        self.stdin.close()
        try:
            if self._left_behind:
                await end_group(self.pid, grace_s)
        finally:
            # What ends by SIGKILL ends in no time; it must not be left a zombie.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(_REAP_S)
                self._reap()

    def close(self) -> None:
        """Close the pipes; let go of a process that even SIGKILL could not end."""
        self._stop_watching()
        for pipe in (self.stdin, self.stdout, self.stderr):
            pipe.close()
