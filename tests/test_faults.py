"""Faults of disks, files, locks and clocks, each a real one, under a whole run.

The run stops with one sentence and exit code 4, nothing that was acknowledged is lost, and once
the cause is mended a resume comes to what an undisturbed run comes to, without repeating what
had ended. Engines are real processes (`tests.dying`) over real files, some of them behind a file
system that fails on demand (`tests.faulty`).
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from attractorc.interpreter.driver.clock import SystemClock
from attractorc.interpreter.driver.journal import read
from attractorc.interpreter.driver.replay import replay
from attractorc.interpreter.records import ParallelLifecycle, Record, StageLifecycle
from attractorc.interpreter.stores.opening import open_store

from .dying import COUNTED, Engine, started
from .faulty import bound_by_permissions, faulty_store, impatient, remembering

EFFECT = 'echo \\"$ATTRACTOR_ATTEMPT_ID\\" >> effects'
TEXT = f"""digraph p {{
  start [shape=Mdiamond] exit [shape=Msquare]
  f [shape=component] j [shape=tripleoctagon, merge="tool.output: collect"]
  node [shape=parallelogram]
  a [tool_command="{EFFECT}; echo a"]
  b [tool_command="{EFFECT}; sh break.sh; echo b"]
  c [tool_command="{EFFECT}; echo c"]
  d [tool_command="{EFFECT}; echo d"]
  start -> a -> f -> {{b c}} -> j -> d -> exit
}}"""
STORE = Path("kept/runs.db")


def exec_engine(folder: Path, arrange: Callable[[], None] | None, *more: str) -> Engine:
    options = ("--run-id", "r", "--store", str(STORE), "--interviewer", "park")
    return started(folder, "exec", "p.dot", *options, *more, arrange=arrange)


def resume_engine(folder: Path, arrange: Callable[[], None] | None, *more: str) -> Engine:
    return started(folder, "resume", "r", "--store", str(STORE), *more, arrange=arrange)


def prepared(folder: Path, breaks: str, text: str = TEXT) -> None:
    """A folder with the pipeline, whose stage `b` breaks something the first time that it runs."""
    (folder / "break.sh").write_text(f"test -e broke || {{ touch broke; {breaks}; }}\n")
    (folder / "p.dot").write_text(text)
    (folder / "kept").mkdir(mode=0o700)


def sentence(engine: Engine, folder: Path) -> str:
    """What an engine that could not go on says: one sentence, and nothing of its insides."""
    _out, err = engine.printed()
    lines = [line for line in err.splitlines() if not line.startswith(COUNTED)]
    assert "Traceback" not in err, err
    said = [line for line in lines if line.startswith("attractorc: ")]
    assert len(said) == 1, err
    assert lines[-1] == said[0], err
    assert engine.code == 4, err
    return said[0].removeprefix("attractorc: ").replace(f"{folder}/", "")


def journal(folder: Path) -> list[Record]:
    store = open_store(str(folder / STORE))
    try:
        assert replay(store, "r").difference is None
        return [record for record, _turn in read(store, "r")]
    finally:
        store.close()


def assert_whole(folder: Path, digest: str) -> None:
    """The run has come to its end, and nothing that had ended ran again."""
    records = journal(folder)
    assert getattr(records[-1], "outcome_digest", None) == digest
    stages = [one for one in records if isinstance(one, StageLifecycle)]
    ends = Counter(one.stage_attempt_id for one in stages if one.kind in ("completed", "failed"))
    assert set(ends.values()) == {1}
    broken_off = Counter(one.stage_attempt_id for one in stages if one.kind == "interrupted")
    for attempt, times in Counter((folder / "effects").read_text().split()).items():
        assert times <= 1 + broken_off[attempt], attempt


@pytest.fixture(scope="module")
def digest(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The outcome of the run that nothing disturbs."""
    folder = tmp_path_factory.mktemp("whole")
    prepared(folder, "true")
    engine = exec_engine(folder, None, "--json")
    out, err = engine.printed()
    assert engine.code == 0, err
    return str(json.loads(out.splitlines()[-1])["outcome_digest"])


# --- while the run is being made


@dataclass(frozen=True)
class Fault:
    """What stage `b` does, in what kind of process, what is said then, and what mends it."""

    breaks: str
    arrange: Callable[[], None] | None
    told: str
    mends: str
    options: tuple[str, ...] = ()


