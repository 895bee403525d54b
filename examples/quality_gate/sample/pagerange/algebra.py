"""What can be done with sets of pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def complement(pages: Iterable[int], last: int) -> list[int]:
    """The pages from 1 to `last` that are not among `pages`, ascending."""
    excluded = set(pages)
    return [page for page in range(1, last + 1) if page not in excluded]


def common(one: Iterable[int], other: Iterable[int]) -> list[int]:
    """The pages that are in both, ascending."""
    return sorted(set(one) & set(other))


def span(pages: Iterable[int]) -> int:
    """How many pages lie between the first and the last, both counted; 0 without pages."""
    ordered = sorted(pages)
    return ordered[-1] - ordered[0] + 1 if ordered else 0
