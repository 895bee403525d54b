"""Files and folders that only their owner can read, made so before anything is in them.

Apart because the store, its locks and run directories all need it. It must not know what
the files are for.
"""

from __future__ import annotations

import os
from pathlib import Path

FILE_MODE = 0o600
FOLDER_MODE = 0o700


def private_folder(folder: Path, *, lasting: bool = True) -> None:
    """Make a folder and what is missing above it; those that exist keep their modes.

    Only with `lasting` does a power cut leave them.
    """
    missing = []
    place = folder
    while not place.is_dir():
        missing.append(place)
        place = place.parent
    for each in reversed(missing):
        each.mkdir(mode=FOLDER_MODE, exist_ok=True)
        if lasting:
            sync_folder(each.parent)


def private_file(path: Path) -> None:
    """Make an empty file if there is none, and make its name durable."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE_MODE))
    except FileExistsError:
        return
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
