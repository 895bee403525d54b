"""Turns by their keys in a SQLite store: a row for each key, but for those of runs' records.

A record's key is `<run>|<number>`. Numbers rise, so a new record has a new key, and an old one
is found by its entry: it needs neither a look nor a row, unless a turn that is no such record
has taken a key of that form. Apart from the store, because every other turn pays for what a
record is spared. It must not know how turns are made.
"""

from __future__ import annotations

from ..ports import Index, Turn
from .paging import columns, turn_of
from .transactions import Transactions

_ROW = "INSERT INTO keys VALUES (?, ?, ?)"
_BY_ROW = f"""
    SELECT {columns("turns")} FROM keys CROSS JOIN turns ON turns.id = keys.turn
    WHERE keys.key = ? AND keys.context = ?"""  # noqa: S608 - constants only
_BY_ENTRY = f"""
    SELECT {columns("turns")}
    FROM runs CROSS JOIN entries ON entries.run = runs.number
    CROSS JOIN turns ON turns.id = entries.turn
    WHERE run_id = ? AND seq = ? AND key = ? AND turns.context = ?"""  # noqa: S608
_TAKEN = "SELECT 1 FROM keys WHERE key >= ? AND key < ? LIMIT 1"
_LEFT = """
    INSERT INTO keys SELECT t.key, t.context, t.id
    FROM runs CROSS JOIN entries ON entries.run = runs.number
    CROSS JOIN turns AS t ON t.id = entries.turn
    WHERE runs.number = ? AND t.key = run_id || '|' || seq"""
_GONE = "DELETE FROM keys WHERE turn NOT IN (SELECT id FROM turns)"
_LARGEST = (1 << 63) - 1


class Keys:
    """`taken` are runs of which a key may be another turn's: their records are to be looked for.

    It is true for the runs that were asked about, until somebody else writes.
    """

    def __init__(self, transactions: Transactions) -> None:
        self._do = transactions
        self._rows = transactions.waiting(_ROW)
        self._asked: set[str] = set()
        self.taken: set[str] = set()

    def ask(self, run_id: str) -> None:
        """Note whether a turn that is no record of a run has a key like one."""
        self._asked.add(run_id)
        # '}' is the character after '|'.
        if self._do.one(_TAKEN, (f"{run_id}|", f"{run_id}}}")) is not None:
            self.taken.add(run_id)

    def find(self, context: int, key: str) -> Turn | None:
        """The turn of a context that has a key."""
        found = self._do.one(_BY_ROW, (key, context))
        if found is None and (place := _place(key)) is not None:
            found = self._do.one(_BY_ENTRY, (*place, key, context))
        return None if found is None else turn_of(found)

    def add(self, context: int, key: str, turn: int, index: Index | None) -> None:
        """Note the key of a new turn, unless its entry leads to it."""
        if index is not None and key == f"{index.run_id}|{index.sequence_no}":
            return
        self._rows.append((key, context, turn))
        run_id, bar, _ = key.rpartition("|")
        if bar and run_id in self._asked:
            self.taken.add(run_id)

    def forget(self) -> None:
        """Somebody else may have written: each run is to be asked about anew."""
        self._asked.clear()
        self.taken.clear()


def keep_left(do: Transactions, run: int) -> None:
    """Note the keys of what is left of a run whose other turns and whose entries go."""
    do.write(_LEFT, (run,))


def drop_gone(do: Transactions) -> None:
    """Delete the keys of turns that are gone."""
    do.write(_GONE)


def _place(key: str) -> tuple[str, int] | None:
    """Run and number of the record whose key this may be."""
    run_id, bar, digits = key.rpartition("|")
    if not bar or not digits.isascii() or not digits.isdigit() or len(digits) > len(str(_LARGEST)):
        return None
    number = int(digits)
    return (run_id, number) if number <= _LARGEST else None
