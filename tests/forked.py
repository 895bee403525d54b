"""Processes of this Python that are forked from one with everything imported already.

`run` and `Process` stand for `subprocess.run` and `subprocess.Popen`, and are used where what
a process does is tested, not how Python starts: a start costs ten times what most commands
cost. These are real processes with real pipes, signals and ends. What cannot be forked with
the same meaning (other options of Python, another encoding or hash seed) is started afresh.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .fork_server import KEPT, LENGTH_BYTES

SERVER = Path(__file__).with_name("fork_server.py")
AT_START = ("PYTHON", "LC_", "LANG", "LD_", "TZ", "MALLOC")
"""How the variables begin that count when a process starts, not when they are read."""
USUAL = signal.valid_signals() - KEPT
_DETAILS = tuple(inspect.signature(subprocess.Popen._execute_child).parameters)[1:]


def run(
    command: Sequence[str | os.PathLike[str]],
    *,
    input: str | bytes | None = None,  # noqa: A002
    capture_output: bool = False,
    timeout: float | None = None,
    check: bool = False,
    **more: Any,
) -> subprocess.CompletedProcess[Any]:
    """As `subprocess.run`."""
    if input is not None:
        more["stdin"] = subprocess.PIPE
    if capture_output:
        more |= {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with Process(command, **more) as process:
        try:
            out, err = process.communicate(input, timeout)
        except BaseException:
            process.kill()
            raise
    assert process.returncode is not None
    ended = subprocess.CompletedProcess(process.args, process.returncode, out, err)
    if check:
        ended.check_returncode()
    return ended


class Process(subprocess.Popen[Any]):
    """As `subprocess.Popen`, but for what the process is a child of."""

    _answers: int | None = None
    """The pipe with the process's id and status; None where it is an ordinary child."""

    def _execute_child(self, *details: Any) -> None:
        told = dict(zip(_DETAILS, details, strict=True))
        command = [os.fspath(part) for part in told["args"]]
        environment = dict(os.environ if told["env"] is None else told["env"])
        if not _SERVER.can_fork(command, environment, told):
            super()._execute_child(*details)  # type: ignore[misc]
            return
        pipes = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
        ours = (told["p2cread"], told["c2pwrite"], told["errwrite"])
        request = {
            "arguments": command[1:],
            "cwd": os.path.abspath(told["cwd"] or "."),  # noqa: PTH100
            "environment": environment,
            "umask": _umask() if told["umask"] == -1 else told["umask"],
            "ignored": [each for each in USUAL if signal.getsignal(each) is signal.SIG_IGN],
            "new_session": told["start_new_session"],
        }
        streams = [number if pipe == -1 else pipe for number, pipe in enumerate(ours)]
        try:
            self._answers = _SERVER.fork(request, streams)
            self.pid = self._answered()
            self._child_created = True
        finally:
            self._close_pipe_fds(*(told[pipe] for pipe in pipes))  # type: ignore[attr-defined]

    def _answered(self) -> int:
        assert self._answers is not None
        line = b""
        while not line.endswith(b"\n"):
            part = os.read(self._answers, 1)
            if not part:
                raise ChildProcessError("the fork server has died")
            line += part
        return int(line)

    def _internal_poll(self, *details: Any, **more: Any) -> int | None:
        if self._answers is None:
            return super()._internal_poll(*details, **more)  # type: ignore[misc, no-any-return]
        forgotten = (ChildProcessError,) if details or more else ()
        with contextlib.suppress(subprocess.TimeoutExpired, *forgotten):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """As `Popen.wait`."""
        if self._answers is None:
            return super().wait(timeout) if self.returncode is None else self.returncode
        with selectors.DefaultSelector() as ready:
            ready.register(self._answers, selectors.EVENT_READ)
            if not ready.select(timeout):
                assert timeout is not None
                raise subprocess.TimeoutExpired(self.args, timeout)
        self.returncode = self._answered()
        os.close(self._answers)
        self._answers = None
        return self.returncode


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


class _Server:
    """The server of this process, started when it is first needed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._asking: socket.socket | None = None
        self._environment = dict(os.environ)
        self._one_at_a_time = threading.Lock()

    def can_fork(
        self, command: Sequence[str], environment: Mapping[str, str], told: Mapping[str, Any]
    ) -> bool:
        """Whether a fork would do the same as a fresh start."""
        if command[0] != sys.executable or command[1] not in ("-m", "-c"):
            return False
        changed = (told["executable"], told["preexec_fn"], told["shell"], told["pass_fds"])
        if any(changed) or told["process_group"] != -1 or not hasattr(os, "pidfd_open"):
            return False
        with self._one_at_a_time:
            if self._asking is None:
                self._start()
        return _at_start(environment) == _at_start(self._environment)

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, SERVER, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=self._environment,
                pass_fds=(theirs.fileno(),),
            )
        self._asking = ours

    def fork(self, request: Mapping[str, Any], streams: Sequence[int]) -> int:
        """Ask for a fork; returns the pipe with what becomes of it."""
        assert self._asking is not None
        body = json.dumps(request).encode()
        answers, theirs = os.pipe()
        try:
            with self._one_at_a_time:
                head = len(body).to_bytes(LENGTH_BYTES)
                socket.send_fds(self._asking, [head], [*streams, theirs])
                self._asking.sendall(body)
        finally:
            os.close(theirs)
        return answers

    def stop(self) -> None:
        """End it; it is started again when it is needed again."""
        if self._asking is not None and self._process is not None:
            self._asking.close()
            self._process.wait()
        self._asking = self._process = None


_SERVER = _Server()
stop = _SERVER.stop


def _at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(AT_START)}
