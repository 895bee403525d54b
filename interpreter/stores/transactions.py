"""One connection, one transaction at a time: begun at the first write, ended by a commit.

What fails inside a transaction may have taken acknowledged work with it, and a failed fsync
cannot be repeated. So such a failure is final: the store says so and refuses everything
after it. Apart from the store, because this is the part that durability rests on. It must
not know what is written.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from ..ports import StoreError
from .ahead import ROWS_AT_ONCE, Ahead
from .connection import Connection, cause, harmless
from .rows import insert

BYTES_AT_ONCE = 1024 * 1024
ROW_BYTES = 500
ROWS_A_STATEMENT = 64
WRITER_KIB = 2 * 1024
_TOUCH = (
    "INSERT INTO counters VALUES ('barrier', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1"
)


class Transactions:
    """Statements over one connection, grouped by `commit`.

    What was read while `writing` may be remembered as long as `era` stays the same: it changes
    when a group begins and somebody else has written meanwhile. `counters` are the store's
    own.
    """

    def __init__(self, connection: Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._broken: str | None = None
        self.writing = False
        self._unsynced = False
        self._mode = "NORMAL"
        # Whether a group was synced that came after one that was (True) or was not (False).
        self._syncs_after = {True: False, False: False}
        self._synced_last = False
        self.era = 0
        self._version = -1
        self._loaded: dict[str, int] = {}
        self.counters: dict[str, int] = {}
        self._waiting: dict[str, list[Sequence[Any]]] = {}
        self._bytes = 0
        self._ahead = Ahead(connection)

    def write_early(self) -> None:
        """Have the pages of a long group logged while it is open, and not all at its end.

        SQLite logs them when it may keep no more in memory; nobody sees them before the end.
        """
        self._execute(f"PRAGMA cache_size = -{WRITER_KIB}")

    def begin(self) -> None:
        """Open the group, if none is: from here on nobody else writes to the store."""
        if self._broken is not None:
            raise StoreError(self._broken)
        if self.writing:
            return
        # SQLite is to know before a group begins whether its end is to be synced. One that ends as
        # the last one did that came after such a group costs no second transaction then.
        self._synchronous("FULL" if self._syncs_after[self._synced_last] else "NORMAL")
        self._execute("BEGIN IMMEDIATE")
        self.writing = True
        (version,) = self.one("PRAGMA data_version")
        if version != self._version:
            self._version = version
            self.era += 1
            self._loaded = dict(self.all("SELECT name, value FROM counters"))
            self.counters = dict(self._loaded)

    def next(self, counter: str) -> int:
        """The next number of a counter; from 1, never given twice."""
        self.counters[counter] += 1
        return self.counters[counter]

    def write(self, sql: str, values: Sequence[Any] = ()) -> None:
        """A statement within the group, which is opened if need be."""
        self.begin()
        self._execute(sql, values)

    def changes(self) -> int:
        """How many rows were changed so far."""
        (number,) = self.one("SELECT total_changes()")
        return int(number)

    def alone(self, sql: str) -> None:
        """A statement outside any group."""
        assert not self.writing
        self._execute(sql).fetchall()

    def abandon(self) -> None:
        """End the group without it: nothing of it has happened."""
        self._refuse_if_broken()
        for rows in self._waiting.values():
            rows.clear()
        self._bytes = 0
        self._catch_up()
        if self.writing:
            self._execute("ROLLBACK")
            self.writing = False
            self._version = -1

    def waiting(self, sql: str) -> list[Sequence[Any]]:
        """Rows for one statement, which `wrote` and the next reading write all at once.

        Whoever adds one has begun the group, and then calls `wrote`. They must be such that
        only a failing disk can refuse them: nobody is told whose row it was.
        """
        return self._waiting.setdefault(sql, [])

    def wrote(self, size: int) -> None:
        """So many bytes more are waiting."""
        self._bytes += size + ROW_BYTES
        if self._bytes >= BYTES_AT_ONCE:
            self._write_ahead()

    def commit(self) -> None:
        """End the group, and make all groups durable; nothing to do costs nothing."""
        self._finish_begun()
        if self.writing:
            self._end_group(to_sync=True)
            self._end()
        if self._unsynced:
            self._begin_touch()
            self._end()
            self._unsynced = False

    def begin_commit(self) -> None:
        """Begin what `commit` does, in the second thread; whatever comes next waits for it."""
        self._finish_begun()
        if self.writing:
            self._end_group(to_sync=True)
            self._ahead.write("COMMIT", ())
            self.writing = False
        if self._unsynced:
            self._mode = "FULL"
            for statement in ("PRAGMA synchronous = FULL", "BEGIN IMMEDIATE", _TOUCH, "COMMIT"):
                self._ahead.write(statement, ())
            self._unsynced = False

    def save(self) -> None:
        """End the group: others see it, and it survives this process, not yet the machine."""
        self._finish_begun()
        if self.writing:
            self._end_group(to_sync=False)
            self._end()

    def _finish_begun(self) -> None:
        self._refuse_if_broken()
        if self._ahead.busy and not self.writing:
            self._catch_up()

    def _end_group(self, *, to_sync: bool) -> None:
        """All of the group but its last statement."""
        self._write_waiting()
        changed = [
            (value, name) for name, value in self.counters.items() if value != self._loaded[name]
        ]
        if changed:
            for counter in changed:
                self._execute("UPDATE counters SET value = ? WHERE name = ?", counter)
        elif self._unsynced and self._mode == "FULL":
            self._execute(_TOUCH)  # the end of a group that changed nothing syncs nothing
        self._loaded.update(self.counters)
        self._unsynced = self._mode != "FULL"  # a sync is of all that was logged
        self._syncs_after[self._synced_last] = self._synced_last = to_sync

    def _begin_touch(self) -> None:
        # SQLite syncs its log at the end of a transaction, or not, as it was told before its
        # beginning. So this one only changes something; what it syncs is all that was logged.
        self._synchronous("FULL")
        self._execute("BEGIN IMMEDIATE")
        self.writing = True
        self._execute(_TOUCH)

    def _end(self) -> None:
        try:
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._fail(error)
        self.writing = False

    def _synchronous(self, mode: str) -> None:
        if mode != self._mode:
            self._execute(f"PRAGMA synchronous = {mode}")
            self._mode = mode

    def one(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """The first row, or None."""
        self._write_waiting()
        try:
            return self._execute(sql, values).fetchone()
        except sqlite3.Error as error:
            self._failed(error)

    def all(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows."""
        self._write_waiting()
        try:
            found: list[Any] = self._execute(sql, values).fetchall()
        except sqlite3.Error as error:
            self._failed(error)
        return found

    def close(self) -> None:
        """Give up what was not committed, and the connection, after a barrier that was begun.

        A store that has failed says so once: that its end fails too is no news. Whether a barrier
        that was begun came about is told to who waits for it, which nobody does any more.
        """
        with contextlib.suppress(StoreError):
            self._finish_begun()
        failed = self._broken is not None
        self._broken = self._broken or f"{self._path}: the store is closed"
        self._ahead.end()
        try:
            self._connection.close()
        except sqlite3.Error as error:
            if not failed:
                raise StoreError(f"{self._path}: {cause(error)}") from error

    def _execute(self, sql: str, values: Sequence[Any] = ()) -> Any:
        self._refuse_if_broken()
        if self._ahead.busy:
            self._catch_up()
        try:
            return self._connection.execute(sql, values)
        except sqlite3.Error as error:
            self._failed(error)
        except UnicodeEncodeError as error:
            raise self._no_text from error

    def _write_ahead(self) -> None:
        """Have the full batches of what waits written while the caller goes on."""
        self._refuse_if_broken()
        full = [(sql, rows) for sql, rows in self._waiting.items() if len(rows) >= ROWS_AT_ONCE]
        if not full:  # few rows, but large ones
            self._write_waiting()
        for sql, rows in full:
            while len(rows) >= ROWS_AT_ONCE:
                self._ahead.write(sql, rows[:ROWS_AT_ONCE])
                del rows[:ROWS_AT_ONCE]
            self._bytes = 1  # what is left of them waits

    def _catch_up(self) -> None:
        """Nobody else uses the connection any more."""
        try:
            self._ahead.wait()
        except Exception as error:  # rows are missing, whatever kept them out
            self._fail(error)

    def _write_waiting(self) -> None:
        if not self._bytes:
            return
        self._refuse_if_broken()
        self._catch_up()
        self._bytes = 0
        for sql, rows in self._waiting.items():
            if rows:
                self._insert(sql, rows)
                rows.clear()

    def _insert(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        try:
            insert(self._connection, sql, rows, ROWS_A_STATEMENT)
        except Exception as error:  # some of them may be there
            self._fail(error)

    @property
    def _no_text(self) -> StoreError:
        return StoreError(f"{self._path}: half a surrogate pair cannot be stored")

    def _failed(self, error: sqlite3.Error) -> NoReturn:
        if self.writing and not harmless(error):
            self._fail(error)
        raise StoreError(f"{self._path}: {cause(error)}") from error

    def _fail(self, error: Exception) -> NoReturn:
        self.writing = False  # whoever would add to the group begins one, and is told
        self._broken = (
            f"{self._path}: {cause(error)}; what was committed before is safe, nothing more is "
            "written: mend the cause, then resume the run"
        )
        raise StoreError(self._broken) from error

    def _refuse_if_broken(self) -> None:
        if self._broken is not None:
            raise StoreError(self._broken)
