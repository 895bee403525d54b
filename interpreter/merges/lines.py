"""Three-way merging of texts by lines: who left a stretch as it was does not count.

Stretches of the base that both sides kept hold the two sides together; between them a
stretch that one side changed is taken from it, and one that both changed differently is a
conflict. So is one that touches the other's. The same on every machine, without any program.
It must not know files.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

LARGEST_PRODUCT = 4_000_000
"""Lines of one side times lines of the other, ends in common left out: above it nobody waits."""


def merge_lines(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """The text with the changes of both sides; None for a conflict, and for what is no text."""
    if ours == theirs or theirs == base:
        return ours
    if ours == base:
        return theirs
    if any(b"\0" in side for side in (base, ours, theirs)):
        return None
    old, one, other = (_lines(side) for side in (base, ours, theirs))
    left, right = _kept(old, one), _kept(old, other)
    if left is None or right is None:
        return None
    merged: list[bytes] = []
    at, at_one, at_other = 0, 0, 0
    for number in [*sorted(left.keys() & right.keys()), len(old)]:
        end_one, end_other = left.get(number, len(one)), right.get(number, len(other))
        stretch = _stretch(old[at:number], one[at_one:end_one], other[at_other:end_other])
        if stretch is None:
            return None
        merged += stretch
        merged += old[number : number + 1]
        at, at_one, at_other = number + 1, end_one + 1, end_other + 1
    return b"".join(merged)


def _lines(text: bytes) -> list[bytes]:
    """The lines with their ends; a lone carriage return ends none."""
    *whole, last = text.split(b"\n")
    return [*(line + b"\n" for line in whole), *([last] if last else [])]


def _stretch(
    old: Sequence[bytes], one: Sequence[bytes], other: Sequence[bytes]
) -> Sequence[bytes] | None:
    if one == other or other == old:
        return one
    return other if one == old else None


def _kept(old: list[bytes], new: list[bytes]) -> dict[int, int] | None:
    """Which lines of the old text stand where in the new one; None if it is too much work."""
    shorter = min(len(old), len(new))
    start = 0
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    middle_old, middle_new = old[start : len(old) - end], new[start : len(new) - end]
    if len(middle_old) * len(middle_new) > LARGEST_PRODUCT:
        return None
    kept = {number: number for number in range(start)}
    matcher = SequenceMatcher(None, middle_old, middle_new, autojunk=False)
    for block in matcher.get_matching_blocks():
        for offset in range(block.size):
            kept[start + block.a + offset] = start + block.b + offset
    shift = len(new) - len(old)
    kept.update((number, number + shift) for number in range(len(old) - end, len(old)))
    return kept
