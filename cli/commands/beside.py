"""Reads the files that a pipeline pulls in, such as prompts, from the pipeline's folder.

The compiler opens no file itself; this is the reader that the commands hand to it. What a
link leads to counts, so that no file outside the folder is ever read. It must not know what
the files are for.
"""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attractorc.compiler.source import Files


def files_in(folder: Path | None) -> Files | None:
    """A reader of the regular files in a folder and below it; None without a folder."""
    if folder is None:
        return None
    from attractorc.compiler.source import FILE_LIMIT, Unreadable

    def read(path: str) -> bytes:
        try:
            root = folder.resolve(strict=True)
            target = (root / path).resolve(strict=True)
            if not target.is_relative_to(root):
                raise Unreadable("leads out of the pipeline's folder")
            if not stat.S_ISREG(target.stat().st_mode):
                raise Unreadable("is a folder" if target.is_dir() else "is not a regular file")
            with target.open("rb") as stream:
                return stream.read(FILE_LIMIT + 1)
        except FileNotFoundError as error:
            raise Unreadable("does not exist") from error
        except (OSError, ValueError, RuntimeError) as error:
            said = error.strerror if isinstance(error, OSError) else None
            raise Unreadable(f"cannot be read: {(said or str(error)).lower()}") from error

    return read
