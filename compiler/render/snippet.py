"""A source line with carets under a span, as a terminal shows it.

Tabs are expanded, wide characters counted twice, control characters made visible, and a
very long line is cut to a window around the span, so that the carets always stand under
what they mean. Apart from the rest because all arithmetic of columns is here. It must not
know what a finding is.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from ..source import Source, Span

_WIDTH = 100
_TAB = 4
_CUT = "…"


def printable(text: str, limit: int | None = None) -> str:
    """`text` on one line: control characters made visible, cut to `limit` characters."""
    if limit is not None and len(text) > limit:
        text = text[: limit - 1] + _CUT
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(char) for char in text)


def snippet(source: Source, span: Span) -> list[str]:
    """The lines to show for `span`: number, text, carets; of a long span its two ends."""
    last_line, last_end = _last_line(source, span)
    gutter = len(str(last_line)) + 1
    blank = " " * gutter + " |"
    shown = [blank]
    first_end = span.end if last_line == span.line else None
    shown += _marked(source, span.line, span.start, first_end, gutter)
    if last_line > span.line:
        if last_line > span.line + 1:
            shown.append(" " * gutter + " ...")
        start = _first_character(source, last_line, last_end)
        shown += _marked(source, last_line, start, last_end, gutter)
    return shown


def _last_line(source: Source, span: Span) -> tuple[int, int]:
    """Line and exclusive end of the last character that is more than a line end."""
    end = span.end
    while end > span.start and source.text[end - 1 : end] in ("\n", "\r"):
        end -= 1
    return source.position(max(span.start, end - 1))[0], end


def _first_character(source: Source, line: int, end: int) -> int:
    """The offset of the first character of a line that is no blank, before `end`."""
    start = end - (source.position(end)[1] - 1)
    while start < end - 1 and source.text[start] in " \t":
        start += 1
    return start


def _marked(source: Source, line: int, start: int, end: int | None, gutter: int) -> list[str]:
    """One line of the source and the carets under offsets `start` to `end` (None: its end)."""
    before, inside, after = _parts(source, start, end)
    lead = list(_cells(before, 0))
    column = sum(width for _, width in lead)
    marked = list(_cells(inside, column))
    column += sum(width for _, width in marked)
    rest = list(_cells(after, column))
    left, lead = _tail(lead, _WIDTH // 2 if column + _size(rest) > _WIDTH else _WIDTH)
    room = _WIDTH - _size(lead)
    right, marked = _head(marked, room)
    cut, rest = _head(rest, room - _size(marked))
    text = left + "".join(shown for shown, _ in (*lead, *marked, *rest))
    text += _CUT if right or cut else ""
    carets = " " * (len(left) + _size(lead)) + "^" * max(1, _size(marked))
    return [
        f"{line:>{gutter}} | {text}".rstrip(),
        f"{' ' * gutter} | {carets}",
    ]


def _parts(source: Source, start: int, end: int | None) -> tuple[str, str, str]:
    """What stands on the line before, in and after the span; never much more than is shown."""
    text = source.text
    line_start = start - (source.position(start)[1] - 1)
    before = text[max(line_start, start - 2 * _WIDTH) : start]
    following = text[start : start + 2 * _WIDTH]
    for line_end in ("\n", "\r\n"):
        following = following.partition(line_end)[0]
    following = following.removesuffix("\r")
    size = len(following) if end is None else max(0, end - start)
    return before, following[:size], following[size:]


def _cells(text: str, column: int) -> Iterator[tuple[str, int]]:
    """Each character as it is shown, and how many columns it takes from `column` on."""
    for char in text:
        if char == "\t":
            width = _TAB - column % _TAB
            shown = " " * width
        else:
            shown = _visible(char)
            width = _columns(shown)
        column += width
        yield shown, width


def _visible(char: str) -> str:
    """A character that changes the terminal, or cannot be seen, as its escape."""
    if char.isprintable() or char == "\u200d":
        return char
    if unicodedata.category(char) == "Zs":
        return " "
    return char.encode("unicode_escape").decode()


def _columns(shown: str) -> int:
    if shown.isascii():
        return len(shown)
    if unicodedata.combining(shown) or unicodedata.category(shown) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(shown) in "WF" else 1


def _size(cells: list[tuple[str, int]]) -> int:
    return sum(width for _, width in cells)


def _head(cells: list[tuple[str, int]], room: int) -> tuple[bool, list[tuple[str, int]]]:
    """As many leading cells as `room` columns hold, and whether some had to go."""
    kept: list[tuple[str, int]] = []
    for cell in cells:
        room -= cell[1]
        if room < 0:
            return True, kept
        kept.append(cell)
    return False, kept


def _tail(cells: list[tuple[str, int]], room: int) -> tuple[str, list[tuple[str, int]]]:
    """As many trailing cells as `room` columns hold, and what stands for those that went."""
    cut, kept = _head(cells[::-1], room)
    return (_CUT if cut else ""), kept[::-1]
