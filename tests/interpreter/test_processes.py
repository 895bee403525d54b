"""Real programs, real signals: nothing is lost, nothing is left running."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from attractorc.interpreter.handlers import processes
from attractorc.interpreter.handlers.pipes import OutputPipe
from attractorc.interpreter.handlers.process_groups import (
    group_alive,
)
from attractorc.interpreter.handlers.processes import (
    CannotStart,
    Ended,
    Program,
    run_program,
)
from attractorc.interpreter.ports import Process

GRACE_S = 0.3
HAS_PROC = Path("/proc/self/stat").exists()
needs_proc = pytest.mark.skipif(not HAS_PROC, reason="only Linux shows other processes in /proc")

STUBBORN = "trap '' TERM; echo ready; while :; do sleep 0.05; done"


def program(script: str, folder: Path, stdin: bytes | None = None) -> Program:
    return Program(("sh", "-c", script), folder, dict(os.environ), stdin)


def run(script: str, folder: Path, stdin: bytes | None = None) -> Ended:
    given = program(script, folder, stdin)
    return asyncio.run(run_program(given, lambda _: None, grace_s=GRACE_S))


async def started(
    script: str, folder: Path, until: Callable[[], bool], grace_s: float = GRACE_S
) -> tuple[asyncio.Task[Ended], Process]:
    reported: list[Process] = []
    given = program(script, folder)
    task = asyncio.create_task(run_program(given, reported.append, grace_s=grace_s))
    while not reported or not until():
        await asyncio.sleep(0.005)
        assert not task.done()
    return task, reported[0]


async def cancelled(task: asyncio.Task[Ended]) -> float:
    before = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return time.monotonic() - before


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir())) if HAS_PROC else 0


def children() -> set[str]:
    """The processes that this one has started and not reaped, zombies included."""
    lists = Path("/proc/self/task").glob("*/children")
    return {pid for each in lists for pid in each.read_text().split()}


@pytest.fixture(autouse=True, scope="module")
def nothing_is_left_before() -> None:
    """What other tests left is cleared away first, and not looked through after each of these."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def nothing_is_left(nothing_is_left_before: None, caplog: pytest.LogCaptureFixture) -> Any:
    before, others = open_descriptors(), children()
    yield
    assert [record.getMessage() for record in caplog.get_records("call")] == []
    gc.collect()  # the test's event loop, and what it watched
    assert open_descriptors() == before
    assert children() <= others


