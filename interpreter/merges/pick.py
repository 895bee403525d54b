"""`winner`, `first`, `last`: one branch's value becomes the key's.

Also what `on_conflict` falls back on. They look at no value, only at who wrote it.
"""

from __future__ import annotations

from .contribution import Conflict, Contribution, Kept, Merged, Write, clash


def winner(contribution: Contribution) -> Merged | Kept | Conflict:
    """The winner's value; the base if the winner did not write the key."""
    if contribution.winner is None:
        return clash("there is no winner", contribution.writes)
    for write in contribution.writes:
        if write.branch == contribution.winner:
            return _picked(write)
    return Kept()


def first(contribution: Contribution) -> Merged:
    """The value of the first writer in declared order."""
    return _picked(contribution.writes[0])


def last(contribution: Contribution) -> Merged:
    """The value of the last writer in declared order."""
    return _picked(contribution.writes[-1])


def _picked(write: Write) -> Merged:
    return Merged(write.value, frozenset((write.branch,)))
