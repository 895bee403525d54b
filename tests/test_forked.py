"""A forked process is what a fresh start of the same command would be: nothing tells them apart.

Each case runs both ways and compares all that is seen: the process's own report of what
surrounds it, what it prints, how it ends. What is known to differ is named: the parent, and
which modules are imported already.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from . import forked

REPORT = """
import gc, json, os, signal, stat, sys, threading
def stream(one):
    kind = stat.filemode(os.fstat(one.fileno()).st_mode)[0]
    return [one.fileno(), one.mode, one.encoding, one.errors, one.line_buffering,
            one.write_through, one.isatty(), type(one.buffer).__name__, kind, one is sys.__dict__
            ["__" + ("stdin", "stdout", "stderr")[one.fileno()] + "__"]]
print(json.dumps({
    "arguments": sys.argv,
    "path": sys.path,
    "flags": repr(sys.flags),
    "folder": os.getcwd(),
    "environment": dict(os.environ),
    "mask": os.umask(0),
    "leads a session": os.getsid(0) == os.getpid(),
    "leads a group": os.getpgid(0) == os.getpid(),
    "session and group": [os.getsid(0), os.getpgid(0)] if os.getsid(0) != os.getpid() else 0,
    "signals": {str(one): str(signal.getsignal(one)) for one in signal.valid_signals()},
    "blocked": [str(one) for one in signal.pthread_sigmask(signal.SIG_BLOCK, ())],
    "wakes": signal.set_wakeup_fd(-1),
    "open": [one for one in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{one}")],
    "streams": [stream(one) for one in (sys.stdin, sys.stdout, sys.stderr)],
    "threads": threading.active_count(),
    "collects": [gc.isenabled(), gc.get_threshold()],
    "main": [__name__, sys.modules["__main__"].__dict__ is globals(), __package__],
    "spec": __spec__ and __spec__.name,
    "switches": sys.getswitchinterval(),
    "limits": [sys.getrecursionlimit(), sys.get_int_max_str_digits()],
    "priority": os.nice(0),
}))
"""
Start = Callable[..., "subprocess.CompletedProcess[Any]"]
WAYS: tuple[Start, Start] = (subprocess.run, forked.run)


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """One is ignored, and an interrupt is not, whatever started the tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    other = signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)
    signal.signal(signal.SIGUSR2, other)


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"start_new_session": True},
        {"input": b"some text"},
        {"env": {"PATH": os.environ["PATH"], "HOME": "/", "STRANGE": "ä\n\udc80 ="}},
        {"stdin": None},
    ],
    ids=["as it is", "a session of its own", "input", "another environment", "the same input"],
)
@pytest.mark.parametrize("way", ["-c", "-m"])
def test_what_surrounds_a_fork_is_what_surrounds_a_start(
    tmp_path: Path, way: str, more: dict[str, Any]
) -> None:
    (tmp_path / "report.py").write_text(REPORT)
    # Without `env` a start also sees what only C put there (readline, the size of a terminal).
    around = {"cwd": tmp_path, "env": dict(os.environ), "stdin": subprocess.DEVNULL}
    given: dict[str, Any] = {**around, **more}
    if "input" in more:
        del given["stdin"]
    forked.run(python("-c", ""), check=True)  # what follows is not what the server began with
    before = os.umask(0o027)
    try:
        fresh, fork = (
            json.loads(
                start(
                    python(way, REPORT if way == "-c" else "report", "an argument", "ä"),
                    capture_output=True,
                    check=True,
                    **given,
                ).stdout
            )
            for start in WAYS
        )
    finally:
        os.umask(before)
    assert fork == fresh


@pytest.mark.parametrize(
    ("code", "status", "err"),
    [
        ("", 0, b""),
        ("import sys; sys.exit(7)", 7, b""),
        ("import sys; sys.exit('oh no')", 1, b"oh no\n"),
        ("raise SystemExit", 0, b""),
        ("import os; os._exit(5)", 5, b""),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL, b""),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM, b""),
        ("import atexit, os; atexit.register(os.write, 2, b'last')", 0, b"last"),
        ("import os, sys; os.close(1); sys.stdout.write('x\\n' * 9999)", 1, None),
        ("1 / 0", 1, None),
        ("import os, signal; os.kill(os.getpid(), signal.SIGINT)", -signal.SIGINT, None),
        ("import sys, threading as t; t.Timer(0.1, sys.stderr.write, ['later']).start()", 0, None),
        ("print(input())", 0, b""),
    ],
    ids=[
        *("at once", "a code", "a word", "no code", "without goodbye", "killed", "asked to end"),
        *("with a last word", "unable to print", "an exception", "interrupted"),
        *("with a thread left", "with an echo"),
    ],
)
def test_a_fork_ends_as_a_start_does(code: str, status: int, err: bytes | None) -> None:
    fresh, fork = (
        start(python("-c", code), input=b"word\n", capture_output=True) for start in WAYS
    )
    assert (fork.returncode, fork.stdout) == (fresh.returncode, fresh.stdout)
    assert fork.returncode == status
    if err is not None:
        assert fork.stderr == fresh.stderr == err
    assert fork.stderr.splitlines()[-1:] == fresh.stderr.splitlines()[-1:]


def test_the_command_line_says_the_same(tmp_path: Path) -> None:
    for arguments in (("--help",), ("explain", "start_node"), ("check", "none.dot"), ("oops",)):
        fresh, fork = (
            start(python("-m", "attractorc", *arguments), capture_output=True, cwd=tmp_path)
            for start in WAYS
        )
        assert (fork.returncode, fork.stdout, fork.stderr) == (
            *(fresh.returncode, fresh.stdout, fresh.stderr),
        )


def test_what_is_decided_at_the_start_is_started_afresh() -> None:
    code = "import sys; print(sys.flags.hash_randomization, 'lark' in sys.modules)"
    fixed = forked.run(
        *(python("-c", code),), env={**os.environ, "PYTHONHASHSEED": "0"}, stdout=subprocess.PIPE
    )
    plain = forked.run(python("-c", code), stdout=subprocess.PIPE)
    assert (fixed.stdout, plain.stdout) == (b"0 False\n", b"1 True\n")


def test_a_fork_is_waited_for_and_signalled_like_any_process() -> None:
    code = "import time; print('here', flush=True); time.sleep(60)"
    with forked.Process(python("-c", code), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"here\n"
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == process.poll() == -signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


def test_forks_run_beside_one_another_and_do_not_hold_each_others_streams() -> None:
    command = python("-c", "import sys; sys.stdin.read()")
    with (
        forked.Process(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first,
        forked.Process(command, stdin=subprocess.PIPE) as second,
    ):
        assert first.stdin is not None
        assert first.stdout is not None
        first.stdin.close()
        assert first.stdout.read() == b"", "the second does not hold it open"
        assert first.wait(10) == 0
        assert second.poll() is None


def test_a_limit_of_time_is_kept() -> None:
    begun = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        forked.run(python("-c", "import time; time.sleep(60)"), timeout=0.05)
    assert time.monotonic() - begun < 30
