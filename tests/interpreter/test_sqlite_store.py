"""What the store on disk promises beyond the contract: durability, other processes, bad files."""

from __future__ import annotations

import itertools
import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from attractorc.interpreter.ports import (
    Fenced,
    Filter,
    Index,
    KeyConflict,
    Locked,
    NewerStore,
    NotFound,
    RunRow,
    StoreError,
)
from attractorc.interpreter.stores import default_location, open_store
from attractorc.interpreter.stores.layout import APPLICATION_ID, VERSION
from attractorc.interpreter.stores.leases import lock_name, take
from attractorc.interpreter.stores.paging import Stretch, Walk, lists, page
from attractorc.interpreter.stores.sqlite import SqliteStore

from .. import forked
from ..faulty import FaultyFile, FaultyVFS, Translated

TYPE = "attractor.stage_lifecycle"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.db"


def keys(store: SqliteStore, context: str) -> list[str]:
    return [turn.key for turn in store.last(context, 10**6)]


# --- what is durable, and what others see


def test_only_what_was_committed_is_there_afterwards(path: Path) -> None:
    store = SqliteStore(path)
    context = store.create_context()
    store.append(context, TYPE, 1, b"", "kept")
    digest = store.put_blob(b"kept")
    store.commit()
    store.append(context, TYPE, 1, b"", "given up")
    store.close()
    again = SqliteStore(path)
    assert keys(again, context) == ["kept"]
    assert again.get_blob(digest) == b"kept"
    assert again.append(context, TYPE, 1, b"", "next").id == "2"
    again.close()


def test_a_reader_sees_whole_groups_only(path: Path) -> None:
    writer, reader = SqliteStore(path), SqliteStore(path)
    context = writer.create_context()
    writer.commit()
    writer.append(context, TYPE, 1, b"", "a")
    writer.append(context, TYPE, 1, b"", "b")
    assert keys(writer, context) == ["a", "b"]
    assert keys(reader, context) == []
    writer.commit()
    assert keys(reader, context) == ["a", "b"]
    writer.close()
    reader.close()


def test_ids_go_on_where_another_process_stopped(path: Path) -> None:
    one, two = SqliteStore(path), SqliteStore(path)
    context = one.create_context()
    one.append(context, TYPE, 1, b"", "a")
    one.commit()
    head = one.head(context)
    assert head is not None
    assert head.key == "a"
    assert two.append(context, TYPE, 1, b"", "b").id == "2"
    two.commit()
    third = one.append(context, TYPE, 1, b"", "c")
    assert (third.id, third.parent, third.depth) == ("3", "2", 2)
    one.close()
    two.close()


def test_a_commit_of_nothing_costs_nothing(path: Path) -> None:
    statements: list[str] = []

    class Heard:
        def __init__(self, path: Path) -> None:
            self.real = sqlite3.connect(path, isolation_level=None)
            self.execute, self.executemany = self.real.execute, self.real.executemany
            self.close = self.real.close
            self.real.set_trace_callback(statements.append)

    store = SqliteStore(path, connect=Heard)
    statements.clear()
    store.commit()
    assert statements == []
    store.create_context()
    store.commit()
    assert statements[0] == "BEGIN IMMEDIATE"
    assert statements[-1] == "COMMIT"
    store.close()


WRITER = """
import sys
from pathlib import Path
from attractorc.interpreter.stores.sqlite import SqliteStore
store = SqliteStore(Path(sys.argv[1]))
context = store.create_context()
store.commit()
lease = store.lease("r1")
for number in range(100000):
    store.append(context, "t", 1, b"x" * 500, str(number), lease=lease)
    store.append(context, "t", 1, b"x" * 500, f"{number} too", lease=lease)
    store.commit()
    print(number, flush=True)
"""


