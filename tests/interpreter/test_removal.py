"""Removing runs from a store on disk: nothing left in the file, nothing lost to others."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from attractorc.interpreter.driver.replay import replay
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.ports import Index, NotFound, Removed, RunRow
from attractorc.interpreter.stores.removal import Removal
from attractorc.interpreter.stores.sqlite import SqliteStore

from .. import forked
from .journals import nested_run
from .pipelines import plan, run, step

PATIENCE_S = 60


def long_plan(stages: int):
    names = [f"s{number}" for number in range(stages)]
    return plan(*(step(one, two) for one, two in zip(names, [*names[1:], "exit"], strict=True)))


def all_bytes(path: Path) -> bytes:
    return b"".join(
        each.read_bytes() for each in path.parent.glob(f"{path.name}*") if each.is_file()
    )


def test_nothing_of_a_removed_run_can_be_read_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    store = SqliteStore(path)
    nested_run(store, run_id="other")
    said = Outcome(
        Status.SUCCESS,
        notes="said-in-notes",
        context_updates={"long": "said-in-a-blob" * 4000},
        artifacts={"tool_output.txt": b"said-in-a-file"},
    )
    run(long_plan(40), {"s7": said}, store=store, run_id="gone-for-ever")
    assert b"gone-for-ever" in all_bytes(path)
    store.remove_runs(["gone-for-ever"])
    left = all_bytes(path)
    for trace in (b"gone-for-ever", b"said-in-notes", b"said-in-a-blob", b"said-in-a-file"):
        assert trace not in left
    assert replay(store, "other").difference is None
    store.close()


def test_a_store_is_smaller_once_it_is_compacted(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    store = SqliteStore(path)
    big = Outcome(Status.SUCCESS, artifacts={"tool_output.txt": os.urandom(3_000_000)})
    run(long_plan(3), {"s1": big}, store=store, run_id="big")
    nested_run(store, run_id="small")
    store.remove_runs(["big"])
    before = path.stat().st_size
    store.compact()
    assert path.stat().st_size < before - 2_900_000
    nested_run(store, run_id="after")
    store.close()
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_store_that_was_removed_from_elsewhere_goes_on(tmp_path: Path) -> None:
    """What a writer remembers of its own run is still true."""
    path = tmp_path / "runs.db"
    one, two = SqliteStore(path), SqliteStore(path)
    nested_run(one, run_id="first")
    context = one.create_context()
    one.append(context, "t", 1, b"", "a")
    one.commit()
    assert two.remove_runs(["first"]).turns > 20
    assert one.append(context, "t", 1, b"", "b").depth == 1
    one.commit()
    assert [turn.key for turn in two.last(context, 9)] == ["a", "b"]
    one.close()
    two.close()


def a_run(store: SqliteStore, run_id: str) -> str:
    """A run with one record; the turn of it."""
    context = store.create_context()
    store.create_run(RunRow(run_id, context, "p", "d", "running", "t", "t"))
    return store.append(context, "t", 1, b"", f"{run_id}|1", index=Index(run_id, 1)).id


def test_a_turn_that_another_process_has_removed_is_not_found_by_who_read_it(
    tmp_path: Path,
) -> None:
    reader, other = (SqliteStore(tmp_path / "runs.db") for _ in range(2))
    kept, gone = a_run(other, "kept"), a_run(other, "gone")
    other.commit()
    assert reader.turns("2", before=gone) == ()
    other.remove_runs(["gone"])
    for context in ("1", "2"):
        with pytest.raises(NotFound):
            reader.turns(context, before=gone)
    assert reader.turns("1", before=kept) == ()
    reader.close()
    other.close()


@pytest.mark.parametrize("when", ["while turns are read", "before the store is locked"])
def test_what_goes_on_from_a_run_while_it_is_removed_goes_with_it(
    tmp_path: Path, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "runs.db"
    store, other = SqliteStore(path), SqliteStore(path)
    a_run(store, "kept")
    base = a_run(store, "gone")
    store.commit()

    def meanwhile() -> None:
        fork = other.fork_context(base)
        lost = other.put_blob(b"of a turn that goes").encode()
        inner = other.append(fork, "t", 1, lost, "fork")
        other.append(other.fork_context(inner.id), "t", 1, b"", "fork of it")
        other.append("1", "t", 1, other.put_blob(b"of a turn that stays").encode(), "more")
        other.commit()

    if when == "while turns are read":
        contexts = Removal._contexts

        def read(self: Removal, roots: dict[str, tuple[int, int]]) -> set[int]:
            found = contexts(self, roots)
            monkeypatch.undo()
            meanwhile()
            return found

        monkeypatch.setattr(Removal, "_contexts", read)
    else:
        prepare = Removal.prepare

        def prepared(self: Removal) -> None:
            prepare(self)
            meanwhile()

        monkeypatch.setattr(Removal, "prepare", prepared)
    size = len(b"of a turn that goes")
    assert store.remove_runs(["gone"]) == Removed(("gone",), (), turns=3, blobs=1, blob_bytes=size)
    with contextlib.closing(sqlite3.connect(path)) as raw:
        assert raw.execute("SELECT id FROM contexts").fetchall() == [(1,)]
        assert raw.execute("SELECT key FROM turns").fetchall() == [("kept|1",), ("more",)]
        assert raw.execute("SELECT data FROM blobs").fetchall() == [(b"of a turn that stays",)]
    store.close()
    other.close()


RUNNING = """
import asyncio, sys
from pathlib import Path
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.stores.sqlite import SqliteStore
from tests.interpreter.pipelines import run
from tests.interpreter.test_removal import long_plan

