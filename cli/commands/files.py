"""Which files a command line names, their bytes, and writing one whole or not at all.

A folder means the pipelines in it, a pattern what it matches, `-` the standard input. The
only place where these commands touch the disk. It must not know what is in the files,
beyond telling a pipeline in YAML from other YAML.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path

from .exits import Refused

STDIN = "-"
_DOT = (".dot", ".gv")
_YAML = (".yaml", ".yml")
_CASES = tuple(f".test{suffix}" for suffix in _YAML)
_SKIPPED = ("__pycache__", "node_modules")
_PIPELINE_KEY = re.compile(rb"^(?:\xef\xbb\xbf)?(?:pipeline|\"pipeline\"|'pipeline')[ \t]*:", re.M)
_BYTES_LIMIT = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Input:
    """One file as it was named, and what is in it (at most 64 MiB and a byte).

    `folder` is where the files lie that it names; None for a text without a file name. `path`
    is where the file itself is; None for the standard input.
    """

    name: str
    data: bytes
    folder: Path | None = None
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Inputs:
    """The files that were read, sorted by name, and a sentence for each that was not."""

    read: tuple[Input, ...]
    unread: tuple[str, ...]


def read_all(
    arguments: Iterable[str], stdin_name: str | None = None, pipelines_only: bool = False
) -> Inputs:
    """Every file that the arguments mean, each once; one that is unreadable hides no other.

    With `pipelines_only`, a named file that would be left out of a folder is left out.
    """
    found: dict[str, Input] = {}
    unread: dict[str, None] = {}
    for argument in arguments:
        try:
            for name in _meant(argument, pipelines_only):
                try:
                    item = read_one(name, stdin_name)
                    found.setdefault(os.path.normpath(item.name), item)
                except Refused as refused:
                    unread[str(refused)] = None
        except Refused as refused:
            unread[str(refused)] = None
    return Inputs(tuple(sorted(found.values(), key=lambda item: item.name)), tuple(unread))


def read_one(argument: str, stdin_name: str | None = None) -> Input:
    """The one file that an argument names; `Refused` if it is a folder or unreadable."""
    if argument == STDIN:
        data = sys.stdin.buffer.read(_BYTES_LIMIT + 1)
        return Input(stdin_name or "<stdin>", data, Path(stdin_name).parent if stdin_name else None)
    if is_folder(argument):
        raise Refused(f"{shown(argument)}: is a folder; name one pipeline file")
    path = Path(argument)
    return Input(shown(argument), _bytes(argument), path.parent, path)


def is_file(name: str) -> bool:
    """Whether there is a file of this name; there is none of one that is too long."""
    return os.path.isfile(name)  # noqa: PTH113 - pathlib's fails there


def is_folder(name: str) -> bool:
    """Whether there is a folder of this name; there is none of one that is too long."""
    return os.path.isdir(name)  # noqa: PTH112 - pathlib's fails there


def shown(name: str | Path) -> str:
    """A file name as findings show it: always Unicode, with forward slashes."""
    text = os.fspath(name).replace(os.sep, "/")
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def write_whole(target: Path, data: bytes) -> None:
    """Write a file so that it is either wholly there or as it was; `Refused` if it cannot be."""
    try:
        if target.exists() and not target.is_file():
            # A device such as /dev/stdout cannot be replaced, only written to.
            target.write_bytes(data)
        else:
            _replace(target.resolve(), data)
    except OSError as error:
        raise Refused(f"{shown(target)}: cannot be written: {_reason(error)}") from error


def _replace(target: Path, data: bytes) -> None:
    import tempfile

    handle, name = tempfile.mkstemp(prefix=f".{target.name[:50]}.", dir=target.parent)
    unfinished = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.chmod(_mode(target))
        unfinished.replace(target)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _mode(target: Path) -> int:
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _meant(argument: str, pipelines_only: bool) -> Iterator[str]:
    """The names of the files that one argument means; `Refused` if there are none."""
    path = Path(argument)
    if argument != STDIN and is_folder(argument):
        names = list(_in_folder(argument))
        if not names:
            raise Refused(
                f"{shown(argument)}: no pipeline in this folder "
                "(*.dot, *.gv, and YAML files that have 'pipeline:')"
            )
        yield from names
    elif argument != STDIN and has_magic(argument) and not is_file(argument):
        # Path.glob takes no absolute pattern.
        names = [name for name in glob(argument, recursive=True) if is_file(name)]  # noqa: PTH207
        if not names:
            raise Refused(f"{shown(argument)}: no file matches")
        yield from names
    elif pipelines_only and argument != STDIN and is_file(argument):
        yield from _pipeline(argument, path.name.lower())
    else:
        yield argument


def _in_folder(folder: str) -> Iterator[str]:
    def refuse(error: OSError) -> None:
        raise Refused(f"{shown(error.filename or folder)}: cannot be read: {_reason(error)}")

    for place, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _SKIPPED]
        for name in files:
            path = Path(place, name)
            if path.is_symlink() or path.is_file():
                yield from _pipeline(str(path), name.lower())


def _pipeline(path: str, name: str) -> Iterator[str]:
    """The path, if a file of that name in a folder is a pipeline."""
    if name.endswith(_DOT):
        yield path
    elif name.endswith(_YAML) and not name.endswith(_CASES):
        try:
            is_pipeline = _PIPELINE_KEY.search(_bytes(path)) is not None
        except Refused:
            is_pipeline = True  # reading it once more says why it cannot be read
        if is_pipeline:
            yield path


def _bytes(name: str) -> bytes:
    try:
        with Path(name).open("rb") as stream:
            return stream.read(_BYTES_LIMIT + 1)
    except (OSError, ValueError) as error:
        raise Refused(f"{shown(name)}: cannot be read: {_reason(error)}") from error


def _reason(error: OSError | ValueError) -> str:
    said = error.strerror if isinstance(error, OSError) else None
    return (said or str(error)).lower()