def test_nothing_acknowledged_is_lost_to_kill_9(path: Path) -> None:
    writer = forked.Process(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    for line in writer.stdout:
        if line.strip() == "40":
            break
    store = SqliteStore(path)
    with pytest.raises(Locked, match=f"process {writer.pid}$"):
        store.lease("r1")
    writer.send_signal(signal.SIGKILL)
    acknowledged = [line for line in writer.stdout if line.endswith("\n")]
    writer.wait()
    writer.stdout.close()
    last = int(acknowledged[-1]) if acknowledged else 40
    found = keys(store, "1")
    assert len(found) >= 2 * (last + 1)
    assert found[-1].endswith(" too")
    lease = store.lease("r1")
    assert lease.epoch == 2
    lease.release()
    store.close()


def test_many_processes_can_make_one_store_at_once(path: Path) -> None:
    program = (
        "import sys; from pathlib import Path;"
        "from attractorc.interpreter.stores.sqlite import SqliteStore;"
        "s = SqliteStore(Path(sys.argv[1])); c = s.create_context();"
        "s.append(c, 't', 1, b'', 'k'); s.commit()"
    )
    started = [
        forked.Process([sys.executable, "-c", program, str(path)], stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    for process in started:
        _, said = process.communicate()
        assert process.returncode == 0, said.decode()
    store = SqliteStore(path)
    assert store.create_context() == "5"
    store.close()


# --- failing disks


@pytest.fixture
def faults() -> Iterator[set[str]]:
    FaultyFile.faults.clear()
    yield FaultyFile.faults
    FaultyFile.faults.clear()


@pytest.fixture
def on_faulty_disk(path: Path) -> Iterator[Callable[[], SqliteStore]]:
    """Opens the store on a file system that fails on demand (`faults`)."""
    name = f"faulty{next(_names)}"
    vfs = FaultyVFS(name)
    yield lambda: SqliteStore(path, connect=lambda where: Translated(where, name))
    vfs.unregister()


_names = itertools.count()


@pytest.mark.parametrize(
    ("fault", "said"), [("full", "the disk is full"), ("sync", "the disk failed")]
)
def test_a_failed_commit_is_final_and_loses_nothing_acknowledged(
    path: Path, faults: set[str], fault: str, said: str, on_faulty_disk: Callable[[], SqliteStore]
) -> None:
    store = on_faulty_disk()
    context = store.create_context()
    store.append(context, TYPE, 1, b"", "kept")
    store.commit()
    store.append(context, TYPE, 1, b"x" * 5000, "lost")
    faults.add(fault)
    with pytest.raises(StoreError, match=f"^{re.escape(str(path))}: {said}"):
        store.commit()
    faults.clear()
    # The disk is well again; the store must not pretend that nothing was.
    for ask in (
        store.commit,
        lambda: store.append(context, TYPE, 1, b"", "more"),
        lambda: store.head(context),
        lambda: store.put_blob(b"x"),
        lambda: store.lease("r1"),
    ):
        with pytest.raises(StoreError, match="nothing more is written"):
            ask()
    store.close()
    again = SqliteStore(path)
    assert keys(again, context)[0] == "kept"
    again.lease("r1").release()
    again.close()


def test_what_is_saved_is_synced_by_the_next_barrier_and_not_before(
    path: Path, faults: set[str], on_faulty_disk: Callable[[], SqliteStore]
) -> None:
    store = on_faulty_disk()
    context = store.create_context()
    store.commit()
    faults.add("sync")
    store.append(context, TYPE, 1, b"", "saved")
    store.save()
    reader = SqliteStore(path)
    assert keys(reader, context) == ["saved"]
    reader.close()
    with pytest.raises(StoreError, match="the disk failed"):
        store.commit()
    with pytest.raises(StoreError, match="nothing more is written"):
        store.save()
    store.close()


@pytest.mark.parametrize("saved_before", [False, True], ids=["a group", "what was saved before"])
@pytest.mark.parametrize("more", ["save", "commit", "append", "head", "begin_commit"])
def test_whatever_comes_after_a_barrier_that_was_begun_is_told_that_it_failed(
    path: Path,
    faults: set[str],
    more: str,
    saved_before: bool,
    on_faulty_disk: Callable[[], SqliteStore],
) -> None:
    store = on_faulty_disk()
    context = store.create_context()
    store.commit()
    store.append(context, TYPE, 1, b"", "lost")
    if saved_before:
        store.save()
    faults.add("sync")
    store.begin_commit()
    asked: dict[str, Callable[[], object]] = {
        "append": lambda: store.append(context, TYPE, 1, b"", "more"),
        "head": lambda: store.head(context),
    }
    with pytest.raises(StoreError, match="the disk failed"):
        asked.get(more, getattr(store, more, store.save))()
    faults.clear()
    with pytest.raises(StoreError, match="nothing more is written"):
        store.save()
    store.close()


def test_a_store_that_is_closed_ends_the_barrier_that_was_begun_first(path: Path) -> None:
    contexts = []
    for number in range(30):
        store = SqliteStore(path)
        contexts.append(store.create_context())
        store.append(contexts[-1], TYPE, 1, b"x" * 100 * number, "begun")
        store.begin_commit()
        store.close()
    again = SqliteStore(path)
    assert [keys(again, context) for context in contexts] == [["begun"]] * 30
    again.close()


def test_nobody_who_closes_a_store_hears_of_a_barrier_that_nobody_waits_for(
    path: Path, faults: set[str], on_faulty_disk: Callable[[], SqliteStore]
) -> None:
    store = on_faulty_disk()
    context = store.create_context()
    store.append(context, TYPE, 1, b"", "kept")
    store.commit()
    store.append(context, TYPE, 1, b"x" * 5000, "lost")
    faults.add("full")
    store.begin_commit()
    store.close()
    store.close()
    faults.clear()
    again = SqliteStore(path)
    assert keys(again, context) == ["kept"]
    again.close()


def test_a_barrier_that_was_begun_is_there_when_the_next_saving_returns(
    path: Path, on_faulty_disk: Callable[[], SqliteStore]
) -> None:
    synced = path.with_name("synced")
    store = on_faulty_disk()
    FaultyFile.synced = synced
    try:
        context = store.create_context()
        for number in range(20):
            store.append(context, TYPE, 1, b"", f"before {number}")
            store.begin_commit()
            store.append(context, TYPE, 1, b"", f"after {number}")
            size = path.with_name(f"{path.name}-wal").stat().st_size
            assert int(synced.read_text()) == size, "all that was logged until then is synced"
            store.save()
    finally:
        FaultyFile.synced = None
    reader = SqliteStore(path)
    assert keys(reader, context) == [
        f"{when} {n}" for n in range(20) for when in ("before", "after")
    ]
    reader.close()
    store.close()


@pytest.mark.parametrize("barrier", ["commit", "begin_commit"])
def test_a_barrier_after_a_group_that_changed_nothing_syncs_what_was_saved_before(
    path: Path, barrier: str, on_faulty_disk: Callable[[], SqliteStore]
) -> None:
    synced = path.with_name("synced")
    store = on_faulty_disk()
    FaultyFile.synced = synced
    try:
        context = store.create_context()
        store.put_blob(b"known")
        for number, end in enumerate(("save", "commit", "save")):  # a barrier is expected next
            store.append(context, TYPE, 1, b"", f"saved {number}")
            getattr(store, end)()
        store.put_blob(b"known")
        getattr(store, barrier)()
        store.save()
        size = path.with_name(f"{path.name}-wal").stat().st_size
        assert int(synced.read_text()) == size, "all that was saved is synced"
    finally:
        FaultyFile.synced = None
    store.close()


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ("cccccccc", "2211111"),
        ("ssssssss", "1111111"),
        ("scscscsc", "2111111"),
    ],
    ids=["each is synced", "none is synced", "every other one is synced"],
)
def test_a_group_that_ends_as_was_expected_takes_one_transaction(
    path: Path, ends: str, expected: str
) -> None:
    store = SqliteStore(path)
    statements: list[str] = []
    connection: sqlite3.Connection = store._do._connection  # type: ignore[assignment]
    connection.set_trace_callback(statements.append)
    context = store.create_context()
    store.save()
    taken = ""
    for number, end in enumerate(ends[1:]):
        statements.clear()
        store.append(context, TYPE, 1, b"", str(number))
        (store.commit if end == "c" else store.save)()
        taken += str(statements.count("COMMIT"))
    assert taken == expected
    store.close()


def test_what_another_process_wrote_between_two_groups_is_not_overlooked(path: Path) -> None:
    one, two = SqliteStore(path), SqliteStore(path)
    context = one.create_context()
    one.create_run(RunRow("r1", context, "", "", "", "", ""))
    one.append(context, TYPE, 1, b"", "r1|1", index=Index("r1", 1))
    one.commit()
    two.append(context, TYPE, 1, b"", "r1|2", index=Index("r1", 2))
    two.commit()
    with pytest.raises(KeyConflict, match="up to number 2"):
        one.append(context, TYPE, 1, b"", "mine", index=Index("r1", 2))
    assert one.append(context, TYPE, 1, b"", "r1|3", index=Index("r1", 3)).parent == "2"
    one.close()
    two.close()


BEGINNINGS: dict[str, Callable[[SqliteStore], object]] = {
    "a turn": lambda store: store.append("2", TYPE, 1, b"", "other"),
    "a blob": lambda store: store.put_blob(b"new"),
    "a run": lambda store: store.create_run(RunRow("new", "2", "", "", "", "", "")),
    "a run's state": lambda store: store.update_run("r1", "failed", "t"),
    "a wish": lambda store: store.post("r1", "pause", {}, "t"),
}


@pytest.mark.parametrize("begins", BEGINNINGS.values(), ids=BEGINNINGS)
def test_whatever_opens_a_group_sees_what_another_process_wrote_before(
    path: Path, begins: Callable[[SqliteStore], object]
) -> None:
    one, two = SqliteStore(path), SqliteStore(path)
    context, _ = one.create_context(), one.create_context()
    one.create_run(RunRow("r1", context, "", "", "", "", ""))
    one.append(context, TYPE, 1, b"", "a")
    one.commit()
    two.append(context, TYPE, 1, b"", "b")
    two.commit()
    begins(one)
    assert keys(one, context) == ["a", "b"]
    assert one.append(context, TYPE, 1, b"", "c").depth == 2
    one.close()
    two.close()


def test_a_disk_that_fills_up_within_a_group_is_final_too(
    path: Path, faults: set[str], on_faulty_disk: Callable[[], SqliteStore]
) -> None:
    store = on_faulty_disk()
    context = store.create_context()
    store.commit()
    faults.add("full")
    with pytest.raises(StoreError, match="the disk is full"):  # noqa: PT012
        # More than SQLite keeps in memory, so that it has to write before the commit.
        for number in range(400):
            store.append(context, TYPE, 1, b"x" * 60_000, str(number))
    faults.clear()
    # SQLite has given the group up; what came now would stand alone.
    with pytest.raises(StoreError, match="nothing more is written"):
        store.append(context, TYPE, 1, b"", "alone")
    with pytest.raises(StoreError, match="nothing more is written"):
        store.commit()
    store.close()
    again = SqliteStore(path)
    assert keys(again, context) == []
    again.close()


def test_who_waits_too_long_for_another_process_is_told_and_may_try_again(path: Path) -> None:
    holder = SqliteStore(path)
    holder.create_context()
    impatient = SqliteStore(
        path, connect=lambda where: sqlite3.connect(where, timeout=0.05, isolation_level=None)
    )
    with pytest.raises(StoreError, match="another process has locked it"):
        impatient.create_context()
    holder.commit()
    assert impatient.create_context() == "2"
    impatient.close()
    holder.close()


# --- files that are no store


def test_a_long_group_of_a_runs_writer_is_logged_before_its_end_and_seen_after_it(
    path: Path,
) -> None:
    store = SqliteStore(path)
    lease = store.lease("r")
    context = store.create_context()
    log = path.with_name(f"{path.name}-wal")
    for number in range(6_000):
        store.append(context, "t", 1, bytes(1_000), f"k{number}", lease=lease)
    assert len(store.last(context, 1)) == 1  # what waits is written before anything is read
    assert log.stat().st_size > 3_000_000
    reader = SqliteStore(path, create=False)
    with pytest.raises(NotFound):
        reader.head(context)
    store.save()
    assert len(reader.last(context, 9_000)) == 6_000
    store.close()
    reader.close()


def test_a_newer_store_is_refused_and_left_alone(path: Path) -> None:
    SqliteStore(path).close()
    raw = sqlite3.connect(path)
    raw.execute(f"PRAGMA user_version = {VERSION + 1}")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(NewerStore, match=rf"newer attractorc \(store version {VERSION + 1}"):
        SqliteStore(path)
    assert path.read_bytes() == before


def test_another_programs_database_is_refused_and_left_alone(path: Path) -> None:
    raw = sqlite3.connect(path)
    raw.execute("CREATE TABLE bookmarks (url)")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="database of another program"):
        SqliteStore(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"digraph { a -> b }\n" * 99, os.urandom(4096)])