SAFE = (
    "what was committed before is safe, nothing more is written: mend the cause, then resume the "
    "run"
)
FAULTS = {
    "an fsync fails": Fault(
        "touch sync", faulty_store, f"kept/runs.db: the disk failed (IOError); {SAFE}", "rm sync"
    ),
    "the disk is full": Fault(
        "touch full", faulty_store, f"kept/runs.db: the disk is full (FullError); {SAFE}", "rm full"
    ),
    "the folder of the stages' files cannot be written": Fault(
        "chmod 500 kept/runs.db.stages/*",
        bound_by_permissions,
        "kept/runs.db.stages/r/FOLDER: a stage's folder cannot be written: permission denied; "
        "mend the cause, then resume the run",
        "chmod 700 kept/runs.db.stages/* 2>/dev/null; true",
    ),
    "the run directory cannot be written": Fault(
        "chmod 500 logs logs/*",
        bound_by_permissions,
        "logs/STAGE/FILE: the run directory cannot be written: permission denied",
        "chmod 700 logs logs/*",
        ("--logs", "logs"),
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_run_stops_at_a_fault_with_one_sentence_and_goes_on_when_it_is_mended(
    name: str, tmp_path: Path, digest: str
) -> None:
    fault = FAULTS[name]
    prepared(tmp_path, fault.breaks)
    engine = exec_engine(tmp_path, fault.arrange, *fault.options)
    told = sentence(engine, tmp_path)
    shown = told.split(": ")
    expected = fault.told.split(": ")
    assert shown[1:] == expected[1:], told
    place, wanted = Path(shown[0]).parent, Path(expected[0]).parent
    if wanted.name == "STAGE":  # whichever of them wrote first
        place, wanted = place.parent, wanted.parent
    assert place == wanted
    assert "attempt" not in told
    before = [one for one in journal(tmp_path) if isinstance(one, StageLifecycle)]
    assert ("a", "completed") in [(one.node_id, one.kind) for one in before]
    assert [one for one in before if one.status == "fail"] == [], "no stage is to blame"
    subprocess.run(["sh", "-c", fault.mends], cwd=tmp_path, check=True)
    again = resume_engine(tmp_path, None, *fault.options)
    _out, err = again.printed()
    assert again.code == 0, err
    assert_whole(tmp_path, digest)


def test_a_store_that_another_process_locks_stops_the_run_and_no_stage_is_to_blame(
    tmp_path: Path, digest: str
) -> None:
    waits = "touch lock; until test -e locked; do sleep 0.02; done"
    prepared(tmp_path, waits)
    engine = exec_engine(tmp_path, impatient)
    until(lambda: (tmp_path / "lock").exists())
    other = sqlite3.connect(tmp_path / STORE, isolation_level=None)
    other.execute("PRAGMA busy_timeout = 5000")
    other.execute("BEGIN IMMEDIATE")
    (tmp_path / "locked").touch()
    told = sentence(engine, tmp_path)
    refused = sentence(resume_engine(tmp_path, impatient), tmp_path)
    other.execute("ROLLBACK")
    other.close()
    assert told == "kept/runs.db: another process has locked it; try again (SQLITE_BUSY)"
    assert refused == told
    again = resume_engine(tmp_path, None)
    _out, err = again.printed()
    assert again.code == 0, err
    assert_whole(tmp_path, digest)


def test_a_disk_that_is_really_full_loses_nothing(
    small_disk: Path, tmp_path: Path, digest: str
) -> None:
    """Every block of a file system of its own is taken while the run is being made."""
    fills = f"head -c 9999999 /dev/zero > {small_disk}/filled 2> full; test -s full"
    prepared(tmp_path, fills)
    store = small_disk / "runs.db"
    options = ("--run-id", "r", "--store", str(store))
    engine = started(tmp_path, "exec", "p.dot", *options)
    told = sentence(engine, tmp_path)
    assert told.startswith("disk/runs.db")
    assert "full" in told or "no space left" in told
    (small_disk / "filled").unlink()
    again = started(tmp_path, "resume", "r", "--store", str(store))
    _out, err = again.printed()
    assert again.code == 0, err
    shutil.copytree(small_disk, tmp_path / "kept", dirs_exist_ok=True)
    assert_whole(tmp_path, digest)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes; only root can make one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(place)]
    try:
        made = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except OSError:
        made = False
    if not made:
        pytest.skip("a file system cannot be made here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)


# --- the end of the log


def test_a_torn_last_write_is_dropped_and_what_was_acted_on_is_there(
    tmp_path: Path, digest: str
) -> None:
    """As after a power cut: of what was not synced, a part is there, and a part is garbage."""
    chance = random.Random(7)
    cut = 0
    for number in (4, 8, 16, 30, 34, 36, 45, 48, 52, 60):
        folder = tmp_path / f"at-{number}"
        folder.mkdir()
        prepared(folder, "true")
        engine = started(
            folder,
            *("exec", "p.dot", "--run-id", "r", "--store", str(STORE)),
            dies_at=number,
            arrange=remembering(folder / "synced"),
        )
        engine.printed()
        assert engine.code == -signal.SIGKILL
        log = folder / f"{STORE}-wal"
        synced, size = int((folder / "synced").read_text()), log.stat().st_size
        keeps = chance.randint(synced, size)
        with log.open("r+b") as file:
            file.truncate(keeps)
            if keeps > synced:
                file.seek(max(synced, keeps - 100))
                file.write(chance.randbytes(keeps - max(synced, keeps - 100)))
        cut += size > synced
        again = resume_engine(folder, None)
        _out, err = again.printed()
        if again.code == 2 and not (folder / "effects").exists():
            continue  # nothing was acted on, and the run is not there
        assert again.code == 0, (number, err)
        assert_whole(folder, digest)
    assert cut > 3, "there was nothing to tear"


# --- files that were damaged or closed while nobody ran the run

PARKED = f"""digraph p {{
  start [shape=Mdiamond] exit [shape=Msquare]
  ask [shape=hexagon, label="Go?"]
  node [shape=parallelogram]
  a [tool_command="{EFFECT}"]
  b [tool_command="{EFFECT}"]
  start -> a -> ask
  ask -> b [label="[Y] Yes"]
  b -> exit
}}"""


@pytest.fixture
def parked(tmp_path: Path) -> Path:
    """A folder with a run that waits for its answer; the log is part of its store's file."""
    prepared(tmp_path, "true", PARKED)
    engine = exec_engine(tmp_path, None)
    _out, err = engine.printed()
    assert engine.code == 3, err
    return tmp_path


def goes_on(folder: Path) -> None:
    engine = resume_engine(folder, None, "--interviewer", "auto")
    _out, err = engine.printed()
    assert engine.code == 0, err
    assert sorted(Counter((folder / "effects").read_text().split()).values()) == [1, 1]
    journal(folder)


def pages(folder: Path, name: str) -> list[int]:
    """Where the pages of a table or an index begin, and their size, by SQLite's own account."""
    raw = sqlite3.connect(folder / STORE)
    (size,) = raw.execute("PRAGMA page_size").fetchone()
    found = raw.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (name,)).fetchall()
    raw.close()
    assert found, name
    return [(page - 1) * size for (page,) in found]


def an_index(folder: Path) -> str:
    raw = sqlite3.connect(folder / STORE)
    found = raw.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'turns'"
    ).fetchall()
    raw.close()
    return str(found[0][0])


