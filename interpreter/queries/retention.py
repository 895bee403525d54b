"""Which runs may go: those that ended long enough ago, and are not among the newest few.

A run that can still be resumed never goes by itself, only when it is named. It must not
know how a store removes anything.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..ports import NotFound, RunRow, Store
from ..records.times import millis
from .runs import is_over

_PAGE = 500


@dataclass(frozen=True, slots=True)
class RemovedRuns:
    """Runs that were taken out of the store, or would be (`removed` false), and what with them.

    `busy` are runs that stay, because somebody is writing them.
    """

    runs: tuple[str, ...]
    busy: tuple[str, ...]
    turns: int
    blobs: int
    blob_bytes: int
    removed: bool


def removable(store: Store, older_than_ms: int, keep: int, now: int) -> tuple[RunRow, ...]:
    """Ended runs that may go, oldest first. `now` in milliseconds since the Unix epoch."""
    found: list[RunRow] = []
    ended, before = 0, None
    while page := store.runs(before=before, limit=_PAGE):
        for row in page:
            if is_over(store, row):
                ended += 1
                if ended > keep and now - millis(row.updated) >= older_than_ms:
                    found.append(row)
        before = page[-1].run_id
    return tuple(reversed(found))


def remove_runs(store: Store, run_ids: tuple[str, ...], *, rehearse: bool = False) -> RemovedRuns:
    """Take runs out of a store, or only say what that would be. Raises `StoreError`."""
    present = []
    for run_id in run_ids:
        try:
            present.append(store.run(run_id).run_id)
        except NotFound:
            continue  # somebody else was faster
    gone = store.remove_runs(present, rehearse=rehearse)
    return RemovedRuns(gone.runs, gone.busy, gone.turns, gone.blobs, gone.blob_bytes, not rehearse)
