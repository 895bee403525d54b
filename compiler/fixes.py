"""Puts fixes into a text: edits that do not overlap, from the end to the beginning.

A fix is done whole or not at all; one that is in another's way waits for the next round,
when the text has been read again. Apart because editors do the same as `check --fix`. It
must not know rules, or where the text is kept.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable

from .diagnostic import Edit, Fix


def applied(text: str, fixes: Iterable[Fix]) -> tuple[str, int]:
    """The text with as many fixes as go together, the first ones first, and their number."""
    taken: dict[tuple[int, int], Edit] = {}
    places: list[tuple[int, int]] = []
    done = 0
    for fix in sorted(fixes, key=lambda fix: min((edit.start for edit in fix.edits), default=0)):
        new = [edit for edit in fix.edits if taken.get((edit.start, edit.end)) != edit]
        if any(_in_the_way(edit, places) for edit in new):
            continue
        for edit in new:
            taken[edit.start, edit.end] = edit
            insort(places, (edit.start, edit.end))
        done += 1
    for place in reversed(places):
        text = text[: place[0]] + taken[place].text + text[place[1] :]
    return text, done


def _in_the_way(edit: Edit, places: list[tuple[int, int]]) -> bool:
    """Whether an edit touches characters of another, or puts text at the same place."""
    at = bisect_left(places, (edit.start, edit.end))
    return any(
        start == edit.start or (edit.start < end and start < edit.end)
        for start, end in places[max(0, at - 1) : at + 1]
    )