def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StoreError, match="no store, not even a database") as caught:
        SqliteStore(path)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == content


def test_half_a_store_is_one_sentence(path: Path) -> None:
    store = SqliteStore(path)
    context = store.create_context()
    for number in range(200):
        store.append(context, TYPE, 1, b"x" * 900, str(number))
    store.commit()
    store.close()
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    with pytest.raises(StoreError, match="damaged"):  # noqa: PT012 - wherever it is noticed
        again = SqliteStore(path)
        try:
            again.last(context, 999)
        finally:
            again.close()


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="it is no file"):
        SqliteStore(tmp_path)


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="the store cannot be opened"):
        SqliteStore(tmp_path / "file" / "runs.db")


def test_readers_do_not_make_a_store(path: Path) -> None:
    with pytest.raises(StoreError, match="no store here yet"):
        open_store(str(path), create=False)
    assert not path.exists()


@pytest.mark.parametrize("location", ["", "a\0b"])
def test_a_location_that_names_nothing_is_refused(location: str) -> None:
    with pytest.raises(StoreError, match="location"):
        open_store(location)


def test_half_a_surrogate_pair_is_refused_without_harm(path: Path) -> None:
    store = SqliteStore(path)
    context = store.create_context()
    with pytest.raises(StoreError, match="half a surrogate pair"):
        store.create_run(RunRow("\udcff", context, "", "", "", "", ""))
    store.append(context, TYPE, 1, b"", "a")
    store.commit()
    store.close()