@pytest.fixture(params=["pidfd", "thread"])
def any_watcher(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "thread":
        monkeypatch.delattr(os, "pidfd_open", raising=False)


class TestRunning:
    def test_output_and_exit_status_come_back(self, tmp_path: Path, any_watcher: None) -> None:
        ended = run("echo out; echo err >&2; exit 3", tmp_path)
        assert ended.code == 3
        assert ended.stdout.whole() == b"out\n"
        assert ended.stderr.whole() == b"err\n"

    def test_a_signal_is_a_negative_code(self, tmp_path: Path, any_watcher: None) -> None:
        assert run("kill -9 $$", tmp_path).code == -signal.SIGKILL

    def test_five_megabytes_on_both_streams_do_not_block(self, tmp_path: Path) -> None:
        script = "head -c 5000000 /dev/zero & head -c 5000000 /dev/zero >&2; wait"
        ended = run(script, tmp_path)
        assert (ended.stdout.size, ended.stderr.size) == (5_000_000, 5_000_000)
        assert ended.stdout.whole() == bytes(5_000_000)

    def test_input_larger_than_a_pipe_goes_through(self, tmp_path: Path) -> None:
        assert run("cat", tmp_path, b"\nx\n" * 200_000).stdout.whole() == b"\nx\n" * 200_000

    def test_input_that_nobody_reads_is_no_error(self, tmp_path: Path) -> None:
        assert run("exec <&-; exit 4", tmp_path, b"x" * 1_000_000).code == 4

    def test_without_input_a_reader_sees_the_end_at_once(self, tmp_path: Path) -> None:
        assert run("cat; echo done", tmp_path).stdout.whole() == b"done\n"

    def test_arguments_reach_the_program_unchanged(self, tmp_path: Path) -> None:
        odd = ("a b", "$HOME", "'\"`x`", "", "-n", "é\n*")
        printer = "import sys; print(sys.argv[1:])"
        given = Program((sys.executable, "-c", printer, *odd), tmp_path, dict(os.environ))
        ended = asyncio.run(run_program(given, lambda _: None))
        assert ended.stdout.whole().decode().strip() == str(list(odd))

    def test_it_runs_in_its_own_session_and_reports_who_it_is(self, tmp_path: Path) -> None:
        reported: list[Process] = []
        given = program("echo $$; ps -o sid= -p $$", tmp_path)
        ended = asyncio.run(run_program(given, reported.append))
        pid, session = ended.stdout.whole().split()
        assert int(pid) == int(session) == reported[0].pid

    def test_twenty_run_at_once(self, tmp_path: Path) -> None:
        script = f"touch here.$$; until [ $(ls | wc -l) = 20 ]; do sleep 0.02; done; cat {__file__}"

        async def all_of_them() -> list[Ended]:
            given = program(script, tmp_path)
            return await asyncio.gather(*(run_program(given, lambda _: None) for _ in range(20)))

        ended = asyncio.run(all_of_them())
        assert {(e.code, e.stdout.whole()) for e in ended} == {(0, Path(__file__).read_bytes())}

    def test_a_program_that_is_not_there_is_127(self, tmp_path: Path) -> None:
        given = Program(("no-such-program",), tmp_path, dict(os.environ))
        ended = asyncio.run(run_program(given, lambda _: None))
        assert ended.code == 127
        assert b"no-such-program" in ended.stderr.whole()


class TestTheGate:
    def test_nothing_runs_before_the_report_is_made(self, tmp_path: Path) -> None:
        seen: list[bool] = []

        def report(_: Process) -> None:
            time.sleep(0.2)
            seen.append((tmp_path / "ran").exists())

        asyncio.run(run_program(program("touch ran", tmp_path), report))
        assert seen == [False]
        assert (tmp_path / "ran").exists()

    def test_nothing_runs_if_the_report_fails(self, tmp_path: Path) -> None:
        def report(_: Process) -> None:
            raise RuntimeError("the run is another's now")

        with pytest.raises(RuntimeError, match="another's"):
            asyncio.run(run_program(program("touch ran", tmp_path), report, grace_s=GRACE_S))
        time.sleep(0.1)
        assert not (tmp_path / "ran").exists()

    def test_nothing_runs_if_the_engine_dies_at_the_gate(self, tmp_path: Path) -> None:
        engine = (
            "import asyncio, os, pathlib\n"
            "from attractorc.interpreter.handlers.processes import Program, run_program\n"
            "def die(process):\n"
            "    print(process.pid, flush=True)\n"
            "    os.kill(os.getpid(), 9)\n"
            "given = Program(('touch', 'ran'), pathlib.Path('.'), dict(os.environ))\n"
            "asyncio.run(run_program(given, die))\n"
        )
        done = subprocess.run(
            (sys.executable, "-c", engine), cwd=tmp_path, capture_output=True, check=False
        )
        assert done.returncode == -signal.SIGKILL
        deadline = time.monotonic() + 5
        while group_alive(int(done.stdout)) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not group_alive(int(done.stdout))
        assert not (tmp_path / "ran").exists()

    def test_a_command_does_not_run_before_its_process_is_journaled(self, tmp_path: Path) -> None:
        given = Program((), tmp_path, dict(os.environ), command="touch ran; echo done")
        seen: list[bool] = []

        def report(_process: Process) -> None:
            time.sleep(0.1)
            seen.append((tmp_path / "ran").exists())

        ended = asyncio.run(run_program(given, report))
        assert (seen, ended.stdout.whole()) == ([False], b"done\n")

    def test_a_command_waits_until_its_record_is_durable(self, tmp_path: Path) -> None:
        given = Program((), tmp_path, dict(os.environ), command="touch ran; echo done")
        seen: list[bool] = []

        async def durable() -> None:
            await asyncio.sleep(0.1)
            seen.append((tmp_path / "ran").exists())

        ended = asyncio.run(run_program(given, lambda _: None, durable))
        assert (seen, ended.stdout.whole()) == ([False], b"done\n")

    def test_a_command_whose_record_is_not_durable_does_not_run(self, tmp_path: Path) -> None:
        given = Program((), tmp_path, dict(os.environ), command="touch ran")

        async def durable() -> None:
            raise OSError("the disk is full")

        with pytest.raises(OSError, match="the disk is full"):
            asyncio.run(run_program(given, lambda _: None, durable, grace_s=GRACE_S))
        time.sleep(0.1)
        assert not (tmp_path / "ran").exists()

    @pytest.mark.parametrize(
        "command",
        [
            'echo $0 $# "$-"; cat',
            "exit 7",
            "# only a comment",
            "",
            "\n\necho third >&2; no-such-command",
            "if",
            "echo first\nfi",
            "false || echo $?",
            "set -u; echo ${ATTRACTOR_GATE-gone}",
            "trap 'echo bye' EXIT; echo hello",
            "cat <<end\nhere\nend",
        ],
    )
    def test_a_command_is_to_its_shell_what_it_always_is(
        self, command: str, tmp_path: Path
    ) -> None:
        given = Program((), tmp_path, dict(os.environ), command=command)
        ended = asyncio.run(run_program(given, lambda _: None))
        alone = subprocess.run(
            ("sh", "-c", command), stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        found = (ended.code, ended.stdout.whole(), ended.stderr.whole())
        assert found == (alone.returncode, alone.stdout, alone.stderr)

    def test_the_gate_leaves_no_trace_in_the_environment(self, tmp_path: Path) -> None:
        environment = {"PATH": os.environ["PATH"], "ATTRACTOR_GATE": "outer"}
        command = Program((), tmp_path, environment, command="env; set")
        for given in (Program(("env",), tmp_path, environment), command):
            ended = asyncio.run(run_program(given, lambda _: None))
            assert b"PATH" in ended.stdout.whole()
            assert b"GATE" not in ended.stdout.whole()


class TestEnding:
    def test_cancelling_ends_the_group_politely(self, tmp_path: Path, any_watcher: None) -> None:
        script = "trap 'echo bye > said; exit 0' TERM; touch up; while :; do sleep 0.01; done"

        async def go() -> None:
            task, process = await started(script, tmp_path, (tmp_path / "up").exists, 60)
            assert await cancelled(task) < 30
            assert not group_alive(process.pid)

        asyncio.run(go())
        assert (tmp_path / "said").read_text() == "bye\n"

    def test_grandchildren_that_ignore_sigterm_are_killed(
        self, tmp_path: Path, any_watcher: None
    ) -> None:
        script = f"trap '' TERM; (sh -c \"{STUBBORN}\" | cat) & touch up; wait"

        async def go() -> None:
            task, process = await started(script, tmp_path, (tmp_path / "up").exists)
            assert GRACE_S <= await cancelled(task) < 10
            assert not group_alive(process.pid)

        asyncio.run(go())

    def test_cancelling_twice_does_not_wait(self, tmp_path: Path, any_watcher: None) -> None:
        async def go() -> None:
            script = "trap '' TERM; touch up; while :; do sleep 0.05; done"
            task, process = await started(script, tmp_path, (tmp_path / "up").exists, 60)
            task.cancel()
            await asyncio.sleep(0.1)
            assert not task.done()
            assert await cancelled(task) < 30
            limit = time.monotonic() + 5
            while group_alive(process.pid):  # killed, but not yet reaped by whoever has it
                assert time.monotonic() < limit
                await asyncio.sleep(0.02)

        asyncio.run(go())

    def test_cancelling_before_the_first_step_is_clean(self, tmp_path: Path) -> None:
        async def go() -> None:
            task = asyncio.create_task(run_program(program("sleep 9", tmp_path), lambda _: None))
            await asyncio.sleep(0)
            await cancelled(task)

        asyncio.run(go())

    def test_what_a_program_leaves_in_its_group_is_ended(self, tmp_path: Path) -> None:
        reported: list[Process] = []
        given = program("sleep 60 & sleep 60 >/dev/null 2>&1 & echo left", tmp_path)
        ended = asyncio.run(run_program(given, reported.append, grace_s=GRACE_S))
        assert ended.code == 0
        assert ended.stdout.whole() == b"left\n"
        assert not group_alive(reported[0].pid)

    def test_stubborn_leftovers_are_killed_too(self, tmp_path: Path) -> None:
        reported: list[Process] = []
        given = program(f"({STUBBORN}) > o & until [ -s o ]; do sleep 0.01; done", tmp_path)
        asyncio.run(run_program(given, reported.append, grace_s=GRACE_S))
        assert not group_alive(reported[0].pid)

    def test_the_last_words_of_a_background_process_are_heard(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(processes, "_SETTLE_S", 5)
        assert run("(sleep 0.03; echo late) & echo soon", tmp_path).stdout.whole() == (
            b"soon\nlate\n"
        )

    def test_a_daemon_that_keeps_the_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        daemon = (
            "import os, time\n"
            "if os.fork() == 0:\n"
            "    os.setsid()\n"
            "    open('pid', 'w').write(str(os.getpid()))\n"
            "    time.sleep(30)\n"
            "    os._exit(0)\n"
            "while not os.path.exists('pid') or not open('pid').read(): time.sleep(0.01)\n"
        )
        given = Program((sys.executable, "-c", daemon), tmp_path, dict(os.environ))
        before = time.monotonic()
        assert asyncio.run(run_program(given, lambda _: None, grace_s=GRACE_S)).code == 0
        assert time.monotonic() - before < 20
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


class TestTheShell:
    def greets(self, *places: Path) -> bool:
        path = os.pathsep.join(map(str, (*places, os.environ["PATH"])))
        given = Program((), places[0], {"PATH": path}, command="echo hello")
        ended = asyncio.run(run_program(given, lambda _: None, grace_s=GRACE_S))
        return ended.stdout.whole() == b"hello\n"

    def test_one_that_goes_away_is_looked_for_again(self, tmp_path: Path) -> None:
        own = tmp_path / "sh"
        own.symlink_to("/bin/sh")
        assert self.greets(tmp_path)
        own.unlink()
        assert self.greets(tmp_path)

    def test_one_that_the_system_cannot_run_is_passed_over(self, tmp_path: Path) -> None:
        own = tmp_path / "sh"
        own.write_text("no program, and no line that says whose it is\n")
        own.chmod(0o755)
        assert self.greets(tmp_path)


class TestCannotStart:
    def test_a_workspace_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(CannotStart, match="gone' is not a folder"):
            run("true", tmp_path / "gone")

    def test_a_null_character_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(CannotStart, match="null byte"):
            run("echo \0", tmp_path)

    def test_a_value_too_long_for_the_system_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(CannotStart, match="too long"):
            run("#" + "x" * 10_000_000, tmp_path)

    def test_half_a_surrogate_pair_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(CannotStart, match="surrogate"):
            run("echo \ud800", tmp_path)


class TestTooMuchOutput:
    def test_too_much_output_keeps_beginning_and_end(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(processes, "OutputPipe", lambda pipe: OutputPipe(pipe, 1000))
        ended = run("echo first; head -c 300000 /dev/zero; echo last", tmp_path)
        whole = ended.stdout.whole()
        assert whole.startswith(b"first\n")
        assert whole.endswith(b"last\n")
        assert b"bytes left out here" in whole
        assert not ended.stdout.complete
