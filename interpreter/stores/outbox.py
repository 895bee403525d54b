"""The outbox: what of a run a mirror has, in tables of the run's own SQLite store.

They are made when a run is mirrored for the first time, so that a store without a mirror is
what it was. A context is noted durably before anything is written into it; turns need not
be, because whoever comes next asks the server how far a context goes. It must not know how
a server is reached. Ids of the store are text, those of the server numbers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..ports import Locked, NotFound, StoreError
from .connection import Connect, cause, connect
from .leases import RunLock, take

TABLES = ("mirror_runs", "mirror_contexts", "mirror_turns")
"""Each has a column `run`; they may be missing."""

_MAKE = (
    "CREATE TABLE IF NOT EXISTS mirror_servers (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    """CREATE TABLE IF NOT EXISTS mirror_runs (
        run INTEGER NOT NULL, server INTEGER NOT NULL, sent INTEGER NOT NULL,
        PRIMARY KEY (run, server)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS mirror_contexts (
        run INTEGER NOT NULL, server INTEGER NOT NULL, context INTEGER NOT NULL,
        remote INTEGER NOT NULL, head INTEGER NOT NULL, depth INTEGER NOT NULL,
        hash BLOB NOT NULL, PRIMARY KEY (run, server, context)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS mirror_turns (
        run INTEGER NOT NULL, server INTEGER NOT NULL, turn INTEGER NOT NULL,
        remote INTEGER NOT NULL, PRIMARY KEY (run, server, turn)) WITHOUT ROWID""",
)
_WHERE = "WHERE run = ? AND server = ?"
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Place:
    """A context, the server's context for it, and the server's turn that it ended with.

    `head` is 0 in an empty one, at depth -1. `hash` is the BLAKE3 of the head's payload, empty
    where the head is inherited.
    """

    context: str
    remote: int
    head: int = 0
    depth: int = -1
    hash: bytes = b""


class Outbox:
    """What one server has of one run. One object serves one thread.

    Raises `NotFound` for a run that the store does not have, also when it was removed since.
    """

    def __init__(self, path: Path, run_id: str, server: str, *, connect: Connect = connect) -> None:
        self._path = path
        self._run_id = run_id
        self._name = server
        self._connection = connect(path)
        self._made = False
        try:
            self._made = self._has_tables()
            self._run = self._run_number()
            self._server = self._server_number()
        except BaseException:
            self._connection.close()
            raise

    def sent(self) -> int:
        """The sequence number up to which all records are known to be there."""
        rows = self._known("SELECT sent FROM mirror_runs")
        return int(rows[0][0]) if rows else 0

    def places(self) -> dict[str, Place]:
        """The contexts that the server has, by ours, in the order of their making."""
        rows = self._known("SELECT context, remote, head, depth, hash FROM mirror_contexts")
        return {str(row[0]): Place(str(row[0]), *row[1:]) for row in rows}

    def remotes(self, turns: Iterable[str]) -> dict[str, int]:
        """The server's turns for ours, as far as they are known."""
        asked = list(dict.fromkeys(turns))
        found: dict[str, int] = {}
        for start in range(0, len(asked), _AT_ONCE):
            some = asked[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            rows = self._known(
                "SELECT turn, remote FROM mirror_turns", f"AND turn IN ({marks})", map(int, some)
            )
            found.update((str(turn), remote) for turn, remote in rows)
        return found

    def open_places(self, places: Sequence[Place]) -> None:
        """Note contexts; durable when this returns, and only then to be written to."""
        self._write(places, (), None, "FULL")

    def note(self, turns: Sequence[tuple[str, int]], places: Iterable[Place], sent: int) -> None:
        """Note turns that the server has, where their contexts end now, and how far that is."""
        self._write(places, turns, sent, "NORMAL")

    def forget(self) -> None:
        """The server has nothing of this run any more."""
        if self._made and self._server is not None:
            try:
                self._execute("BEGIN IMMEDIATE")
                for table in TABLES:
                    self._execute(
                        f"DELETE FROM {table} {_WHERE}",  # noqa: S608 - constants only
                        (self._run, self._server),
                    )
                self._execute("COMMIT")
            except BaseException:
                self._undo()
                raise

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()

    def _write(
        self,
        places: Iterable[Place],
        turns: Sequence[tuple[str, int]],
        sent: int | None,
        synchronous: str,
    ) -> None:
        try:
            self._execute(f"PRAGMA synchronous = {synchronous}")
            self._execute("BEGIN IMMEDIATE")
            if self._run_number() != self._run:
                raise NotFound(f"the run '{self._run_id}' was removed while it was mirrored")
            own = (self._run, self._made_server())
            self._many(
                "INSERT OR REPLACE INTO mirror_contexts VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (*own, int(each.context), each.remote, each.head, each.depth, each.hash)
                    for each in places
                ],
            )
            self._many(
                "INSERT OR REPLACE INTO mirror_turns VALUES (?, ?, ?, ?)",
                [(*own, int(turn), remote) for turn, remote in turns],
            )
            if sent is not None:
                self._execute("INSERT OR REPLACE INTO mirror_runs VALUES (?, ?, ?)", (*own, sent))
            self._execute("COMMIT")
        except BaseException:
            self._undo()
            raise

    def _made_server(self) -> int:
        """The number of the server, with the tables there, within a transaction."""
        if not self._made:
            for statement in _MAKE:
                self._execute(statement)
            self._made = True
        if self._server is None:
            self._execute("INSERT OR IGNORE INTO mirror_servers (name) VALUES (?)", (self._name,))
            self._server = self._server_number()
        assert self._server is not None
        return self._server

    def _undo(self) -> None:
        with suppress(sqlite3.Error):  # what failed may have ended the transaction by itself
            self._connection.execute("ROLLBACK")
        with suppress(StoreError):  # the failure itself says what the trouble is
            self._made = self._has_tables()
            self._server = self._server_number()

    def _known(self, select: str, also: str = "", values: Iterable[Any] = ()) -> list[Any]:
        if not self._made or self._server is None:
            return []
        return self._all(f"{select} {_WHERE} {also}", (self._run, self._server, *values))

    def _has_tables(self) -> bool:
        return bool(self._all("SELECT 1 FROM sqlite_master WHERE name = 'mirror_turns'"))

    def _run_number(self) -> int:
        found = self._all("SELECT number FROM runs WHERE run_id = ?", (self._run_id,))
        if not found:
            raise NotFound(f"there is no run '{self._run_id}' in the store")
        return int(found[0][0])

    def _server_number(self) -> int | None:
        if not self._made:
            return None
        found = self._all("SELECT id FROM mirror_servers WHERE name = ?", (self._name,))
        return int(found[0][0]) if found else None

    def _all(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        rows: list[Any] = self._execute(sql, values).fetchall()
        return rows

    def _execute(self, sql: str, values: Sequence[Any] = ()) -> Any:
        try:
            return self._connection.execute(sql, values)
        except sqlite3.Error as error:
            raise StoreError(f"{self._path}: {cause(error)}") from error

    def _many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        try:
            self._connection.executemany(sql, rows)
        except sqlite3.Error as error:
            raise StoreError(f"{self._path}: {cause(error)}") from error


def only_mirror(path: Path, run_id: str) -> RunLock:
    """The right to mirror a run of the store at `path`. Raises `Locked`.

    A server does not notice two who write to one context.
    """
    try:
        return take(path.with_name(f"{path.name}.locks") / "mirrors", run_id)
    except Locked as error:
        whose = str(error).rpartition(" in the hands of ")[2]
        raise Locked(f"run '{run_id}' is being mirrored already, by {whose}") from error
