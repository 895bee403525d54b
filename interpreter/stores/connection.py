"""What a store needs of SQLite, and what to say when it fails.

The connection comes from a factory, so that tests can run the store over a faulty file
system. A connection raises `sqlite3.Error` with `sqlite_errorcode` set. It must not know
the store's tables.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias

BUSY_SECONDS = 10.0


class Rows(Protocol):
    """The rows of one statement."""

    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...


class Connection(Protocol):
    """One connection without transactions of its own making."""

    def execute(self, sql: str, values: Sequence[Any] = ..., /) -> Rows: ...
    def executemany(self, sql: str, rows: Iterable[Sequence[Any]], /) -> Rows: ...
    def close(self) -> None: ...


Connect: TypeAlias = Callable[[Path], Connection]


def connect(path: Path) -> Connection:
    """The standard library's connection, which waits ten seconds for another's transaction.

    Two threads use it, one after the other, never both at once.
    """
    return sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )


_CAUSES = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk failed",
    sqlite3.SQLITE_BUSY: "another process has locked it; try again",
    sqlite3.SQLITE_LOCKED: "another process has locked it; try again",
    sqlite3.SQLITE_READONLY: "it is not writable",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_PERM: "it may not be opened",
    sqlite3.SQLITE_CORRUPT: "the file is damaged",
    sqlite3.SQLITE_NOTADB: "it is no store, not even a database",
    sqlite3.SQLITE_TOOBIG: "a value is too large for it",
}
_HARMLESS = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_TOOBIG)


def cause(error: Exception) -> str:
    """Why a statement failed, as the end of a sentence about the store."""
    if isinstance(error, MemoryError):
        return "the memory is full"
    said = _CAUSES.get(_primary(error))
    detail = getattr(error, "sqlite_errorname", "") or type(error).__name__
    return f"{said} ({detail})" if said else f"{error} ({detail})"


def harmless(error: sqlite3.Error) -> bool:
    """Whether the open transaction is still what it was before the statement."""
    return _primary(error) in _HARMLESS


def busy(error: sqlite3.Error) -> bool:
    """Whether another process was in the way."""
    return _primary(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _primary(error: Exception) -> int:
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
