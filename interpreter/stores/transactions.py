"""One connection, one transaction at a time: begun at the first write, ended by a commit.

What fails inside a transaction may have taken acknowledged work with it, and a failed fsync
cannot be repeated. So such a failure is final: the store says so and refuses everything
after it. Apart from the store, because this is the part that durability rests on. It must
not know what is written.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from ..ports import StoreError
from .connection import Connection, cause, harmless


class Transactions:
    """Statements over one connection, grouped by `commit`.

    `group` changes when a group begins or ends: what was read while `writing` may be
    remembered until it does. `counters` are the store's own, loaded when a group begins.
    """

    def __init__(self, connection: Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._broken: str | None = None
        self.writing = False
        self._loaded: dict[str, int] = {}
        self.counters: dict[str, int] = {}
        self.group = 0

    def begin(self) -> None:
        """Open the group, if none is: from here on nobody else writes to the store."""
        if self.writing:
            return
        self.read("BEGIN IMMEDIATE")
        self.writing = True
        self.group += 1
        self._loaded = dict(self.all("SELECT name, value FROM counters"))
        self.counters = dict(self._loaded)

    def next(self, counter: str) -> int:
        """The next number of a counter; from 1, never given twice."""
        self.counters[counter] += 1
        return self.counters[counter]

    def write(self, sql: str, values: Sequence[Any] = ()) -> None:
        """A statement within the group, which is opened if need be."""
        self.begin()
        self.read(sql, values)

    def commit(self) -> None:
        """Make the group durable; nothing to do costs nothing."""
        self._refuse_if_broken()
        if not self.writing:
            return
        changed = [
            (value, name) for name, value in self.counters.items() if value != self._loaded[name]
        ]
        if changed:
            self._many("UPDATE counters SET value = ? WHERE name = ?", changed)
        try:
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._fail(error)
        self.writing = False
        self.group += 1

    def read(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """The cursor of one statement."""
        self._refuse_if_broken()
        try:
            return self._connection.execute(sql, values)
        except sqlite3.Error as error:
            self._failed(error)
        except UnicodeEncodeError as error:
            raise StoreError(f"{self._path}: half a surrogate pair cannot be stored") from error

    def one(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """The first row, or None."""
        try:
            return self.read(sql, values).fetchone()
        except sqlite3.Error as error:
            self._failed(error)

    def all(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows."""
        try:
            found: list[Any] = self.read(sql, values).fetchall()
        except sqlite3.Error as error:
            self._failed(error)
        return found

    def close(self) -> None:
        """Give up what was not committed, and the connection."""
        if self._broken is None:
            self._broken = f"{self._path}: the store is closed"
        try:
            self._connection.close()
        except sqlite3.Error as error:
            raise StoreError(f"{self._path}: {cause(error)}") from error

    def _many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        try:
            self._connection.executemany(sql, rows)
        except sqlite3.Error as error:
            self._failed(error)

    def _failed(self, error: sqlite3.Error) -> NoReturn:
        if self.writing and not harmless(error):
            self._fail(error)
        raise StoreError(f"{self._path}: {cause(error)}") from error

    def _fail(self, error: sqlite3.Error) -> NoReturn:
        self._broken = (
            f"{self._path}: {cause(error)}; what was committed before is safe, nothing more is "
            "written: mend the cause, then resume the run"
        )
        raise StoreError(self._broken) from error

    def _refuse_if_broken(self) -> None:
        if self._broken is not None:
            raise StoreError(self._broken)
