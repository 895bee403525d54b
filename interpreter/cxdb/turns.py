"""The turn half of a store, kept by a server: contexts, turns and blobs, nothing of runs.

What a store promises and a server does not is done here: keys, parents that must be in
reach, errors that say what is missing, and an append whose answer was lost is looked for
before it is sent again. It must not know records; runs are kept by other stores.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, MutableMapping
from typing import TypeVar

from blake3 import blake3

from ..ports import NotFound, Turn
from ..stores.idempotency import same_turn
from ..stores.identity import number_of
from .client import Client
from .frames import HASH_BYTES, Item
from .trouble import Closed, Interfered, Unreachable
from .web import WebReader

Found = TypeVar("Found")
Keys = MutableMapping[tuple[str, str], Turn]
"""The turn that has a key in a context: a server forgets it, so it is kept on this side."""


class CxdbTurns:
    """One writer's view of a server; for one thread. Raises `StoreError`s only.

    Keys are those in `keys`; a turn that somebody else appended has none, and seems to belong
    to the context that it was read from.
    """

    def __init__(self, client: Client, reader: WebReader, keys: Keys | None = None) -> None:
        self._client = client
        self._reader = reader
        self._keys: Keys = {} if keys is None else keys
        self._known = {turn.id: turn for turn in self._keys.values()}

    def create_context(self, base: str | None = None) -> str:
        """A new context, empty or on top of an existing turn."""
        if base is None:
            return str(self._client.create().context)
        return self.fork_context(base)

    def fork_context(self, turn: str) -> str:
        """A new context that continues from a turn; nothing is copied."""
        missing = NotFound(f"there is no turn '{turn}' in the store")
        number = _number(turn, missing)
        return str(self._asked(lambda: self._client.fork(number).context, missing))

    def append(
        self,
        context: str,
        record_type: str,
        version: int,
        payload: bytes,
        key: str,
        *,
        parent: str | None = None,
    ) -> Turn:
        """Append one turn. The same key and content: the turn that is there already.

        Raises `NotFound`, `KeyConflict`, and `Interfered` if somebody else writes meanwhile.
        """
        number = _number(context, _no_context(context))
        found = self._keys.get((context, key))
        if found is not None:
            return same_turn(found, record_type, version, payload, parent)
        line = self._line(context, 1 if parent is None else None)
        above = line[-1] if line else None
        if parent is not None:
            below = {str(item.turn): item for item in line}
            if parent not in below:
                raise self._out_of_reach(context, parent)
            above = below[parent]
        before = line[-1].turn if line else 0
        item = self._sent(number, record_type, version, payload, key, above, before)
        turn = Turn(
            str(item.turn),
            context,
            None if above is None else str(above.turn),
            item.depth,
            record_type,
            version,
            bytes(payload),
            key,
        )
        self._keys[context, key] = self._known[turn.id] = turn
        return turn

    def head(self, context: str) -> Turn | None:
        """The newest turn of a context, its own or inherited; None for an empty one."""
        turns = self.last(context, 1)
        return turns[0] if turns else None

    def last(self, context: str, n: int) -> tuple[Turn, ...]:
        """The newest `n` turns, oldest first, through forks into what they inherit."""
        missing = _no_context(context)
        number = _number(context, missing)
        ask = max(n, 0)
        found = self._in_context(number, lambda: self._client.last(number, ask, payload=True))
        return tuple(self._turn(item, context) for item in found)

    def turns(self, context: str, before: str | None = None, limit: int = 256) -> tuple[Turn, ...]:
        """A page towards the root, oldest first: the newest turns, or those above `before`."""
        number = _number(context, _no_context(context))
        no_turn = NotFound(f"there is no turn '{before}' in the store")
        above = None if before is None else _number(before, no_turn)
        if limit <= 0:
            return ()
        page = self._reader.page(number, above, limit)
        if page is None:
            known = before is not None and self._reader.has_context(number)
            raise no_turn if known else _no_context(context)
        return tuple(self._turn(item, context) for item in page)

    def put_blob(self, data: bytes) -> str:
        """Keep bytes once; their BLAKE3-256 in hexadecimal."""
        self._client.put_blob(data)
        return blake3(data).hexdigest()

    def get_blob(self, digest: str) -> bytes:
        """The bytes of a digest, or `NotFound`."""
        missing = NotFound(f"there is no blob '{digest}' in the store")
        try:
            wanted = bytes.fromhex(digest)
        except ValueError:
            raise missing from None
        if len(wanted) != HASH_BYTES:
            raise missing
        return self._asked(lambda: self._client.get_blob(wanted), missing)

    def save(self) -> None:
        """Nothing to do: the answer to an append is all that a server promises."""

    def commit(self) -> None:
        """Nothing to do: there is no barrier to ask a server for."""

    def begin_commit(self) -> None:
        """As `commit`."""

    def close(self) -> None:
        """Hang up."""
        self._client.close()
        self._reader.close()

    def _sent(
        self,
        context: int,
        record_type: str,
        version: int,
        payload: bytes,
        key: str,
        above: Item | None,
        before: int,
    ) -> Item:
        """The turn as it was appended, once, below `above`, when the head was `before`."""
        over, depth = (0, 0) if above is None else (above.turn, above.depth + 1)
        parent = 0 if over == before else over
        digest = blake3(payload).digest()
        for again in (True, False):
            try:
                ack = self._client.append(
                    context, record_type, version, payload, key, parent=parent
                )
            except Unreachable:
                # It may have happened. Only our own turn can be the new head, below its parent.
                for item in self._client.last(context, 1):
                    content = (item.parent, item.type, item.version, item.hash)
                    if item.turn > before and content == (over, record_type, version, digest):
                        return item
                if not again:
                    raise
                continue
            if ack.depth != depth:
                raise Interfered(f"somebody else has written to context {context} meanwhile")
            return Item(ack.turn, over, ack.depth, record_type, version, 1, ack.hash)
        raise AssertionError("a second failure was raised")

    def _line(self, context: str, limit: int | None) -> tuple[Item, ...]:
        """The newest turns of a context; all of them without a limit."""
        number = _number(context, _no_context(context))

        def ask() -> tuple[Item, ...]:
            size = limit or self._client.head(number).depth + 1
            return self._client.last(number, size)

        return self._in_context(number, ask)

    def _out_of_reach(self, context: str, parent: str) -> NotFound:
        _number(parent, NotFound(f"there is no turn '{parent}' in the store"))
        return NotFound(f"turn '{parent}' is not among the turns of context '{context}'")

    def _in_context(self, context: int, ask: Callable[[], Found]) -> Found:
        """An answer about a context; the pages say whether a closed connection means none."""
        try:
            return ask()
        except Closed:
            if not self._reader.has_context(context):
                raise _no_context(str(context)) from None
        return ask()

    def _asked(self, ask: Callable[[], Found], missing: NotFound) -> Found:
        """An answer; a connection that is closed twice, and well in between, means no."""
        with contextlib.suppress(Closed):
            return ask()
        self._client.connect()
        try:
            return ask()
        except Closed:
            raise missing from None

    def _turn(self, item: Item, context: str) -> Turn:
        known = self._known.get(str(item.turn))
        if known is not None:
            return known
        parent = str(item.parent) if item.parent else None
        assert item.payload is not None
        return Turn(
            str(item.turn), context, parent, item.depth, item.type, item.version, item.payload, ""
        )


def _no_context(context: str) -> NotFound:
    return NotFound(f"there is no context '{context}' in the store")


def _number(identity: str, missing: NotFound) -> int:
    """The number behind an id."""
    if number := number_of(identity):
        return number
    raise missing