# --- files and their owner


def test_store_and_folders_are_their_owners_only(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "a" / "b" / "runs.db")
    store.create_context()
    store.commit()
    lease = store.lease("r1")
    seen = {
        str(each.relative_to(tmp_path)): oct(stat.S_IMODE(each.stat().st_mode))
        for each in sorted(tmp_path.rglob("*"))
    }
    assert seen == {
        "a": "0o700",
        "a/b": "0o700",
        "a/b/runs.db": "0o600",
        "a/b/runs.db-shm": "0o600",
        "a/b/runs.db-wal": "0o600",
        "a/b/runs.db.locks": "0o700",
        "a/b/runs.db.locks/r1.lock": "0o600",
    }
    lease.release()
    store.close()


@pytest.mark.parametrize("inner", ["", "mirrors"])
def test_folders_of_locks_that_are_missing_are_made_for_their_owner_only(
    tmp_path: Path, inner: str
) -> None:
    before = os.umask(0)
    try:
        lock = take(tmp_path / "runs.db.locks" / inner, "r1")
    finally:
        os.umask(before)
    for folder in (tmp_path / "runs.db.locks", tmp_path / "runs.db.locks" / inner):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    lock.release()


def test_lock_files_stay_in_their_folder_and_apart(tmp_path: Path) -> None:
    ids = ["..", "../x", "/etc/passwd", "a" * 300, "a" * 301, "é" * 200, "a/b", "a%2Fb", ""]
    names = [lock_name(run_id) for run_id in ids]
    assert len(set(names)) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z0-9_%-]*\.lock", name) for name in names)
    assert max(map(len, names)) < 130
    store = SqliteStore(tmp_path / "runs.db")
    for run_id in ids:
        store.lease(run_id).release()
    store.close()
    assert {each.name for each in tmp_path.rglob("*")} == {"runs.db", "runs.db.locks"}


