"""A file system of our own under SQLite, which fails on demand (apsw), and other real faults.

The standard module cannot see such a file system, so connections are apsw's, and fail as the
standard library's do.
"""

from __future__ import annotations

import ctypes
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import apsw

from attractorc.interpreter.stores import connection, sqlite
from attractorc.interpreter.stores.connection import BUSY_SECONDS


def failure(error: apsw.Error, code: int) -> apsw.Error:
    """An error that SQLite is told by its code."""
    error.extendedresult = code
    return error


class FaultyFile(apsw.VFSFile):
    """A file that fails on demand: `full` at a write, `sync` at an fsync.

    Also as long as there are files of these names in the current folder.
    """

    faults: ClassVar[set[str]] = set()
    synced: ClassVar[Path | None] = None

    def __init__(self, base: str, name: Any, flags: list[int]) -> None:
        super().__init__(base, name, flags)
        self.name = name.filename() if isinstance(name, apsw.URIFilename) else str(name)

    def excepthook(self, *_failure: Any) -> None:
        """Say nothing: SQLite tells the store."""

    def xWrite(self, data: bytes, offset: int) -> None:
        if self.fails("full"):
            raise failure(apsw.FullError("disk full"), apsw.SQLITE_FULL)
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        if self.fails("sync"):
            raise failure(apsw.IOError("fsync failed"), apsw.SQLITE_IOERR_FSYNC)
        super().xSync(flags)
        if self.synced is not None and self.name.endswith("-wal"):
            new = self.synced.with_suffix(".new")
            new.write_text(str(self.xFileSize()))
            new.replace(self.synced)  # whole, whenever the process is killed

    def fails(self, fault: str) -> bool:
        return fault in self.faults or Path(fault).exists()


class FaultyVFS(apsw.VFS):
    def __init__(self, name: str) -> None:
        super().__init__(name, "")

    def excepthook(self, *_failure: Any) -> None:
        """Say nothing: SQLite tells the store."""

    def xOpen(self, name: Any, flags: list[int]) -> FaultyFile:
        return FaultyFile("", name, flags)


class Translated:
    """An apsw connection that fails as the standard library's does."""

    def __init__(self, path: Path, vfs: str) -> None:
        self.real = apsw.Connection(str(path), vfs=vfs)
        self.real.set_busy_timeout(int(BUSY_SECONDS * 1000))

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Any:
        return self._call(self.real.execute, sql, values)

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> Any:
        return self._call(self.real.executemany, sql, rows)

    def close(self) -> None:
        self._call(self.real.close)

    @staticmethod
    def _call(method: Any, *arguments: Any) -> Any:
        try:
            return method(*arguments)
        except apsw.Error as error:
            failed = sqlite3.OperationalError(str(error))
            failed.sqlite_errorcode = error.extendedresult
            failed.sqlite_errorname = type(error).__name__
            raise failed from error


def faulty_store() -> None:
    """From here on, stores of this process lie on the faulty file system."""
    name, real = "faulty", sqlite.SqliteStore
    vfs = FaultyVFS(name)

    def made(path: Path, **more: Any) -> Any:
        assert vfs is not None, "it has to live as long as its files"
        return real(path, connect=lambda where: Translated(where, name), **more)

    sqlite.SqliteStore = made  # type: ignore[misc, assignment]


def remembering(place: Path) -> Callable[[], None]:
    """A faulty store that never fails, and writes down how much of its log was synced."""

    def arrange() -> None:
        FaultyFile.synced = place
        faulty_store()

    return arrange


def impatient() -> None:
    """From here on, nobody in this process waits long for another's transaction."""
    connection.BUSY_SECONDS = 0.3


def bound_by_permissions() -> None:
    """From here on, this process obeys permissions, even if it is root's."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    sets = (ctypes.c_uint32 * 6)()
    assert libc.capget(header, sets) == 0
    overrides = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    for place in range(3):
        sets[place] &= ~overrides
    assert libc.capset(header, sets) == 0
