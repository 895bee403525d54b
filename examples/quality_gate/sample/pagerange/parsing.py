"""From the text of a page range to page numbers."""

from __future__ import annotations


class PageRangeError(ValueError):
    """The text is no page range; the message quotes the part that is wrong."""


def parse(text: str, last: int) -> list[int]:
    """The pages that `text` names, each once, in ascending order.

    `last` is the number of pages there are: it ends an open range (`10-`) and bounds the
    others. Raises `PageRangeError` for anything that is not a range of existing pages.
    """
    pages: set[int] = set()
    for part in text.split(","):
        first, end = _ends(part.strip(), last)
        pages.update(range(first, end + 1))
    return sorted(pages)


def _ends(part: str, last: int) -> tuple[int, int]:
    """First and last page of one part: `7`, `1-3`, `-3` or `10-`."""
    first, dash, end = part.partition("-")
    if not first and not end:
        raise PageRangeError(f"{part!r} names no page")
    low = _page(first, part) if first else 1
    if not dash:
        high = low
    else:
        high = _page(end, part) if end else last
    if low > high:
        raise PageRangeError(f"{part!r} runs backwards")
    if high > last:
        raise PageRangeError(f"{part!r} goes beyond the last page, {last}")
    return low, high


def _page(text: str, part: str) -> int:
    """One page number, from 1."""
    if not text.strip().isdecimal() or int(text) == 0:
        raise PageRangeError(f"{part!r} holds no page number")
    return int(text)
