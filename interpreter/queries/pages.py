"""Pages: what every query gives, and the cursors that the next page begins after.

A page is the tuple of its entries. It must not know what is paged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias, TypeVar

Entry = TypeVar("Entry")
Cursor: TypeAlias = int | str
"""Where a page begins: after a sequence number, or what `Page.more` said; 0 or '' at first."""


class BadCursor(ValueError):
    """A cursor that no page has given; the message is one sentence for people."""


class Page(tuple[Entry, ...]):
    """Entries in a stable order. `more` is the cursor of the next page, '' after the last one.

    A page is bounded in what it costs, not only in its length: where a filter finds little,
    it may be short, or empty, with more to come.
    """

    more: str

    def __new__(cls, entries: Iterable[Entry] = (), more: Cursor | None = "") -> Page[Entry]:
        page = super().__new__(cls, tuple(entries))
        page.more = "" if more is None else str(more)
        return page


def paged(ask: Callable[[str], Page[Entry]]) -> Iterator[Entry]:
    """The entries of all pages; `ask` gives the one after a cursor."""
    page = ask("")
    yield from page
    while page.more:
        page = ask(page.more)
        yield from page


def number_of(cursor: Cursor) -> int:
    """The sequence number that a cursor is. Raises `BadCursor`."""
    return parts_of(cursor, 1)[0]


def parts_of(cursor: Cursor, most: int) -> tuple[int, ...]:
    """The numbers of a cursor, which points separate. Raises `BadCursor`."""
    words = str(cursor or 0).split(".")
    if len(words) > most or not all(word.isascii() and word.isdigit() for word in words):
        raise BadCursor(
            f"'{cursor}' is no place in these pages; take the one that a page ends with"
        )
    return tuple(min(int(word), _BEYOND_ALL) for word in words)


_BEYOND_ALL = 1 << 62
