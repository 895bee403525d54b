"""Stores of older layouts: opened, upgraded in place, whole or not at all.

`layouts/N.sql` is a store as layout N left it; there is one for every layout that was ever
released, and each must open with everything in it.
"""

from __future__ import annotations

import signal
import sqlite3
import sys
from pathlib import Path

import pytest

from attractorc.interpreter.ports import NewerStore, StoreError
from attractorc.interpreter.queries import attempts, lineage, runs
from attractorc.interpreter.stores import layout
from attractorc.interpreter.stores.layout import MIGRATIONS, VERSION
from attractorc.interpreter.stores.sqlite import SqliteStore

from .. import forked
from .journals import asking_plan
from .pipelines import run

LAYOUTS = Path(__file__).parent / "layouts"
NEXT = (
    "ALTER TABLE runs ADD COLUMN note TEXT NOT NULL DEFAULT ''",
    "UPDATE runs SET note = 'upgraded'",
    "CREATE INDEX runs_note ON runs (note)",
)
"""A layout that does not exist yet: what the next one may have to do."""


def left_by(number: int, folder: Path) -> Path:
    path = folder / "runs.db"
    raw = sqlite3.connect(path)
    raw.executescript((LAYOUTS / f"{number}.sql").read_text("utf-8"))
    raw.close()
    return path


def raw(path: Path, question: str) -> list[object]:
    connection = sqlite3.connect(path)
    found = connection.execute(question).fetchall()
    connection.close()
    return [row[0] for row in found]


def test_every_layout_has_its_store() -> None:
    assert sorted(file.stem for file in LAYOUTS.iterdir()) == [
        str(number + 1) for number in range(VERSION)
    ]


@pytest.mark.parametrize("number", range(1, VERSION + 1))
def test_a_store_of_any_layout_is_read_and_written(number: int, tmp_path: Path) -> None:
    path = left_by(number, tmp_path)
    store = SqliteStore(path)
    assert [row.run_id for row in runs(store)] == ["parked", "ended"]
    assert len(attempts(store, "ended")) == 6
    origin = lineage(store, "ended", "long", "/fan.1/a")
    assert origin is not None
    assert origin.origin is not None
    assert origin.origin.value == "x" * 40000
    assert run(asking_plan(), store=store, run_id="new").result.status == "parked"
    assert [row.run_id for row in runs(store)] == ["new", "parked", "ended"]
    store.close()
    assert raw(path, "PRAGMA user_version") == [VERSION]
    assert raw(path, "PRAGMA integrity_check") == ["ok"]


def test_an_older_store_is_upgraded_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = left_by(VERSION, tmp_path)
    monkeypatch.setattr(layout, "MIGRATIONS", (*MIGRATIONS, NEXT))
    monkeypatch.setattr(layout, "VERSION", VERSION + 1)
    store = SqliteStore(path)
    assert [row.run_id for row in runs(store)] == ["parked", "ended"]
    store.close()
    assert raw(path, "PRAGMA user_version") == [VERSION + 1]
    assert raw(path, "SELECT note FROM runs") == ["upgraded", "upgraded"]


def test_a_writer_of_the_older_layout_stops_when_its_store_is_upgraded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = left_by(VERSION, tmp_path)
    older = SqliteStore(path)
    context = older.create_context()
    older.append(context, "t", 1, b"", "before")
    older.commit()
    with monkeypatch.context() as patched:
        patched.setattr(layout, "MIGRATIONS", (*MIGRATIONS, NEXT))
        patched.setattr(layout, "VERSION", VERSION + 1)
        SqliteStore(path).close()
    with pytest.raises(NewerStore, match="upgraded by a newer attractorc meanwhile"):
        older.append(context, "t", 1, b"", "after")
    assert [turn.key for turn in older.last(context, 9)] == ["before"]
    older.close()


def test_an_upgrade_that_fails_leaves_the_store_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = left_by(VERSION, tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(layout, "MIGRATIONS", (*MIGRATIONS, (*NEXT, "CREATE TABLE runs (x)")))
        patched.setattr(layout, "VERSION", VERSION + 1)
        with pytest.raises(StoreError, match="already exists"):
            SqliteStore(path)
    assert raw(path, "PRAGMA user_version") == [VERSION]
    assert "note" not in str(raw(path, "SELECT sql FROM sqlite_master WHERE name = 'runs'"))
    store = SqliteStore(path)
    assert [row.run_id for row in runs(store)] == ["parked", "ended"]
    store.close()


UPGRADING = """
import os, signal, sqlite3, sys
from pathlib import Path
from attractorc.interpreter.stores import layout
from attractorc.interpreter.stores.sqlite import SqliteStore
from tests.interpreter.test_store_layouts import NEXT

path, until = Path(sys.argv[1]), int(sys.argv[2])
layout.MIGRATIONS, layout.VERSION = (*layout.MIGRATIONS, NEXT), layout.VERSION + 1

class Dying:
    def __init__(self, path):
        self.real, self.count = sqlite3.connect(path, isolation_level=None), 0
        self.executemany, self.close = self.real.executemany, self.real.close

    def execute(self, sql, values=()):
        if self.count == until:
            # What is in memory goes to the file, as if there had been too much of it.
            self.real.execute("PRAGMA cache_spill = 1") if until % 2 else None
            os.kill(os.getpid(), signal.SIGKILL)
        self.count += 1
        return self.real.execute(sql, values)

SqliteStore(path, connect=Dying).close()
"""


def test_an_upgrade_killed_anywhere_is_whole_or_has_not_begun(tmp_path: Path) -> None:
    """Killed before each statement in turn, until one lives to the end."""
    killed = 0
    for until in range(100):
        folder = tmp_path / str(until)
        folder.mkdir()
        path = left_by(VERSION, folder)
        done = forked.run([sys.executable, "-c", UPGRADING, str(path), str(until)], check=False)
        (version,) = raw(path, "PRAGMA user_version")
        columns = raw(path, "SELECT name FROM pragma_table_info('runs')")
        indices = raw(path, "SELECT name FROM sqlite_master WHERE name = 'runs_note'")
        assert (version == VERSION + 1) == ("note" in columns) == bool(indices), until
        assert raw(path, "PRAGMA integrity_check") == ["ok"]
        assert len(raw(path, "SELECT run_id FROM runs")) == 2
        if done.returncode == 0:
            assert version == VERSION + 1
            break
        assert done.returncode == -signal.SIGKILL
        killed += 1
    assert killed > len(NEXT) + 3
