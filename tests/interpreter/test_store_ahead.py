"""Rows that a second thread writes while more are made: all of a group is there, or nothing."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from attractorc.interpreter.ports import Index, RunRow, StoreError
from attractorc.interpreter.stores.ahead import OPEN_LIMIT, ROWS_AT_ONCE, Ahead
from attractorc.interpreter.stores.connection import Connection
from attractorc.interpreter.stores.rows import insert
from attractorc.interpreter.stores.sqlite import SqliteStore

TYPE = "attractor.stage_lifecycle"
MANY = 5 * ROWS_AT_ONCE + 7


class Watched:
    """A connection that notes which thread writes whole batches, and fails at one of them."""

    def __init__(
        self, path: Path, fails_at: int | None = None, error: Exception | None = None
    ) -> None:
        self.real = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.executemany: Any = self.real.executemany
        self.close = self.real.close
        self.writers: list[str] = []
        self.fails_at = fails_at
        self.error = error or disk_full()

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Any:
        if sql.startswith("INSERT INTO") and len(values) > ROWS_AT_ONCE:
            self.writers.append(threading.current_thread().name)
            if len(self.writers) == self.fails_at:
                raise self.error
        return self.real.execute(sql, values)


def disk_full() -> sqlite3.Error:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    error.sqlite_errorname = "SQLITE_FULL"
    return error


def watched(
    path: Path, fails_at: int | None = None, error: Exception | None = None
) -> tuple[SqliteStore, Watched]:
    made: list[Watched] = []

    def connect(path: Path) -> Watched:
        made.append(Watched(path, fails_at, error))
        return made[-1]

    return SqliteStore(path, connect=connect), made[0]


def filled(store: SqliteStore, size: int = 300, count: int = MANY) -> str:
    context = store.create_context()
    store.create_run(RunRow("r1", context, "p", "d", "running", "t", "t"))
    for number in range(1, count + 1):
        index = Index(
            "r1", number, "started", f"n{number % 5}", f"/f.1/b{number % 7}", f"a{number}"
        )
        payload = number.to_bytes(4, "big") * (size // 4)
        store.append(context, TYPE, 1, payload, f"r1|{number}", index=index)
        store.put_blob(payload[:8])
    return context


def test_a_long_group_is_written_by_the_second_thread_and_is_whole(tmp_path: Path) -> None:
    store, connection = watched(tmp_path / "runs.db")
    context = filled(store)
    store.commit()
    assert len(connection.writers) >= 10
    assert set(connection.writers) == {"store"}
    store.close()
    again = SqliteStore(tmp_path / "runs.db")
    assert [turn.key for turn in again.last(context, 10**6)] == [f"r1|{n + 1}" for n in range(MANY)]
    records = again.records("r1", limit=10**6)
    assert [int.from_bytes(turn.payload[:4], "big") for turn in records] == list(range(1, MANY + 1))
    assert again.turns(context, limit=1)[0].depth == MANY - 1
    again.close()


def test_what_was_handed_over_can_be_read_within_its_group(tmp_path: Path) -> None:
    store, _ = watched(tmp_path / "runs.db")
    filled(store)
    assert [turn.key for turn in store.records("r1", after=MANY - 2)][-1] == f"r1|{MANY}"
    store.close()


def test_a_disk_that_fills_up_meanwhile_is_told_once_and_is_final(tmp_path: Path) -> None:
    store, _ = watched(tmp_path / "runs.db", fails_at=3)
    filled(store, count=3 * ROWS_AT_ONCE)
    with pytest.raises(StoreError, match="the disk is full") as told:
        store.commit()
    assert "what was committed before is safe" in str(told.value)
    with pytest.raises(StoreError, match="the disk is full"):
        store.create_context()
    store.close()
    again = SqliteStore(tmp_path / "runs.db")
    assert again.runs() == ()
    assert again.create_context() == "1"
    again.close()


def test_closing_in_the_middle_gives_the_group_up_and_leaves_no_thread(tmp_path: Path) -> None:
    store, _ = watched(tmp_path / "runs.db")
    filled(store)
    store.close()
    assert "store" not in {thread.name for thread in threading.enumerate()}
    again = SqliteStore(tmp_path / "runs.db")
    assert again.runs() == ()
    again.close()


def test_few_large_rows_do_not_wait_to_be_many(tmp_path: Path) -> None:
    store, connection = watched(tmp_path / "runs.db")
    filled(store, size=400_000, count=6)
    kept = connection.real.execute("SELECT count(*) FROM turns").fetchone()
    assert kept[0] >= 3
    store.close()


def test_short_groups_need_no_thread(tmp_path: Path) -> None:
    store, connection = watched(tmp_path / "runs.db")
    filled(store, count=100)
    store.commit()
    assert connection.writers == []
    assert "store" not in {thread.name for thread in threading.enumerate()}
    store.close()


@pytest.mark.parametrize("where", ["the second thread", "the end of the group"])
def test_a_group_with_rows_missing_for_want_of_memory_is_never_committed(
    tmp_path: Path, where: str
) -> None:
    """The standard module tells of it by an exception that is none of SQLite's."""
    ahead = where == "the second thread"
    store, connection = watched(tmp_path / "runs.db", 3 if ahead else None, MemoryError())
    filled(store, count=3 * ROWS_AT_ONCE if ahead else 100)
    if not ahead:

        def refused(sql: str, rows: Sequence[Any]) -> Any:
            connection.real.executemany(sql, rows[: len(rows) // 2])
            raise MemoryError

        connection.executemany = refused
    for _ in range(2):
        with pytest.raises(StoreError, match="the memory is full; what was committed before"):
            store.save()
    store.close()
    again = SqliteStore(tmp_path / "runs.db")
    assert again.runs() == ()
    again.close()


class Recorded:
    """A connection that writes down what it is told, and may wait before it does anything."""

    def __init__(self, *, fails: str = "", waits: threading.Event | None = None) -> None:
        self.told: list[str] = []
        self._fails = fails
        self._waits = waits

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Any:
        if self._waits is not None:
            self._waits.wait()
        self.told.append(sql)
        if sql == self._fails:
            raise sqlite3.OperationalError(sql)

    executemany = execute

    def close(self) -> None:
        """Nothing to close."""


def test_nothing_is_done_after_what_failed() -> None:
    connection = Recorded(fails="COMMIT")
    ahead = Ahead(cast(Connection, connection))
    for statement in ("one", "COMMIT", "BEGIN", "two"):
        ahead.write(statement, ())
    with pytest.raises(sqlite3.OperationalError, match="COMMIT"):
        ahead.wait()
    assert connection.told == ["one", "COMMIT"]
    ahead.end()


def test_who_is_much_faster_than_the_disk_waits_for_it() -> None:
    goes_on = threading.Event()
    connection = Recorded(waits=goes_on)
    ahead = Ahead(cast(Connection, connection))
    count = 2 * OPEN_LIMIT

    def writes() -> None:
        for number in range(count):
            ahead.write(str(number), ())
        ahead.wait()

    writer = threading.Thread(target=writes, daemon=True)
    writer.start()
    writer.join(0.1)
    try:
        assert writer.is_alive()
        assert ahead.busy
        assert ahead.open == OPEN_LIMIT
    finally:
        goes_on.set()
        writer.join(10)
    assert connection.told == [str(number) for number in range(count)]
    assert not ahead.busy
    ahead.end()


@pytest.mark.parametrize("count", [1, 63, 64, 65, 200])
def test_rows_are_written_in_their_order_however_many_go_into_a_statement(
    tmp_path: Path, count: int
) -> None:
    connection = sqlite3.connect(tmp_path / "rows.db", isolation_level=None)
    connection.execute("CREATE TABLE kept (id INTEGER PRIMARY KEY, text TEXT, data BLOB)")
    given = [(None, f"row {number}", bytes([number])) for number in range(count)]
    insert(connection, "INSERT INTO kept VALUES (?, ?, ?)", given, 64)
    found = connection.execute("SELECT * FROM kept ORDER BY id").fetchall()
    assert found == [(number + 1, text, data) for number, (_, text, data) in enumerate(given)]
    connection.close()


def test_rows_that_are_too_wide_for_one_statement_are_written_one_by_one(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "rows.db", isolation_level=None)
    wide = 1_000
    connection.execute(f"CREATE TABLE kept ({', '.join(f'c{n}' for n in range(wide))})")
    sql = f"INSERT INTO kept VALUES ({', '.join('?' * wide)})"
    insert(connection, sql, [tuple(range(wide))] * 130, 64)
    assert connection.execute("SELECT count(*) FROM kept").fetchone() == (130,)
    connection.close()