def test_a_writer_that_lost_its_lock_file_is_fenced_off_by_the_epoch(tmp_path: Path) -> None:
    one, two = SqliteStore(tmp_path / "runs.db"), SqliteStore(tmp_path / "runs.db")
    context = one.create_context()
    one.commit()
    old = one.lease("r1")
    (tmp_path / "runs.db.locks" / "r1.lock").unlink()
    new = two.lease("r1")
    with pytest.raises(Fenced):
        one.append(context, TYPE, 1, b"", "late", lease=old)
    one.commit()
    two.append(context, TYPE, 1, b"", "a", lease=new)
    two.commit()
    old.release()
    with pytest.raises(Locked):
        one.lease("r1")
    new.release()
    two.close()
    one.close()


def test_a_lock_file_left_by_a_dead_process_is_taken_over(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "runs.db")
    folder = tmp_path / "runs.db.locks"
    folder.mkdir()
    (folder / "r1.lock").write_text("99999\n")
    lease = store.lease("r1")
    assert (folder / "r1.lock").read_text() == f"{os.getpid()}\n"
    lease.release()
    store.close()


@pytest.mark.parametrize("mark", [".git", "pyproject.toml", "attractorc.toml", ".attractor"])
def test_the_default_store_is_beside_the_nearest_project_root(tmp_path: Path, mark: str) -> None:
    (tmp_path / ".git").mkdir()
    project = tmp_path / "inner"
    deep = project / "src" / "deep"
    deep.mkdir(parents=True)
    assert default_location(deep) == tmp_path / ".attractor" / "runs.db"
    (project / mark).mkdir()
    assert default_location(deep) == project / ".attractor" / "runs.db"


