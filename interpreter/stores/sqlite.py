"""The turn store in one SQLite file: a write-ahead log, one writer, one fsync a group.

Readers in other processes see every committed group, and never half of one. Ids are
counters of the store, as decimal text. It must not know what the payloads hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from blake3 import blake3

from ..paths import prefixes
from ..ports import Index, Lease, NotFound, Removed, StoreError, Turn
from ..tuples import tupled
from .connection import Connect, connect
from .creating import opened
from .idempotency import refuse_unless_rising, same_turn
from .identity import number_of
from .layout import prepare
from .paging import columns, turn_of
from .removal import Removal, compact
from .run_tables import RunTables, refuse_halves
from .transactions import Transactions

PAYLOAD_LIMIT_BYTES = 64 * 1024 * 1024
BLOB_LIMIT_BYTES = 900_000_000
SMALL_BLOB_BYTES = 64 * 1024
KNOWN_BLOB_BYTES = 4 * 1024
KNOWN_BLOBS = 256
_TURN = "INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_CONTEXT = "INSERT INTO contexts VALUES (?, ?)"
_BLOB = "INSERT OR IGNORE INTO blobs (hash, data) VALUES (?, ?)"
_LINE = """
    WITH RECURSIVE line (turn, above, deep, remaining) AS (
        SELECT id, parent, depth, ? FROM turns WHERE id = ?
        UNION ALL
        SELECT t.id, t.parent, t.depth, remaining - 1
        FROM line JOIN turns AS t ON t.id = line.above WHERE remaining > 1)
