"""Runs in a SQLite store: their rows, their records in order, their writers, their wishes.

Apart from the turns, which know nothing of runs. A run's records are found by entries, one
for each turn of the run. It must not know what the payloads hold.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from attractorc.compiler.value import Json, canonical

from ..ports import (
    Control,
    Filter,
    Found,
    KeyConflict,
    Lease,
    NewerStore,
    NotFound,
    RunRow,
    StoreError,
    Turn,
)
from . import layout
from .keys import Keys
from .leases import RunLease, take
from .paging import Stretch, look, taken
from .transactions import Transactions

_RUN = "SELECT run_id, context, pipeline, plan_digest, status, created, updated FROM runs"
_ENTER = "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_SCOPE = "INSERT INTO scopes VALUES (?, ?, ?)"
_COUNT = """
    SELECT count(*) FROM entries INDEXED BY entries_kind
    WHERE run = ? AND kind = ? AND kind <> '' AND type = ?"""
_BEYOND_ALL = 1 << 62


class RunTables:
    """The run side of a SQLite store. `locks` is the folder of the runs' lock files."""

    def __init__(self, transactions: Transactions, locks: Path) -> None:
        self._do = transactions
        self._entries = transactions.waiting(_ENTER)
        self._scopes = transactions.waiting(_SCOPE)
        self._keys = Keys(transactions)
        self._taken = self._keys.taken
        self._locks = locks
        # What was read while a group was open, true until somebody else writes.
        self._era = -1
        self._ends: dict[str, tuple[int, int]] = {}
        self._epochs: dict[str, int] = {}
        # The lease that may write: until somebody else writes, or it is given up.
        self._writer: RunLease | None = None

    def create_run(self, row: RunRow) -> None:
        """Enter a run; `KeyConflict` if its id is taken."""
        self._begin()
        if self._do.one("SELECT 1 FROM runs WHERE run_id = ?", (row.run_id,)) is not None:
            raise KeyConflict(f"run '{row.run_id}' exists already; resume it, or choose another id")
        self._do.write(
            "INSERT INTO runs (number, run_id, context, pipeline, plan_digest, status, created, "
            "updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self._do.next("run"),
                row.run_id,
                row.context,
                row.pipeline,
                row.plan_digest,
                row.status,
                row.created,
                row.updated,
            ),
        )

    def update_run(
        self, run_id: str, status: str, updated: str, plan_digest: str | None = None
    ) -> None:
        """Note where a run stands, and by which plan it goes, if that is another one now."""
        number = self._run_number(run_id)
        self._begin()
        self._do.write(
            "UPDATE runs SET status = ?, updated = ? WHERE number = ?", (status, updated, number)
        )
        if plan_digest is not None:
            self._do.write(
                "UPDATE runs SET plan_digest = ? WHERE number = ?", (plan_digest, number)
            )

    def run(self, run_id: str) -> RunRow:
        """The row of a run, or `NotFound`."""
        found = self._do.one(f"{_RUN} WHERE run_id = ?", (run_id,))
        if found is None:
            raise NotFound(f"there is no run '{run_id}' in the store")
        return _row(found)

    def runs(self, before: str | None = None, limit: int = 100) -> tuple[RunRow, ...]:
        """Runs, newest first; a page goes on `before` the last run of the one before it."""
        below = _BEYOND_ALL if before is None else self._run_number(before)
        rows = self._do.all(
            f"{_RUN} WHERE number < ? ORDER BY number DESC LIMIT ?", (below, max(limit, 0))
        )
        return tuple(map(_row, rows))

    def records(
        self, run_id: str, after: int = 0, limit: int = 256, where: Filter | None = None
    ) -> tuple[Turn, ...]:
        """Turns of a run after a sequence number, in its order, at most `limit`."""
        return taken(partial(self.search, run_id, where or Filter()), after, limit)

    def search(
        self,
        run_id: str,
        where: Filter,
        start: int | None = None,
        limit: int = 256,
        *,
        newest_first: bool = False,
    ) -> Found:
        """One bounded look for turns of a run beyond `start`, in its order or against it."""
        part = Stretch(self._run_number(run_id), start, newest_first)
        return look(self._do.all, part, limit, where)

    def count(self, run_id: str, kind: str, record_type: str) -> int:
        """How many records of a kind and a family a run has; no turn is read."""
        (found,) = self._do.one(_COUNT, (self._run_number(run_id), kind, record_type))
        return int(found)

    def lease(self, run_id: str) -> RunLease:
        """Take the run, or `Locked`; older leases are fenced off before this returns."""
        lock = take(self._locks, run_id)
        try:
            self._do.write_early()
            self._begin()
            self._writer = None
            epoch = self._epochs[run_id] = self._stored_epoch(run_id) + 1
            self._do.write("INSERT OR REPLACE INTO epochs VALUES (?, ?)", (run_id, epoch))
            self._do.save()  # no older writer outlives the machine
        except BaseException:
            lock.release()
            raise
        return RunLease(run_id, epoch, lock)

    def post(self, run_id: str, command: str, payload: Mapping[str, Json], created: str) -> int:
        """Leave a wish for the writer of a run; durable when this returns."""
        run = self._run_number(run_id)
        self._begin()
        number = self._do.next("control")
        self._do.write(
            "INSERT INTO controls VALUES (?, ?, ?, ?, ?)",
            (number, run, command, canonical(payload), created),
        )
        self._do.commit()
        return number

    def controls(self, run_id: str, after: int = 0) -> tuple[Control, ...]:
        """The wishes for a run after a number, in order."""
        rows = self._do.all(
            "SELECT number, command, payload, created FROM controls "
            "WHERE run = ? AND number > ? ORDER BY number",
            (self._run_number(run_id), after),
        )
        return tuple(
            Control(number, run_id, command, json.loads(payload), created)
            for number, command, payload, created in rows
        )

    def _end(self, run_id: str) -> tuple[int, int]:
        """A run's number, and the sequence number of its last record, within the open group."""
        end = self._ends.get(run_id)
        if end is None:
            run = self._run_number(run_id)
            (last,) = self._do.one("SELECT max(seq) FROM entries WHERE run = ?", (run,))
            self._keys.ask(run_id)
            end = self._ends[run_id] = (run, last or 0)
        return end

    def _refuse_fenced(self, lease: Lease) -> None:
        assert isinstance(lease, RunLease), "a lease of another store"
        epoch = self._epochs.get(lease.run_id)
        if epoch is None:
            epoch = self._epochs[lease.run_id] = self._stored_epoch(lease.run_id)
        lease.refuse_if_over(epoch)
        self._writer = lease

    def _stored_epoch(self, run_id: str) -> int:
        found = self._do.one("SELECT epoch FROM epochs WHERE run_id = ?", (run_id,))
        return int(found[0]) if found else 0

    def _run_number(self, run_id: str) -> int:
        found = self._do.one("SELECT number FROM runs WHERE run_id = ?", (run_id,))
        if found is None:
            raise NotFound(f"there is no run '{run_id}' in the store")
        return int(found[0])

    def _begin(self) -> None:
        """Open the group, and forget what somebody else may have changed since."""
        self._do.begin()
        if self._era != self._do.era:
            self._refuse_upgraded()
            self._era = self._do.era
            self._forget()

    def _refuse_upgraded(self) -> None:
        """Raise `NewerStore` if a newer program has changed the tables meanwhile."""
        (version,) = self._do.one("PRAGMA user_version")
        if version != layout.VERSION:
            self._do.abandon()
            raise NewerStore(
                "the store was upgraded by a newer attractorc meanwhile; nothing more is written "
                "by this one: resume the run with that one"
            )

    def _forget(self) -> None:
        self._ends.clear()
        self._epochs.clear()
        self._keys.forget()
        self._writer = None


def refuse_halves(texts: str) -> None:
    """Raise `StoreError` for half a surrogate pair, before anything is written."""
    try:
        texts.encode()
    except UnicodeEncodeError as error:
        raise StoreError("half a surrogate pair cannot be stored") from error


def _row(row: Any) -> RunRow:
    return RunRow(*row)
