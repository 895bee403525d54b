"""Plain aligned text for people: tables, and lines that no value can break.

Apart because all queries print alike. Nothing is cut where nobody looks: only a terminal
has a width. It must not know what is printed.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import Any

_GAP = "  "
_ELLIPSIS = "…"


def terminal_width() -> int | None:
    """The width to fit into, None where output goes to a file or a pipe."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def printable(text: str) -> str:
    """A text as one line: control characters are escaped, whatever wrote them."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def fitted(line: str, width: int | None) -> str:
    """A line, cut where the terminal ends."""
    shown = printable(line).rstrip()
    if width is None or len(shown) <= width:
        return shown
    return shown[: max(width - 1, 1)] + _ELLIPSIS


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], width: int | None) -> list[str]:
    """Lines of a table with columns as wide as they need; columns without a value go."""
    cells = [[printable(cell) for cell in row] for row in rows]
    used = [
        column for column in range(len(headings)) if any(row[column] for row in cells) or not cells
    ]
    widths = {
        column: max(len(headings[column]), *(len(row[column]) for row in cells))
        if cells
        else len(headings[column])
        for column in used
    }
    lines = [headings, *cells]
    return [
        fitted(_GAP.join(line[column].ljust(widths[column]) for column in used), width)
        for line in lines
    ]


def json_line(value: Any) -> str:
    """One JSON document on one line."""
    return json.dumps(value, ensure_ascii=False, default=_plain)


def milliseconds(duration: int | None) -> str:
    """A duration for people: `850ms`, `12.3s`, `4m05s`, `2h03m`."""
    if duration is None:
        return ""
    if duration < 1_000:
        return f"{duration}ms"
    if duration < 60_000:
        return f"{duration / 1_000:.1f}s"
    minutes, seconds = divmod(duration // 1_000, 60)
    if minutes < 60:
        return f"{minutes}m{seconds:02d}s"
    return f"{minutes // 60}h{minutes % 60:02d}m"


def clock_time(timestamp: str) -> str:
    """The time of day of an ISO 8601 time stamp, with milliseconds, in UTC."""
    return timestamp.partition("T")[2].rstrip("Z")


def _plain(value: object) -> object:
    try:
        return dict(value)  # type: ignore[call-overload]
    except (TypeError, ValueError) as error:
        raise TypeError(f"a {type(value).__name__} is not JSON") from error
