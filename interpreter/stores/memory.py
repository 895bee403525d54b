"""The turn store in memory, for tests and for runs that nobody needs to keep.

The same contract as the store on disk, down to locks and epochs, within one object. It
must not know what the payloads hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from blake3 import blake3

from attractorc.compiler.value import Json, checked

from ..ports import (
    Control,
    Filter,
    Found,
    Index,
    KeyConflict,
    Lease,
    Locked,
    NotFound,
    Removed,
    RunRow,
    StoreError,
    Turn,
)
from .idempotency import same_turn
from .identity import number_of
from .leases import Hold, RunLease
from .memory_run import MemoryRun
from .paging import taken
from .references import named_in


@dataclass(slots=True)
class _Context:
    head: Turn | None
    base: Turn | None
    by_key: dict[str, Turn] = field(default_factory=dict)


class MemoryStore:
    """A store that ends with its process. Every promise of `Store` but durability."""

    def __init__(self) -> None:
        self._turns: list[Turn | None] = []
        self._contexts: list[_Context | None] = []
        self._blobs: dict[str, bytes] = {}
        self._runs: dict[str, MemoryRun] = {}
        self._control_count = 0
        self._epochs: dict[str, int] = {}
        self._holds: dict[str, Hold] = {}

    def create_context(self, base: str | None = None) -> str:
        """A new context, empty or on top of an existing turn."""
        turn = None if base is None else self._turn(base)
        self._contexts.append(_Context(turn, turn))
        return str(len(self._contexts))

    def fork_context(self, turn: str) -> str:
        """A new context that continues from a turn; nothing is copied."""
        return self.create_context(turn)

    def append(
        self,
        context: str,
        record_type: str,
        version: int,
        payload: bytes,
        key: str,
        *,
        index: Index | None = None,
        parent: str | None = None,
        lease: Lease | None = None,
    ) -> Turn:
        """Append one turn. The same key and content: the turn that is there already.

        Raises `NotFound`, `KeyConflict` and `Fenced`. Sequence numbers of a run must rise.
        """
        if lease is not None:
            assert isinstance(lease, RunLease), "a lease of another store"
            lease.refuse_if_over(self._epochs.get(lease.run_id, 0))
        place = self._context(context)
        found = place.by_key.get(key)
        if found is not None:
            return same_turn(found, record_type, version, payload, parent)
        above = place.head if parent is None else self._reachable(context, place.head, parent)
        turn = Turn(
            id=str(len(self._turns) + 1),
            context=context,
            parent=None if above is None else above.id,
            depth=0 if above is None else above.depth + 1,
            type=record_type,
            version=version,
            payload=bytes(payload),
            key=key,
        )
        if index is not None:
            self._enter(index, turn)
        self._turns.append(turn)
        place.head = place.by_key[key] = turn
        return turn

    def head(self, context: str) -> Turn | None:
        """The newest turn of a context, its own or inherited; None for an empty one."""
        return self._context(context).head

    def last(self, context: str, n: int) -> tuple[Turn, ...]:
        """The newest `n` turns, oldest first, through forks into what they inherit."""
        return self._walk(self._context(context).head, n)

    def turns(self, context: str, before: str | None = None, limit: int = 256) -> tuple[Turn, ...]:
        """A page towards the root, oldest first: the newest turns, or those above `before`.

        `before` is the first turn of the page that came last.
        """
        head = self._context(context).head
        return self._walk(head if before is None else self._above(self._turn(before)), limit)

    def remove_runs(self, run_ids: Sequence[str], *, rehearse: bool = False) -> Removed:
        """Take runs away, with their turns, forks and wishes, and blobs that no turn names."""
        roots = {run_id: self._run(run_id).row.context for run_id in run_ids}
        busy = tuple(run_id for run_id in roots if run_id in self._holds)
        going = tuple(run_id for run_id in roots if run_id not in busy)
        contexts = self._tree({roots[run_id] for run_id in going})
        for run_id, run in self._runs.items():
            if run.row.context in contexts and run_id not in going:
                raise StoreError(f"run '{run_id}' goes on from a run that is to be removed")
        turns = {turn.id for turn in self._turns if turn is not None and turn.context in contexts}
        kept = [turn for turn in self._turns if turn is not None and turn.id not in turns]
        needed = {digest for turn in kept for digest in named_in(turn.payload)}
        blobs = {digest for digest in self._blobs if going and digest not in needed}
        size = sum(len(self._blobs[digest]) for digest in blobs)
        if not rehearse:
            self._turns = [
                None if turn is None or turn.id in turns else turn for turn in self._turns
            ]
            for context in contexts:
                self._contexts[number_of(context) - 1] = None
            for run_id in going:
                del self._runs[run_id]
                self._epochs.pop(run_id, None)
            for digest in blobs:
                del self._blobs[digest]
        return Removed(going, busy, len(turns), len(blobs), size)

    def compact(self) -> None:
        """Nothing to do but to refuse while somebody writes a run."""
        if self._holds:
            raise Locked("the store cannot be made smaller while a run is written")

    def put_blob(self, data: bytes) -> str:
        """Keep bytes once; their BLAKE3-256 in hexadecimal."""
        digest = blake3(data).hexdigest()
        self._blobs.setdefault(digest, bytes(data))
        return digest

    def get_blob(self, digest: str) -> bytes:
        """The bytes of a digest, or `NotFound`."""
        if digest not in self._blobs:
            raise NotFound(f"there is no blob '{digest}' in the store")
        return self._blobs[digest]

    def save(self) -> None:
        """Nothing to do: memory survives nothing."""

    def commit(self) -> None:
        """Nothing to do: memory survives nothing."""

    def begin_commit(self) -> None:
        """As `commit`."""
        self.commit()

    def create_run(self, row: RunRow) -> None:
        """Enter a run; `KeyConflict` if its id is taken."""
        if row.run_id in self._runs:
            raise KeyConflict(f"run '{row.run_id}' exists already; resume it, or choose another id")
        self._runs[row.run_id] = MemoryRun(row)

    def update_run(
        self, run_id: str, status: str, updated: str, plan_digest: str | None = None
    ) -> None:
        """Note where a run stands, and by which plan it goes, if that is another one now."""
        run = self._run(run_id)
        digest = run.row.plan_digest if plan_digest is None else plan_digest
        run.row = replace(run.row, status=status, updated=updated, plan_digest=digest)

    def run(self, run_id: str) -> RunRow:
        """The row of a run, or `NotFound`."""
        return self._run(run_id).row

    def runs(self, before: str | None = None, limit: int = 100) -> tuple[RunRow, ...]:
        """Runs, newest first; a page goes on `before` the last run of the one before it."""
        rows = [run.row for run in reversed(self._runs.values())]
        start = 0 if before is None else rows.index(self.run(before)) + 1
        return tuple(rows[start : start + max(limit, 0)])

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
        return self._run(run_id).search(where, start, limit, newest_first)

    def count(self, run_id: str, kind: str, record_type: str) -> int:
        """How many records of a kind and a family a run has."""
        entries = self._run(run_id).entries
        return sum(index.kind == kind and turn.type == record_type for index, turn in entries)

    def lease(self, run_id: str) -> RunLease:
        """Take the run, or `Locked`; older leases are fenced off before this returns."""
        if run_id in self._holds:
            raise Locked(f"run '{run_id}' is in the hands of this very process")
        hold = self._holds[run_id] = Hold(self._holds, run_id)
        self._epochs[run_id] = self._epochs.get(run_id, 0) + 1
        return RunLease(run_id, self._epochs[run_id], hold)

    def post(self, run_id: str, command: str, payload: Mapping[str, Json], created: str) -> int:
        """Leave a wish for the writer of a run."""
        run = self._run(run_id)
        plain = checked(payload)
        assert isinstance(plain, dict)
        self._control_count += 1
        run.controls.append(Control(self._control_count, run_id, command, plain, created))
        return self._control_count

    def controls(self, run_id: str, after: int = 0) -> tuple[Control, ...]:
        """The wishes for a run after a number, in order."""
        return tuple(wish for wish in self._run(run_id).controls if wish.number > after)

    def close(self) -> None:
        """Nothing to do: the store ends with its last reader."""

    def _enter(self, index: Index, turn: Turn) -> None:
        self._run(index.run_id).enter(index, turn)

    def _tree(self, contexts: set[str]) -> set[str]:
        """Contexts, and all that go on from a turn in them."""
        for number, context in enumerate(self._contexts, 1):
            base = None if context is None else context.base
            if base is not None and base.context in contexts:
                contexts.add(str(number))
        return contexts

    def _run(self, run_id: str) -> MemoryRun:
        if run_id not in self._runs:
            raise NotFound(f"there is no run '{run_id}' in the store")
        return self._runs[run_id]

    def _context(self, context: str) -> _Context:
        number = number_of(context)
        found = self._contexts[number - 1] if 1 <= number <= len(self._contexts) else None
        if found is None:
            raise NotFound(f"there is no context '{context}' in the store")
        return found

    def _turn(self, turn: str) -> Turn:
        number = number_of(turn)
        found = self._turns[number - 1] if 1 <= number <= len(self._turns) else None
        if found is None:
            raise NotFound(f"there is no turn '{turn}' in the store")
        return found

    def _above(self, turn: Turn) -> Turn | None:
        return None if turn.parent is None else self._turn(turn.parent)

    def _reachable(self, context: str, head: Turn | None, parent: str) -> Turn:
        wanted = self._turn(parent)
        turn = head
        while turn is not None and turn.depth > wanted.depth:
            turn = self._above(turn)
        if turn is None or turn.id != wanted.id:
            raise NotFound(f"turn '{parent}' is not among the turns of context '{context}'")
        return wanted

    def _walk(self, turn: Turn | None, limit: int) -> tuple[Turn, ...]:
        found: list[Turn] = []
        while turn is not None and len(found) < limit:
            found.append(turn)
            turn = self._above(turn)
        return tuple(reversed(found))
