"""A store's file, opened; a new one is made whole under another name: nobody ever finds half.

SQLite would make it in a dozen steps, five of which wait for the disk. Apart from the layout,
which only says what is in it. It must not know what a store is for.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from functools import lru_cache
from pathlib import Path
from tempfile import mkstemp

from ..ports import StoreError
from . import layout
from .connection import Connect, Connection, cause
from .owner_only import private_file, private_folder, sync_folder

_WRITE_VERSION, _READ_VERSION, _WRITE_AHEAD = 18, 19, 2
"""Bytes of SQLite's file header, and what they hold in a file that has a write-ahead log."""


def opened(path: Path, create: bool, connect: Connect) -> Connection:
    """A connection to a store's file; with `create` a missing one is made. Raises `StoreError`."""
    try:
        if create:
            private_folder(path.parent)
            _make(path)
        elif not path.exists():
            raise StoreError(f"{path}: there is no store here yet; 'attractorc exec' makes one")
        if not path.is_file():
            raise StoreError(f"{path}: it is no file, so no store")
        return connect(path)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise StoreError(f"{path}: the store cannot be opened: {reason}") from error
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {cause(error)}") from error


def _make(path: Path) -> None:
    """Make an empty store if there is no file, only for its owner, durable on return.

    Where a file cannot get its name so, it is left empty, and SQLite makes a store of it. Raises
    `OSError`.
    """
    if os.path.lexists(path):
        return
    handle, aside = mkstemp(prefix=".new-store-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_image(layout.MIGRATIONS))
            file.flush()
            os.fsync(handle)
        try:
            os.link(aside, path)
        except FileExistsError:
            return  # somebody was faster
        except OSError:  # a file system without links
            private_file(path)
    finally:
        with contextlib.suppress(OSError):
            Path(aside).unlink()
    sync_folder(path.parent)


@lru_cache(maxsize=4)
def _image(migrations: tuple[tuple[str, ...], ...]) -> bytes:
    """The bytes of an empty store."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        layout.make(connection, migrations)
        if not hasattr(connection, "serialize"):  # a SQLite that was made without it
            return b""
        image = bytearray(connection.serialize())
    finally:
        connection.close()
    image[_WRITE_VERSION] = image[_READ_VERSION] = _WRITE_AHEAD
    return bytes(image)