"""
_WALK = f"""{_LINE}
    SELECT {columns("turns")}
    FROM line CROSS JOIN turns ON id = turn ORDER BY turns.depth"""  # noqa: S608 - constants only
_STEPS_UP = f"{_LINE} SELECT turn FROM line ORDER BY deep LIMIT 1"  # noqa: S608 - constants only


class SqliteStore(RunTables):
    """A store in one file. One object serves one thread; other processes open their own.

    Work is durable after `commit`; `close` without it gives up the open group. While a group
    is open nobody else can write to this file, so commit before waiting for anything.
    """

    def __init__(self, path: Path, *, create: bool = True, connect: Connect = connect) -> None:
        connection = opened(path, create, connect)
        try:
            prepare(connection, path)
        except BaseException:
            connection.close()
            raise
        transactions = Transactions(connection, path)
        super().__init__(transactions, path.with_name(f"{path.name}.locks"))
        self._turns = transactions.waiting(_TURN)
        self._contexts = transactions.waiting(_CONTEXT)
        self._blobs = transactions.waiting(_BLOB)
        self._heads: dict[str, tuple[int, tuple[int, int] | None]] = {}
        # The turn that was placed last: all branches of a fan-out start from one.
        self._placed: tuple[str | None, tuple[int, int]] = (None, (0, 0))
        # Blobs that are in the store: many stages have one prompt.
        self._known_blobs: dict[bytes, str] = {}

    def create_context(self, base: str | None = None) -> str:
        """A new context, empty or on top of an existing turn."""
        self._begin()
        head = None if base is None else self._place(base)
        context = self._do.next("context")
        self._contexts.append((context, head and head[0]))
        self._do.wrote(0)
        name = str(context)
        self._heads[name] = (context, head)
        return name

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
        """Append one turn; durable after `commit`. The same key and content: the turn that is.

        Raises `NotFound`, `KeyConflict` and `Fenced`. Sequence numbers of a run must rise. The
        key `<run>|<number>` is meant for that record: it is new whenever the number is, as a rule.
        """
        if len(payload) > PAYLOAD_LIMIT_BYTES:
            raise StoreError(f"a record of {len(payload)} bytes is too large for the store")
        do = self._do
        if not do.writing or self._era != do.era:
            self._begin()
        writer = self._writer
        if lease is not None and (writer is None or writer is not lease or not writer.lock.held):
            self._refuse_fenced(lease)
        place, above = self._heads.get(context) or self._head(context)
        is_new, texts = False, f"{record_type}{key}"
        if index is not None:
            run_id, sequence_no, kind, node_id, path, attempt_id = index
            run, last = self._ends.get(run_id) or self._end(run_id)
            texts += f"{kind}{node_id}{path}{attempt_id}"
            is_new = (
                sequence_no > last
                and key == f"{run_id}|{sequence_no}"
                and run_id not in self._taken
            )
        if not is_new and (found := self._keys.find(place, key)) is not None:
            return same_turn(found, record_type, version, payload, parent)
        if parent is not None:
            above = self._reachable(context, above, parent)
        if index is not None and not is_new:
            refuse_unless_rising(index, last)
        if not texts.isascii():
            refuse_halves(texts)
        do.counters["turn"] = number = do.counters["turn"] + 1
        before, depth = (None, 0) if above is None else (above[0], above[1] + 1)
        self._turns.append((number, place, before, depth, record_type, version, payload, key))
        if not is_new:
            self._keys.add(place, key, number, index)
        self._heads[context] = (place, (number, depth))
        if index is not None:
            self._ends[run_id] = (run, sequence_no)
            self._entries.append(
                (run, sequence_no, number, record_type, kind, node_id, path, attempt_id)
            )
            for scope in prefixes(path) if path else ():
                self._scopes.append((run, scope, sequence_no))
        do.wrote(len(payload))
        over = None if before is None else str(before)
        return tupled(Turn, (str(number), context, over, depth, record_type, version, payload, key))

    def head(self, context: str) -> Turn | None:
        """The newest turn of a context, its own or inherited; None for an empty one."""
        turns = self.last(context, 1)
        return turns[0] if turns else None

    def last(self, context: str, n: int) -> tuple[Turn, ...]:
        """The newest `n` turns, oldest first, through forks into what they inherit."""
        _, head = self._head(context)
        return self._walk(None if head is None else head[0], n)

    def turns(self, context: str, before: str | None = None, limit: int = 256) -> tuple[Turn, ...]:
        """A page towards the root, oldest first: the newest turns, or those above `before`.

        `before` is the first turn of the page that came last.
        """
        if before is None:
            return self.last(context, limit)
        self._head(context)
        number, _ = self._place(before)
        (parent,) = self._do.one("SELECT parent FROM turns WHERE id = ?", (number,))
        return self._walk(parent, limit)

    def put_blob(self, data: bytes) -> str:
        """Keep bytes once; their BLAKE3-256 in hexadecimal. Durable after `commit`."""
        if len(data) > BLOB_LIMIT_BYTES:
            raise StoreError(f"{len(data)} bytes are too many for one blob")
        if not self._do.writing or self._era != self._do.era:
            self._begin()
        if (known := self._known_blobs.get(data)) is not None:
            return known
        digest = blake3(data).hexdigest()
        if len(data) <= SMALL_BLOB_BYTES:
            self._blobs.append((digest, data))
            self._do.wrote(len(data))
            if len(data) <= KNOWN_BLOB_BYTES and len(self._known_blobs) < KNOWN_BLOBS:
                self._known_blobs[data] = digest
        else:
            self._do.write(_BLOB, (digest, data))
        return digest

    def get_blob(self, digest: str) -> bytes:
        """The bytes of a digest, or `NotFound`."""
        found = self._do.one("SELECT data FROM blobs WHERE hash = ?", (digest,))
        if found is None:
            raise NotFound(f"there is no blob '{digest}' in the store")
        return bytes(found[0])

    def remove_runs(self, run_ids: Sequence[str], *, rehearse: bool = False) -> Removed:
        """Take runs away, with what is only theirs; nothing of it can be read in the file."""
        removal = Removal(self._do, self._locks, run_ids)
        self._do.commit()
        removal.prepare()
        self._do.alone("PRAGMA secure_delete = ON")
        try:
            self._begin()
            removed = removal.carry_out()
            if rehearse:
                self._do.abandon()
            self._do.commit()
        except BaseException:
            self._do.abandon()
            raise
        finally:
            self._forget()
        self._do.alone("PRAGMA secure_delete = OFF")
        if not rehearse:
            self._do.alone("PRAGMA wal_checkpoint(TRUNCATE)")
        return removed

    def compact(self) -> None:
        """Give the space of what was removed back. `Locked` while somebody writes a run."""
        compact(self._do, self._locks)

    def save(self) -> None:
        """Everything appended so far survives this process when this returns."""
        self._do.save()

    def commit(self) -> None:
        """The barrier: everything appended so far is durable when this returns."""
        self._do.commit()

    def begin_commit(self) -> None:
        """Begin the barrier: what comes next waits for it, and is told if it fails."""
        self._do.begin_commit()

    def close(self) -> None:
        """Give up what was not committed, and the file."""
        self._do.close()

    def _head(self, context: str) -> tuple[int, tuple[int, int] | None]:
        """A context's number, and number and depth of its head."""
        if self._do.writing and (known := self._heads.get(context)) is not None:
            return known
        number = number_of(context)
        found = self._do.one("SELECT base FROM contexts WHERE id = ?", (number,))
        if found is None:
            raise NotFound(f"there is no context '{context}' in the store")
        own = self._do.one(
            "SELECT id, depth FROM turns WHERE context = ? ORDER BY id DESC LIMIT 1", (number,)
        )
        head = own if own or found[0] is None else self._place(str(found[0]))
        if self._do.writing:
            self._heads[context] = (number, head)
        return number, head

    def _place(self, turn: str) -> tuple[int, int]:
        """Number and depth of a turn, or `NotFound`."""
        if turn != self._placed[0] or not self._do.writing:
            found = self._do.one("SELECT id, depth FROM turns WHERE id = ?", (number_of(turn),))
            if found is None:
                raise NotFound(f"there is no turn '{turn}' in the store")
            self._placed = (turn, found)
        return self._placed[1]

    def _reachable(
        self, context: str, head: tuple[int, int] | None, parent: str
    ) -> tuple[int, int]:
        """The place of a turn on the way from a head to the root, or `NotFound`."""
        place = self._place(parent)
        if head is not None and place[1] <= head[1]:
            (found,) = self._do.one(_STEPS_UP, (head[1] - place[1] + 1, head[0]))
            if found == place[0]:
                return place
        raise NotFound(f"turn '{parent}' is not among the turns of context '{context}'")

    def _walk(self, turn: int | None, limit: int) -> tuple[Turn, ...]:
        if turn is None or limit <= 0:
            return ()
        return tuple(turn_of(row) for row in self._do.all(_WALK, (limit, turn)))

    def _forget(self) -> None:
        self._heads.clear()
        self._known_blobs.clear()
        self._placed = (None, (0, 0))
        super()._forget()
