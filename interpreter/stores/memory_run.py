"""One run in the store in memory: its row, its records in order, its wishes.

Apart from the store, which keeps turns and contexts. It must not know what the payloads hold.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

from ..ports import Control, Filter, Found, Index, RunRow, Turn
from . import paging
from .idempotency import refuse_unless_rising


@dataclass(slots=True)
class MemoryRun:
    """A run as long as its process. `numbers` are those of `entries`, for finding a place."""

    row: RunRow
    numbers: list[int] = field(default_factory=list)
    entries: list[tuple[Index, Turn]] = field(default_factory=list)
    controls: list[Control] = field(default_factory=list)

    def enter(self, index: Index, turn: Turn) -> None:
        """Take in the next record. Raises `KeyConflict` unless its number is higher."""
        refuse_unless_rising(index, self.numbers[-1] if self.numbers else 0)
        self.numbers.append(index.sequence_no)
        self.entries.append((index, turn))

    def search(self, where: Filter, start: int | None, limit: int, newest_first: bool) -> Found:
        """One look: at most `paging.EFFORT` records are asked about."""
        if newest_first:
            last = len(self.numbers) if start is None else bisect_left(self.numbers, start)
            positions = range(last - 1, -1, -1)
        else:
            positions = range(bisect_right(self.numbers, start or 0), len(self.numbers))
        found: list[Turn] = []
        seen = start or 0
        for position in positions[: paging.EFFORT]:
            index, turn = self.entries[position]
            if paging.matches(where, index, turn.type):
                if len(found) >= limit:
                    return Found(tuple(found), seen)
                found.append(turn)
            seen = index.sequence_no
        return Found(tuple(found), seen if len(positions) > paging.EFFORT else None)
