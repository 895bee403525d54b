"""A process that has everything imported, and forks for whoever asks: a quick start of Python.

It is asked through a socket, by `forked`, with a command, what surrounds it, and its three
streams; each answer goes into a pipe of its own: the process's id at once, its status when it
has ended. A fork goes on as a fresh start of the same command would, down to the ordinary end
of the interpreter (`test_forked.py` compares the two). It must not know what is tested.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import pkgutil
import runpy
import selectors
import signal
import socket
import sys
import types
from dataclasses import dataclass
from importlib import import_module
from typing import Any

HOUSES = ("", ".compiler", ".interpreter", ".grammar", ".schemas")
BESIDE = ("sqlite3", "lark", "ruamel.yaml", "jsonschema", "msgpack", "blake3", "httpx")
"""What the houses import only where they use it."""
LENGTH_BYTES = 4
KEPT = {signal.SIGKILL, signal.SIGSTOP, signal.SIGPIPE, signal.SIGXFSZ}
"""Signals of which a start is the same whatever the one who starts it does with them."""


@dataclass(slots=True)
class Asked:
    """A request: `streams` are file descriptors for 0, 1 and 2, `status` is the answer's pipe."""

    arguments: list[str]
    cwd: str
    environment: dict[str, str]
    umask: int
    ignored: list[int]
    new_session: bool
    streams: tuple[int, int, int]
    status: int


def imported() -> None:
    """Import all that a command could need, whatever it imports late."""
    for name in BESIDE:
        import_module(name)
    for house in HOUSES:
        package = import_module(f"attractorc{house}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith(".__main__"):
                import_module(module.name)
    gc.collect()
    gc.freeze()


def received(asking: socket.socket) -> Asked | None:
    """The next request; None when nobody is left to ask."""
    head, descriptors, _flags, _address = socket.recv_fds(asking, LENGTH_BYTES, 4)
    if len(head) < LENGTH_BYTES:
        return None
    left = int.from_bytes(head)
    parts = []
    while left:
        parts.append(asking.recv(left))
        assert parts[-1], "the request was cut off"
        left -= len(parts[-1])
    told: dict[str, Any] = json.loads(b"".join(parts))
    first, second, third, status = descriptors
    return Asked(**told, streams=(first, second, third), status=status)


def served(asking: socket.socket) -> Asked | None:
    """Fork for each request. Returns the request in a fork; None here, when all is over."""
    running: dict[int, tuple[int, int]] = {}
    with selectors.DefaultSelector() as ready:
        ready.register(asking, selectors.EVENT_READ)
        while True:
            for key, _events in ready.select():
                if key.fd in running:
                    pid, status = running.pop(key.fd)
                    ready.unregister(key.fd)
                    os.close(key.fd)
                    _answered(status, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
                    os.close(status)
                elif (asked := received(asking)) is None:
                    return None
                elif (pid := os.fork()) == 0:
                    for descriptor, (_pid, status) in running.items():
                        os.close(descriptor)
                        os.close(status)
                    os.close(asked.status)
                    return asked
                else:
                    for stream in asked.streams:
                        os.close(stream)
                    descriptor = os.pidfd_open(pid)
                    running[descriptor] = pid, asked.status
                    ready.register(descriptor, selectors.EVENT_READ)
                    _answered(asked.status, pid)


def _answered(pipe: int, number: int) -> None:
    """Say a number; whoever asked may have stopped listening."""
    with contextlib.suppress(BrokenPipeError):
        os.write(pipe, b"%d\n" % number)


def surrounded(asked: Asked) -> None:
    """Take on what surrounds a fresh start: streams, folder, environment, session, signals."""
    if asked.new_session:
        os.setsid()
    for number, stream in enumerate(asked.streams):
        os.dup2(stream, number)
    for stream in asked.streams:
        os.close(stream)
    for number in signal.valid_signals() - KEPT:
        usual = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
        signal.signal(number, signal.SIG_IGN if number in asked.ignored else usual)
    os.chdir(asked.cwd)
    os.umask(asked.umask)
    coerced = {name: os.environ[name] for name in ("LC_CTYPE",) if name in os.environ}
    os.environ.clear()
    os.environ.update(asked.environment | coerced)
    unbuffered = sys.stdout.write_through
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        opened(number, name, unbuffered)


def opened(number: int, name: str, unbuffered: bool) -> None:
    """Make `sys.stdin` and the like anew, as Python makes them for what the stream now is."""
    old = getattr(sys, name)
    plain = unbuffered and number > 0
    made = io.TextIOWrapper(
        os.fdopen(number, "wb" if number else "rb", 0 if plain else -1, closefd=False),
        *(old.encoding, old.errors, "\n"),
        line_buffering=not unbuffered and (number == 2 or os.isatty(number)),
        write_through=unbuffered,
    )
    made.mode = old.mode  # type: ignore[misc]
    setattr(sys, name, made)
    setattr(sys, f"__{name}__", made)


def run(arguments: list[str]) -> None:
    """What `python ARGUMENTS` runs: `-m MODULE …` or `-c CODE …`."""
    way, what, *more = arguments
    if way == "-m":
        sys.path.insert(0, str(os.getcwd()))  # noqa: PTH109
        sys.argv = ["-m", *more]
        runpy.run_module(what, run_name="__main__", alter_sys=True)
        return
    assert way == "-c"
    sys.path.insert(0, "")
    sys.argv = ["-c", *more]
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    exec(compile(what, "<string>", "exec"), main.__dict__)


def main() -> None:
    del sys.path[0]  # the folder of this file, which no fresh start would have
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    imported()
    with socket.socket(fileno=int(sys.argv[1])) as asking:
        asked = served(asking)
    if asked is not None:
        surrounded(asked)
        run(asked.arguments)


if __name__ == "__main__":
    main()