store = SqliteStore(Path(sys.argv[1]))
print("ready", flush=True)

async def work(call):
    await asyncio.sleep(0.005)
    return Outcome(Status.SUCCESS, artifacts={"tool_output.txt": call.step.id.encode() * 99})

made = long_plan(int(sys.argv[2]))
print(run(made, {name: work for name in made.steps}, store=store, run_id="live").result.status)
"""


def test_an_engine_that_runs_meanwhile_loses_nothing(tmp_path: Path) -> None:
    """Runs are removed, and made, from the file that it writes to."""
    path = tmp_path / "runs.db"
    store = SqliteStore(path)
    engine = forked.Process(
        [sys.executable, "-c", RUNNING, str(path), "200"], stdout=subprocess.PIPE, text=True
    )
    assert engine.stdout is not None
    assert engine.stdout.readline() == "ready\n"
    removed = 0
    while engine.poll() is None:
        nested_run(store, run_id=f"r{removed}")
        names = [row.run_id for row in store.runs() if row.run_id != "live"]
        removed += len(store.remove_runs(names).runs)
        if removed == 2:
            assert store.remove_runs(["live"], rehearse=True).busy == ("live",)
    said, _ = engine.communicate(timeout=PATIENCE_S)
    assert said == "success\n"
    assert removed > 3
    assert replay(store, "live").difference is None
    store.close()


DYING = """
import os, signal, sqlite3, sys
from pathlib import Path
from attractorc.interpreter.stores.sqlite import SqliteStore

class Dying:
    def __init__(self, path):
        self.real, self.left = sqlite3.connect(path, isolation_level=None), int(sys.argv[2])
        self.executemany, self.close = self.real.executemany, self.real.close

    def execute(self, sql, values=()):
        if sql.startswith(("DELETE", "COMMIT")):
            self.left -= 1
            if not self.left:
                os.kill(os.getpid(), signal.SIGKILL)
        return self.real.execute(sql, values)

SqliteStore(Path(sys.argv[1]), connect=Dying).remove_runs(["gone"])
"""


def test_a_removal_that_is_killed_is_whole_or_has_not_begun(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    store = SqliteStore(path)
    nested_run(store, run_id="kept")
    nested_run(store, run_id="gone")
    whole = len(store.records("gone", limit=10_000))
    for left in (1, 2, 4, 8, 16, 20):
        died = forked.run([sys.executable, "-c", DYING, str(path), str(left)], check=False)
        if died.returncode != -signal.SIGKILL:
            break
        assert len(store.records("gone", limit=10_000)) == whole
        assert replay(store, "gone").difference is None
    store.remove_runs(["gone"])
    assert replay(store, "kept").difference is None
    assert json.dumps([row.run_id for row in store.runs()]) == '["kept"]'
    store.close()