DAMAGE: dict[str, Callable[[Path], list[int]]] = {
    "a page of the turns": lambda folder: pages(folder, "turns"),
    "a page of an index of the turns": lambda folder: pages(folder, an_index(folder)),
    "a page of the runs": lambda folder: pages(folder, "runs"),
    "the header": lambda folder: [0],
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_page_is_one_sentence_and_the_run_goes_on_with_the_mended_file(
    name: str, parked: Path
) -> None:
    whole = (parked / STORE).read_bytes()
    places = DAMAGE[name](parked)
    with (parked / STORE).open("r+b") as file:
        for place in places:
            file.seek(place)
            file.write(b"\xa5" * 100)
    told = sentence(resume_engine(parked, None, "--interviewer", "auto"), parked)
    assert told.startswith("kept/runs.db: ")
    assert "the file is damaged" in told or "not even a database" in told
    if name != "a page of an index of the turns":  # some queries do not need that
        for command in ("show", "events"):
            sentence(started(parked, command, "r", "--store", str(STORE)), parked)
    for beside in (parked / "kept").glob("runs.db-*"):
        if beside.is_file():
            beside.unlink()
    (parked / STORE).write_bytes(whole)
    goes_on(parked)


CLOSED = {
    "the store's folder": ("kept",),
    "the store's file": ("kept/runs.db",),
    "all of it": ("kept", "kept/runs.db", "kept/runs.db.locks"),
}


@pytest.mark.parametrize("name", CLOSED)
def test_what_cannot_be_written_is_one_sentence_before_anything_runs(
    name: str, parked: Path
) -> None:
    closed = [parked / each for each in CLOSED[name] if (parked / each).exists()]
    modes = {each: each.stat().st_mode for each in closed}
    for each in closed:
        each.chmod(0o500 if each.is_dir() else 0o400)
    try:
        engine = resume_engine(parked, bound_by_permissions, "--interviewer", "auto")
        told = sentence(engine, parked)
    finally:
        for each, mode in modes.items():
            each.chmod(mode)
    assert told.startswith("kept/")
    assert len((parked / "effects").read_text().split()) == 1, "nothing has run"
    goes_on(parked)


# --- clocks

HOUR_MS = 3_600_000
TIMED = f"""digraph p {{
  start [shape=Mdiamond] exit [shape=Msquare]
  f [shape=component, branch_timeout="1s", join_timeout="30s", join=all_done]
  j [shape=tripleoctagon]
  node [shape=parallelogram]
  a [tool_command="{EFFECT}; test $ATTRACTOR_ATTEMPT = 3", max_retries=3, timeout="20s"]
  b [tool_command="{EFFECT}; sleep 60"]
  c [tool_command="{EFFECT}"]
  start -> a -> f -> {{b c}} -> j -> exit
}}"""


def clock_that_jumps(back_ms: int, every: int) -> Callable[[], None]:
    """A clock that is put back by so much at each so manieth reading; the other one goes on."""

    def arrange() -> None:
        real, readings = SystemClock.now, Counter[str]()

        def now(self: SystemClock) -> int:
            readings["all"] += 1
            return real(self) - back_ms * (readings["all"] // every)

        SystemClock.now = now  # type: ignore[method-assign]

    return arrange


def test_a_clock_that_is_put_back_neither_hangs_a_run_nor_makes_time_negative(
    tmp_path: Path,
) -> None:
    prepared(tmp_path, "true", TIMED)
    begun = time.monotonic()
    engine = exec_engine(tmp_path, clock_that_jumps(HOUR_MS, 3))
    _out, err = engine.printed()
    assert engine.code == 0, err
    assert time.monotonic() - begun < 30
    records = journal(tmp_path)
    assert [one.sequence_no for one in records] == list(range(1, len(records) + 1))
    times = [one.timestamp for one in records]
    assert times != sorted(times), "it was put back"
    durations = [getattr(one, "duration_ms", None) for one in records]
    assert min(one for one in durations if one is not None) >= 0
    ends = [one.status for one in records if isinstance(one, ParallelLifecycle) and one.branch_id]
    assert "timed_out" in ends
    for command in ("show", "attempts", "timeline", "branches", "why"):
        shown = started(tmp_path, command, "r", "--store", str(STORE))
        out, err = shown.printed()
        assert shown.code == 0, err
        assert not [word for word in out.split() if word.startswith("-") and word[1:2].isdigit()]


def test_a_backoff_is_not_waited_for_again_because_the_clock_was_put_back(tmp_path: Path) -> None:
    prepared(tmp_path, "true", TIMED)
    engine = exec_engine(tmp_path, None)
    until(lambda: (tmp_path / STORE).exists() and any(map(is_retrying, kept(tmp_path))))
    os.kill(engine.pid, signal.SIGKILL)
    engine.printed()
    begun = time.monotonic()
    again = resume_engine(tmp_path, clock_that_jumps(24 * HOUR_MS, 1))
    _out, err = again.printed()
    assert again.code == 0, err
    assert time.monotonic() - begun < 30


def is_retrying(record: Record) -> bool:
    return isinstance(record, StageLifecycle) and record.kind == "retrying"


def kept(folder: Path) -> list[Record]:
    store = open_store(str(folder / STORE), create=False)
    try:
        return [record for record, _turn in read(store, "r")]
    except Exception:
        return []
    finally:
        store.close()


def until(holds: Callable[[], bool]) -> None:
    limit = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < limit, "it did not come to pass in twenty seconds"
        time.sleep(0.02)
