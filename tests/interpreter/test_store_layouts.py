"""Stores of older layouts: opened, upgraded in place, whole or not at all.

`layouts/N.sql` is a store as layout N left it; there is one for every layout that was ever
released, and each must open with everything in it.
"""

from __future__ import annotations

import re
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from attractorc.interpreter.ports import KeyConflict, NewerStore, RunRow, StoreError
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


def schema(path: Path) -> list[object]:
    found = raw(path, "SELECT name || ': ' || coalesce(sql, '') FROM sqlite_master ORDER BY name")
    return [re.sub(r"\s+", " ", str(line)) for line in found]


@pytest.mark.parametrize("number", range(1, VERSION + 1))
def test_an_upgraded_store_has_the_tables_of_a_new_one(number: int, tmp_path: Path) -> None:
    path, new = left_by(number, tmp_path), tmp_path / "new.db"
    for each in (path, new):
        SqliteStore(each).close()
    assert schema(path) == schema(new)


ODD_KEYS = """
INSERT INTO runs VALUES (3, 'a|1', '4', '', '', '', '', '');
INSERT INTO turns VALUES
    (44, 4, 43, 10, 't', 1, X'', 'of a turn'), (45, 1, 33, 23, 't', 1, X'', 'parked|3'),
    (46, 4, 44, 11, 't', 1, X'', 'of a record'), (47, 4, 46, 12, 't', 1, X'', 'parked|12'),
    (48, 4, 47, 13, 't', 1, X'', 'a|1|1'), (49, 4, 48, 14, 't', 1, X'', 'parked|12|1');
INSERT INTO entries VALUES (2, 11, 46, 't', '', '', '', ''), (2, 12, 47, 't', '', '', '', ''),
    (3, 1, 48, 't', '', '', '', ''), (3, 2, 49, 't', '', '', '', '');
UPDATE counters SET value = 49 WHERE name = 'turn';
UPDATE counters SET value = 3 WHERE name = 'run';
"""
"""Turns in a store of layout 1 of which some have the key of a record that they are not."""


def test_an_upgrade_to_2_keeps_the_keys_that_no_entry_leads_to(tmp_path: Path) -> None:
    path = left_by(1, tmp_path)
    connection = sqlite3.connect(path)
    connection.executescript(ODD_KEYS)
    connection.close()
    store = SqliteStore(path)
    assert raw(path, "SELECT turn || ' ' || key FROM keys ORDER BY turn") == [
        "44 of a turn",
        "45 parked|3",
        "46 of a record",
        "49 parked|12|1",
    ]
    turns = [turn for context in ("1", "2", "3", "4") for turn in store.last(context, 99)]
    assert {int(turn.id) for turn in turns} == set(range(1, 50))
    for turn in turns:
        given = (turn.context, turn.type, turn.version)
        assert store.append(*given, turn.payload, turn.key) == turn
        with pytest.raises(KeyConflict):
            store.append(*given, b"other", turn.key)
    store.close()


LONG = """
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
INSERT INTO turns SELECT 43 + i, 4, 42 + i, 9 + i, 't', 1, zeroblob(500),
    CASE i % 2 WHEN 0 THEN 'parked|' ELSE 'a turn with a key of its own, ' END || (10 + i) FROM n;
INSERT INTO entries SELECT 2, id - 33, id, 't', '', '', '', '' FROM turns WHERE id > 43;
"""


def test_an_upgrade_takes_a_time_that_grows_with_the_store(tmp_path: Path) -> None:
    path = left_by(1, tmp_path)
    connection = sqlite3.connect(path)
    connection.executescript(LONG)
    connection.close()
    began = time.perf_counter()
    SqliteStore(path).close()
    # A tenth of a second; who compares each with each needs twenty.
    assert time.perf_counter() - began < 5
    assert raw(path, "SELECT count(*) FROM keys") == [20_000]


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


WRITES: dict[str, Callable[[SqliteStore, str], object]] = {
    "a turn": lambda store, context: store.append(context, "t", 1, b"", "after"),
    "a context": lambda store, _context: store.create_context(),
    "a blob": lambda store, _context: store.put_blob(b"after"),
    "a run": lambda store, context: store.create_run(RunRow("new", context, "", "", "", "", "")),
    "a run's state": lambda store, _context: store.update_run("parked", "failed", "after"),
    "a wish": lambda store, _context: store.post("parked", "pause", {}, "after"),
    "a lease": lambda store, _context: store.lease("parked"),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_writer_of_the_older_layout_stops_when_its_store_is_upgraded(
    write: Callable[[SqliteStore, str], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
        write(older, context)
    assert [turn.key for turn in older.last(context, 9)] == ["before"]
    older.close()
    assert "after" not in str(raw(path, "SELECT updated FROM runs"))


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
if sys.argv[3] == "beyond":
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


@pytest.mark.parametrize(
    ("number", "target"),
    [
        pytest.param(1, VERSION, id="from the first"),
        pytest.param(VERSION, VERSION + 1, id="to one that is still to come"),
    ],
)
def test_an_upgrade_killed_anywhere_is_whole_or_has_not_begun(
    number: int, target: int, tmp_path: Path
) -> None:
    """Killed before each statement in turn, until one lives to the end."""
    killed = 0
    seen: dict[object, set[str]] = {number: {str(schema(left_by(number, tmp_path)))}}
    for until in range(100):
        folder = tmp_path / str(until)
        folder.mkdir()
        path = left_by(number, folder)
        kind = "beyond" if target > VERSION else "known"
        command = [sys.executable, "-c", UPGRADING, str(path), str(until), kind]
        done = forked.run(command, check=False)
        (version,) = raw(path, "PRAGMA user_version")
        seen.setdefault(version, set()).add(str(schema(path)))
        assert raw(path, "PRAGMA integrity_check") == ["ok"]
        assert len(raw(path, "SELECT run_id FROM runs")) == 2
        if done.returncode == 0:
            assert version == target
            break
        assert done.returncode == -signal.SIGKILL
        killed += 1
    assert [len(schemas) for schemas in seen.values()] == [1, 1], "before and after, no more"
    assert killed > sum(map(len, (*MIGRATIONS, NEXT)[number:target])) + 3
