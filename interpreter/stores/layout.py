"""The tables of a SQLite store, their version, and how a file becomes a store.

Versions only go up: each migration brings a store from one to the next, in one
transaction. It must not know what the store does with its tables.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from ..ports import NewerStore, StoreError
from .connection import Connection, busy, cause

APPLICATION_ID = 0x61747472
CACHE_KIB = 16 * 1024
LOG_PAGES = 4_000  # of 4 KiB: how far the log grows before it is worked into the file
_ATTEMPTS = 100
_PAUSE_SECONDS = 0.05

# Entries find the records of a run. They are narrow and apart from the turns, so that a page
# is found without touching a payload. Scopes find them by each prefix of their path, which no
# index on the path could do in the order of the run.
_VERSION_1 = (
    "CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    "INSERT INTO counters VALUES ('turn', 0), ('context', 0), ('control', 0), ('run', 0)",
    "CREATE TABLE contexts (id INTEGER PRIMARY KEY, base INTEGER)",
    """CREATE TABLE turns (
        id INTEGER PRIMARY KEY, context INTEGER NOT NULL, parent INTEGER,
        depth INTEGER NOT NULL, type TEXT NOT NULL, version INTEGER NOT NULL,
        payload BLOB NOT NULL, key TEXT NOT NULL)""",
    "CREATE UNIQUE INDEX turns_key ON turns (context, key)",
    "CREATE INDEX turns_context ON turns (context, id)",
    "CREATE TABLE blobs (id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, data BLOB NOT NULL)",
    """CREATE TABLE runs (
        number INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, context TEXT NOT NULL,
        pipeline TEXT NOT NULL, plan_digest TEXT NOT NULL, status TEXT NOT NULL,
        created TEXT NOT NULL, updated TEXT NOT NULL)""",
    "CREATE TABLE epochs (run_id TEXT PRIMARY KEY, epoch INTEGER NOT NULL) WITHOUT ROWID",
    """CREATE TABLE entries (
        run INTEGER NOT NULL, seq INTEGER NOT NULL, turn INTEGER NOT NULL, type TEXT NOT NULL,
        kind TEXT NOT NULL, node TEXT NOT NULL, path TEXT NOT NULL, attempt TEXT NOT NULL,
        PRIMARY KEY (run, seq)) WITHOUT ROWID""",
    "CREATE INDEX entries_node ON entries (run, node, seq) WHERE node <> ''",
    "CREATE INDEX entries_attempt ON entries (run, attempt, seq) WHERE attempt <> ''",
    "CREATE INDEX entries_type ON entries (run, type, seq)",
    "CREATE INDEX entries_kind ON entries (run, kind, seq) WHERE kind <> ''",
    """CREATE TABLE scopes (
        run INTEGER NOT NULL, scope TEXT NOT NULL, seq INTEGER NOT NULL,
        PRIMARY KEY (run, scope, seq)) WITHOUT ROWID""",
    """CREATE TABLE controls (
        number INTEGER PRIMARY KEY, run INTEGER NOT NULL, command TEXT NOT NULL,
        payload TEXT NOT NULL, created TEXT NOT NULL)""",
    "CREATE INDEX controls_run ON controls (run, number)",
)
# The key of a run's record is found by its entry, so only the others are kept (`keys`).
_VERSION_2 = (
    """CREATE TABLE keys (
        key TEXT NOT NULL, context INTEGER NOT NULL, turn INTEGER NOT NULL,
        PRIMARY KEY (key, context)) WITHOUT ROWID""",
    # Of two columns, SQLite would compare each turn that is not found with all that are.
    """INSERT INTO keys SELECT key, context, id FROM turns WHERE id NOT IN (
        SELECT turn FROM runs CROSS JOIN entries ON entries.run = runs.number
        CROSS JOIN turns AS t ON t.id = turn WHERE t.key = run_id || '|' || seq)""",
    "DROP INDEX turns_key",
)
MIGRATIONS = (_VERSION_1, _VERSION_2)
VERSION = len(MIGRATIONS)


def prepare(connection: Connection, path: Path) -> None:
    """Set a connection up and bring its file to this version; a file that is no store stays.

    Raises `NewerStore` and `StoreError`, each with a sentence that names the file.
    """
    try:
        _refuse_strangers(connection, path)
        _write_ahead(connection, path)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}").fetchall()
        if _version(connection) < VERSION:
            make(connection, MIGRATIONS)
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {cause(error)}") from error


def _refuse_strangers(connection: Connection, path: Path) -> None:
    tables = _number(connection, "SELECT count(*) FROM sqlite_master")
    version = _version(connection)
    # Last: who sees the tables that another process has just made sees whose they are.
    application = _number(connection, "PRAGMA application_id")
    if application != APPLICATION_ID and (application or version or tables):
        raise StoreError(f"{path}: it is a database of another program, no store; name another")
    if version > VERSION:
        raise NewerStore(
            f"{path}: the store was written by a newer attractorc (store version {version}, "
            f"this program knows {VERSION}); use that one, or another store"
        )


def _write_ahead(connection: Connection, path: Path) -> None:
    """Switch to a write-ahead log. SQLite does not wait for others here, so this does."""
    for attempt in range(_ATTEMPTS):
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.Error as error:
            if not busy(error) or attempt == _ATTEMPTS - 1:
                raise
            time.sleep(_PAUSE_SECONDS)
            continue
        if mode != "wal":
            raise StoreError(
                f"{path}: this file system allows no write-ahead log; "
                "keep the store on a local disk"
            )
        return


def make(connection: Connection, migrations: Sequence[Sequence[str]]) -> None:
    """Bring what a connection is open to from its version to the last one of these, all or none."""
    connection.execute("BEGIN IMMEDIATE")
    # Another process may have been faster.
    for number in range(_version(connection), len(migrations)):
        for statement in migrations[number]:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number + 1}")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("COMMIT")


def _version(connection: Connection) -> int:
    return _number(connection, "PRAGMA user_version")


def _number(connection: Connection, question: str) -> int:
    (number,) = connection.execute(question).fetchone()
    return int(number)
