"""Where text came from: a source file's text, the spans into it, and the files beside it.

Every scalar of a pipeline keeps a span, so that a finding can point at exactly what it
is about. Apart from the rest because everything else points here, and this at nothing.
It opens no file: who calls the compiler hands in a reader. It must not know what the text
means.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

Files: TypeAlias = Callable[[str], bytes]
"""Reads a file by its path from the pipeline's folder, with forward slashes.

Raises `Unreadable`, also for what a link leads to outside the folder. It need not give more
than `FILE_LIMIT` bytes and one.
"""

FILE_LIMIT: Final = 1024 * 1024
"""The most bytes that a file which a pipeline pulls in may have."""


class Unreadable(Exception):
    """A file cannot be read; the text goes on where "the file 'x' ..." stops."""


def placed(folder: str, path: str) -> str:
    """A path that a file in `folder` names, from the root folder on, without `.` and `..`.

    Raises `Unreadable` for one that is outside the root folder by its spelling; what a link
    leads to is for the reader, who can see it.
    """
    if not path:
        raise Unreadable("has no name")
    if any(char < " " or char == "\x7f" for char in path):
        raise Unreadable("has a control character in its name")
    if path.startswith(("/", "\\")) or path[1:2] == ":":
        raise Unreadable("is outside the pipeline's folder: its path is absolute")
    parts: list[str] = []
    for part in (*folder.split("/"), *path.replace("\\", "/").split("/")):
        if part == ".." and not parts:
            raise Unreadable("is outside the pipeline's folder")
        if part == "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def no_files(path: str) -> bytes:
    """The reader of a pipeline that has no folder: it came as text, or by standard input."""
    raise Unreadable("cannot be read: the pipeline was given as text, not as a file in a folder")


class Span(NamedTuple):
    """A stretch of a file: offsets from 0, lines and columns from 1, in code points.

    `end` and `end_column` are exclusive. `file` is the name that the caller gave the source.
    A tuple, because there are more of these than of all else, and a tuple is made quickly.
    """

    file: str
    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int

    def through(self, other: Span) -> Span:
        """The span from the start of this one to the end of `other` (same file)."""
        return Span(
            self.file,
            self.start,
            other.end,
            self.line,
            self.column,
            other.end_line,
            other.end_column,
        )


@dataclass(frozen=True, slots=True)
class Source:
    """The text of one file under the name that findings are to show.

    `text` has no byte order mark; line ends are as on the disk, so that offsets match it.
    `folder` is where it lies below the root folder of what is compiled, '' for that itself.
    """

    name: str
    text: str
    folder: str = ""
    _line_starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = [0]
        position = self.text.find("\n")
        while position >= 0:
            starts.append(position + 1)
            position = self.text.find("\n", position + 1)
        object.__setattr__(self, "_line_starts", tuple(starts))

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of an offset from 0."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def span(self, start: int, end: int) -> Span:
        """The span of `text[start:end]`."""
        line, column = self.position(start)
        end_line, end_column = self.position(end)
        return Span(self.name, start, end, line, column, end_line, end_column)

    def line(self, number: int) -> str:
        """The text of a line, from 1, without its line end; '' past the last one."""
        if not 1 <= number <= len(self._line_starts):
            return ""
        start = self._line_starts[number - 1]
        end = self._line_starts[number] if number < len(self._line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")
