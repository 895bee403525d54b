"""From page numbers to the shortest text that names them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def compress(pages: Iterable[int]) -> str:
    """The pages as a range: `[1, 2, 3, 7]` is `1-3, 7`. Order and repetition do not matter."""
    return ", ".join(
        str(first) if first == last else f"{first}-{last}" for first, last in _runs(pages)
    )


def _runs(pages: Iterable[int]) -> Iterator[tuple[int, int]]:
    """First and last page of each unbroken run, ascending."""
    first = last = None
    for page in sorted(set(pages)):
        if first is None or last is None:
            first = page
        elif page != last + 1:
            yield first, last
            first = page
        last = page
    if first is not None and last is not None:
        yield first, last
