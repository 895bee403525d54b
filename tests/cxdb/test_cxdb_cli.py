"""`exec --cxdb`, `resume --cxdb` and `mirror` as commands: what they print, and how they end."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from attractorc.interpreter.cxdb import feeding
from attractorc.interpreter.stores.outbox import only_mirror

from ..cli.inside import attractorc_inside
from .servers import BOTH, Server, server
from .test_mirror import once_each

PIPELINE = """digraph g {
  start [shape=Mdiamond] exit [shape=Msquare]
  fan [shape=component] in [shape=tripleoctagon]
  a [shape=parallelogram, tool_command="test -e again || { touch again; exit 1; }", max_retries=1]
  b [shape=parallelogram, tool_command="echo b"]
  ask [shape=hexagon, label="Ship it?"]
  ship [shape=parallelogram, tool_command="echo shipped"]
  start -> fan
  fan -> a -> in
  fan -> b -> in
  in -> ask
  ask -> ship [label="[Y] Yes"]
  ask -> exit [label="[N] No"]
  ship -> exit
}"""
NOWHERE = ("--cxdb", "127.0.0.1:1", "--cxdb-http", "http://127.0.0.1:1")


@pytest.fixture(params=BOTH)
def there(request: pytest.FixtureRequest) -> Iterator[Server]:
    with server(request.param) as running:
        yield running


@pytest.fixture
def double() -> Iterator[Server]:
    with server("double") as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "p.dot").write_text(PIPELINE)
    return tmp_path


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = partial(feeding.Persistence, required_s=0.2, closing_s=0.5, first_pause_s=0.05)
    monkeypatch.setattr(feeding, "Persistence", waits)


def at(there: Server) -> tuple[str, ...]:
    return ("--cxdb", str(there.place), "--cxdb-http", str(there.pages))


def execute(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    told = ("exec", "p.dot", "--store", "s.db", "--run-id", "r1", *more)
    return attractorc_inside(*told, cwd=folder)


def mirror(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return attractorc_inside("mirror", "r1", "--store", "s.db", *more, cwd=folder)


# --- a run that is followed


def test_a_run_and_its_resume_are_mirrored_while_they_go_on(there: Server, folder: Path) -> None:
    parked = execute(folder, *at(there), "--cxdb-mode", "required")
    assert (parked.returncode, "r1: parked" in parked.stdout) == (3, True)
    assert mirror(folder, *at(there), "--verify").returncode == 0
    done = attractorc_inside(
        *("resume", "r1", "--store", "s.db", "--interviewer", "auto", *at(there)), cwd=folder
    )
    assert (done.returncode, done.stderr.count("CXDB")) == (0, 0)
    verified = mirror(folder, *at(there), "--verify")
    assert verified.returncode == 0
    assert verified.stdout.startswith("r1: ")
    assert "contexts and 2 blobs are equal in CXDB at" in verified.stdout, verified.stdout


def test_without_the_server_the_run_goes_on_and_says_how_to_send_it(folder: Path) -> None:
    done = execute(folder, *NOWHERE, "--interviewer", "auto")
    assert done.returncode == 0
    (told,) = [line for line in done.stderr.splitlines() if "CXDB" in line]
    assert told == (
        "attractorc: r1 is not whole in CXDB: CXDB at http://127.0.0.1:1 cannot be reached: "
        "connection refused; 'attractorc mirror r1 --cxdb 127.0.0.1:1 --cxdb-http "
        "http://127.0.0.1:1 --store s.db' sends the rest"
    )


def test_without_a_server_that_is_required_nothing_is_run(folder: Path) -> None:
    done = execute(folder, *NOWHERE, "--cxdb-mode", "required")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.splitlines()[-1] == (
        "attractorc: CXDB at http://127.0.0.1:1 cannot be reached: connection refused; nothing "
        "was run, because --cxdb-mode is required"
    )
    assert not (folder / "again").exists()
    assert attractorc_inside("show", "r1", "--store", "s.db", cwd=folder).returncode == 2


def waiting(folder: Path) -> Path:
    """A pipeline with a stage that makes a file, and waits, before one that waits; the file."""
    flag = folder / "now"
    text = PIPELINE.replace("echo b", f"touch {flag}; sleep 0.7")
    text = text.replace('"test -e again || { touch again; exit 1; }"', '"true"')
    text = text.replace("fan -> b -> in", 'fan -> b -> c -> in c [tool_command="sleep 3"]')
    text = text.replace("c [tool", "c [shape=parallelogram, tool")
    (folder / "p.dot").write_text(text)
    return flag


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("mode", ["required", "best-effort"])
def test_a_server_that_ends_in_the_middle_stops_only_the_run_that_requires_it(
    double: Server, folder: Path, mode: str
) -> None:
    inside = double.double
    assert inside is not None
    flag = waiting(folder)

    def watch() -> None:
        while not flag.exists():
            time.sleep(0.02)
        inside.stop()

    threading.Thread(target=watch, daemon=True).start()
    done = execute(folder, *at(double), "--cxdb-mode", mode, "--interviewer", "auto")
    told = [line for line in done.stderr.splitlines() if "is not whole in CXDB" in line]
    assert len(told) == 1
    if mode == "required":
        assert done.returncode == 4
        assert "r1: stopped: the mirror is required, and CXDB at" in done.stdout
    else:
        assert (done.returncode, "r1: success" in done.stdout) == (0, True)
    inside.start()
    if mode == "required":
        more = ("--interviewer", "auto", *at(double), "--cxdb-mode", mode)
        assert (
            attractorc_inside("resume", "r1", "--store", "s.db", *more, cwd=folder).returncode == 0
        )
    assert mirror(folder, *at(double)).returncode == 0
    assert mirror(folder, *at(double), "--verify").returncode == 0
    once_each(double, folder / "s.db")


# --- a run that is sent afterwards


def test_a_run_is_sent_afterwards_and_again_when_the_server_lost_it(
    double: Server, folder: Path
) -> None:
    execute(folder, "--interviewer", "auto")
    first = mirror(folder, *at(double), "--json")
    again = mirror(folder, *at(double))
    assert double.double is not None
    double.double.restart()
    lost = mirror(folder, *at(double), "--verify")
    resent = mirror(folder, *at(double))
    told = json.loads(first.stdout)
    count = told["records"]
    assert told == {
        "run_id": "r1",
        "server": str(double.place),
        "records": count,
        "sent": count,
        "resent": False,
        "forked": 0,
        "too_large": 0,
    }
    assert again.stdout == (
        f"r1: {count} records are in CXDB at {double.place}, none had to be sent\n"
    )
    assert (lost.returncode, lost.stdout) == (
        1,
        f"r1: differs in CXDB at {double.place}: the server has no context 1 for our 1\n",
    )
    assert resent.stdout == (
        f"r1: {count} records are in CXDB at {double.place}, {count} of them sent now\n"
        "  the server had lost the run, so all of it was sent again\n"
    )
    assert mirror(folder, *at(double), "--verify").returncode == 0


def test_a_comparison_can_be_read_by_programs(double: Server, folder: Path) -> None:
    execute(folder, "--interviewer", "auto")
    before = json.loads(mirror(folder, *at(double), "--verify", "--json").stdout)
    assert before["difference"] == "context 1 was never sent"
    mirror(folder, *at(double))
    after = json.loads(mirror(folder, *at(double), "--verify", "--json").stdout)
    assert (after["difference"], after["context"], after["contexts"]) == (None, 1, 4)


def test_a_mirror_that_cannot_be_reached_is_trouble_with_a_store(folder: Path) -> None:
    execute(folder, "--interviewer", "auto")
    for more, which in (((), "http://127.0.0.1:1"), (("--verify",), "127.0.0.1:1")):
        done = mirror(folder, *NOWHERE, *more)
        assert (done.returncode, done.stdout) == (4, "")
        assert done.stderr == (
            f"attractorc: CXDB at {which} cannot be reached: connection refused\n"
        )


def test_a_run_that_is_being_mirrored_is_left_to_that_process(double: Server, folder: Path) -> None:
    execute(folder, "--interviewer", "auto")
    lock = only_mirror(folder / "s.db", "r1")
    done = mirror(folder, *at(double))
    lock.release()
    assert done.returncode == 4
    assert "run 'r1' is being mirrored already, by process" in done.stderr


def test_a_run_removed_by_gc_takes_its_notes_along(double: Server, folder: Path) -> None:
    execute(folder, "--interviewer", "auto", *at(double))
    assert attractorc_inside("gc", "--run", "r1", "--store", "s.db", cwd=folder).returncode == 0
    execute(folder, "--interviewer", "auto")
    told = json.loads(mirror(folder, *at(double), "--json").stdout)
    assert (told["sent"], told["resent"]) == (told["records"], False)


# --- what it costs


def test_the_benchmark_mirrors_what_it_says_and_prints_it(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "benchmarks/mirror.py", "--records", "60", "--rounds", "1"],
        cwd=root,
        capture_output=True,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path), "ATTRACTORC_CXDB_ADDR": ""},
        check=False,
    )
    assert done.stderr == ""
    figures = re.findall(
        r"^(\d+) records in (one|\d+) contexts?, mirrored +[\d.]+ s ", done.stdout, re.M
    )
    assert [(int(count) > 50, contexts) for count, contexts in figures] == [
        (True, "one"),
        (True, "9"),
    ]


# --- options


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--cxdb", "127.0.0.1:1"), "--cxdb and --cxdb-http go together"),
        (("--cxdb-http", "http://h"), "--cxdb and --cxdb-http go together"),
        (("--cxdb-mode", "required"), "--cxdb-mode is for --cxdb"),
        (("--cxdb", "9009", "--cxdb-http", "http://h"), "--cxdb: '9009' is not HOST:PORT"),
        (("--cxdb", "h:1", "--cxdb-http", "h:2"), "--cxdb-http: 'h:2' is not the URL"),
        ((*NOWHERE, "--store", "memory:"), "--cxdb needs a store on disk"),
        ((*NOWHERE, "--simulate", "s.yaml"), "--cxdb and a script exclude each other"),
    ],
)
def test_options_that_cannot_be_are_refused_in_a_sentence(
    folder: Path, options: tuple[str, ...], said: str
) -> None:
    done = attractorc_inside("exec", "p.dot", *options, cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert not (folder / "again").exists()


def test_mirroring_to_nowhere_is_told_how_a_server_is_named(folder: Path) -> None:
    done = attractorc_inside("mirror", "last", cwd=folder)
    assert (done.returncode, done.stderr) == (
        2,
        "attractorc: name the server with --cxdb HOST:PORT and --cxdb-http URL, its two ports\n",
    )


def test_a_server_among_strangers_is_warned_of_once(folder: Path) -> None:
    execute(folder, "--interviewer", "auto")
    done = mirror(folder, "--cxdb", "8.8.8.8:1", "--cxdb-http", "http://127.0.0.1:1")
    warnings = [line for line in done.stderr.splitlines() if line.startswith("note: ")]
    assert warnings == [
        "note: 8.8.8.8 is neither this machine nor in a private network: CXDB asks nobody who "
        "they are and encrypts nothing, so anybody on the way can read the run and write into it"
    ]


def test_no_part_of_the_mirror_is_loaded_without_one(tmp_path: Path) -> None:
    (tmp_path / "p.dot").write_text(
        "digraph g { start [shape=Mdiamond] exit [shape=Msquare] start -> exit }"
    )
    code = (
        "import sys; from attractorc.commands import run\n"
        "try: run(['exec', 'p.dot', '--store', 's.db'])\n"
        "except SystemExit: pass\n"
        "print([name for name in sys.modules if '.cxdb' in name or name == 'http.client'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