def test_without_a_project_the_store_is_in_the_users_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if any((parent / ".git").exists() for parent in tmp_path.parents):
        pytest.skip("the temporary folder is inside a project")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert default_location(tmp_path) == tmp_path / "state" / "attractorc" / "runs.db"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    expected = tmp_path / ".local" / "state" / "attractorc" / "runs.db"
    assert default_location(tmp_path) == expected


def test_the_file_says_whose_it_is(path: Path) -> None:
    SqliteStore(path).close()
    raw = sqlite3.connect(path)
    pragmas = ("application_id", "user_version", "journal_mode")
    found = [raw.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas]
    raw.close()
    assert found == [APPLICATION_ID, VERSION, "wal"]


# --- no page costs a walk over the run


FILTERS = [
    Filter(*chosen)
    for chosen in itertools.product(
        (None, "node"),
        (None, "/f.1/x"),
        (None, "r:/a.1@1"),
        (None, (TYPE,), (TYPE, "attractor.run_lifecycle")),
        (None, ("started",), ("started", "completed")),
    )
]


def index_that_should_drive(walks: list[Walk] | None) -> str:
    """The index of the list that was chosen to be walked."""
    if walks is None:
        return "PRIMARY KEY (run=? AND seq>?)"
    column = walks[0].conditions[0].partition(".")[2].partition(" ")[0]
    index = "PRIMARY KEY" if column == "scope" else f"INDEX entries_{column}"
    return f"{index} (run=? AND {column}=? AND seq>?)"


@pytest.mark.parametrize("backwards", [False, True], ids=["oldest first", "newest first"])
def test_every_filter_is_answered_from_whichever_index_is_to_drive_in_order(
    path: Path, backwards: bool
) -> None:
    SqliteStore(path).close()
    raw = sqlite3.connect(path)
    asked = [(where, walks) for where in FILTERS for walks in list(lists(where)) or [None]]
    for where, walks in asked:
        statement, values = page(Stretch(1, 0, backwards), 256, where, walks)
        plan = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
        assert not [step for step in plan if re.match(r"SCAN (?!page|t\b|\(?subquery)", step)]
        first = next(step for step in plan if re.match(r"SEARCH [es] ", step))
        expected = index_that_should_drive(walks)
        assert (expected.replace(">", "<") if backwards else expected) in first, (where, plan)
    raw.close()


def test_a_page_of_a_long_run_is_quick_wherever_it_is(path: Path) -> None:
    store = SqliteStore(path)
    context = store.create_context()
    store.create_run(RunRow("r1", context, "p", "d", "running", "t", "t"))
    total = 20_000
    began = time.perf_counter()
    for number in range(1, total + 1):
        branch = f"/f.1/b{number % 100}"
        kind = "started" if number % 2 else "completed"
        attempt = f"r1:{branch}/n.1@1"
        index = Index("r1", number, kind, f"n{number % 7}", branch, attempt)
        store.append(context, TYPE, 1, b"x" * 200, str(number), index=index)
    store.commit()
    # A shared machine may be slow; a walk over the run for each page is far beyond this.
    assert time.perf_counter() - began < 10
    spent = []
    for where in (*FILTERS, Filter(path="/f.1"), Filter(node_id="n3", path="/f.1/b3")):
        for after in (0, total - 100):
            began = time.perf_counter()
            store.records("r1", after, 100, where)
            spent.append(time.perf_counter() - began)
    store.close()
    assert sorted(spent)[len(spent) // 2] < 0.05
