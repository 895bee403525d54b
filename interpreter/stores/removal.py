"""Runs taken out of a SQLite store, with all that is only theirs, in one transaction.

Apart from the store, which only ever adds. What is still needed is read before the store is
locked, so that a run that goes on in another process waits for the deleting alone. It must
not know why a run may go.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..ports import Locked, NotFound, Removed, StoreError
from .keys import drop_gone, keep_left
from .leases import holders, take
from .outbox import TABLES
from .references import named_in
from .transactions import Transactions

_PAGE = 2_000


@dataclass(slots=True)
class Removal:
    """One removal: what to take away, and the blobs that turns up to `seen` name.

    `needed` are those of turns that stay, `named` those of each context that may go.
    """

    do: Transactions
    locks: Path
    run_ids: Sequence[str]
    seen: int = 0
    needed: set[str] = field(default_factory=set)
    named: defaultdict[int, set[str]] = field(default_factory=lambda: defaultdict(set))

    def prepare(self) -> None:
        """Read all turns, while others write, until few are left to be read."""
        many = True
        while many:
            # First: a context that is not there yet when contexts are read has later turns only.
            last = self._last()
            many = last - self.seen > _PAGE
            self._read(self._contexts(self._roots()), last)

    def carry_out(self) -> Removed:
        """Delete within the open group, and say how much. Raises `NotFound`."""
        roots = self._roots()
        contexts = self._contexts(roots)
        self._read(contexts, self._last())
        busy = tuple(run_id for run_id in roots if self._busy(run_id))
        going = {run_id: place for run_id, place in roots.items() if run_id not in busy}
        if busy:
            contexts = self._contexts(going)
        self._refuse_dependants(going, contexts)
        for context, names in self.named.items():
            if context not in contexts:
                self.needed |= names
        turns = self._delete("turns", "context", contexts)
        self._delete("contexts", "id", contexts)
        drop_gone(self.do)
        for number, _ in going.values():
            keep_left(self.do, number)
        for table in ("entries", "scopes", "controls", *self._mirrored()):
            self._delete(table, "run", [number for number, _ in going.values()])
        self._delete("runs", "number", [number for number, _ in going.values()])
        self._delete("epochs", "run_id", going)
        blobs, size = self._delete_blobs() if going else (0, 0)
        return Removed(tuple(going), busy, turns, blobs, size)

    def _roots(self) -> dict[str, tuple[int, int]]:
        """Number and context of each run."""
        found: dict[str, tuple[int, int]] = {}
        for run_id in dict.fromkeys(self.run_ids):
            row = self.do.one("SELECT number, context FROM runs WHERE run_id = ?", (run_id,))
            if row is None:
                raise NotFound(f"there is no run '{run_id}' in the store")
            found[run_id] = (row[0], int(row[1]))
        return found

    def _busy(self, run_id: str) -> bool:
        """Whether somebody writes the run. Nobody can begin to while the group is open."""
        try:
            take(self.locks, run_id).release()
        except Locked:
            return True
        return False

    def _contexts(self, roots: dict[str, tuple[int, int]]) -> set[int]:
        """The contexts of runs, and all that go on from a turn in them."""
        contexts = {context for _, context in roots.values()}
        if contexts:
            # A fork is younger than what it goes on from, so that one pass in order finds all.
            forks = self.do.all(
                "SELECT c.id, t.context FROM contexts AS c CROSS JOIN turns AS t ON t.id = c.base "
                "WHERE c.id > ? ORDER BY c.id",
                (min(contexts),),
            )
            for context, above in forks:
                if above in contexts:
                    contexts.add(context)
        return contexts

    def _refuse_dependants(self, going: dict[str, tuple[int, int]], contexts: set[int]) -> None:
        for run_id, context in self.do.all("SELECT run_id, context FROM runs"):
            if int(context) in contexts and run_id not in going:
                raise StoreError(f"run '{run_id}' goes on from a run that is to be removed")

    def _last(self) -> int:
        (last,) = self.do.one("SELECT max(id) FROM turns")
        return last or 0

    def _read(self, contexts: set[int], last: int) -> None:
        """Note the blobs that turns since the last reading name; the contexts may go."""
        while page := self.do.all(
            "SELECT id, context, payload FROM turns WHERE id > ? AND id <= ? ORDER BY id LIMIT ?",
            (self.seen, last, _PAGE),
        ):
            for _number, context, payload in page:
                names = self.named[context] if context in contexts else self.needed
                names.update(named_in(payload))
            self.seen = page[-1][0]

    def _mirrored(self) -> list[str]:
        """The tables of the outbox, where there is one."""
        made = {name for (name,) in self.do.all("SELECT name FROM sqlite_master")}
        return [table for table in TABLES if table in made]

    def _delete(self, table: str, column: str, values: Iterable[int | str]) -> int:
        before = self.do.changes()
        for value in values:
            self.do.write(f"DELETE FROM {table} WHERE {column} = ?", (value,))  # noqa: S608
        return self.do.changes() - before

    def _delete_blobs(self) -> tuple[int, int]:
        count = size = 0
        for number, digest, length in self.do.all("SELECT id, hash, length(data) FROM blobs"):
            if digest not in self.needed:
                self.do.write("DELETE FROM blobs WHERE id = ?", (number,))
                count, size = count + 1, size + length
        return count, size


def compact(do: Transactions, locks: Path) -> None:
    """Give the space of what was removed back. Raises `Locked` while a run is written."""
    if owners := holders(locks):
        raise Locked(
            f"the store cannot be made smaller while a run is written (by {', '.join(owners)})"
        )
    do.commit()
    do.alone("VACUUM")
    do.alone("PRAGMA wal_checkpoint(TRUNCATE)")
