"""The mirror of one run: its turns sent to a server in their order, each of them once.

A server keeps no keys and may forget all it had. So at each connection every context of
the run is looked at: what it has beyond our notes is ours, from before a crash, and noted,
or a stranger's, and left behind in a fork; where what we noted is gone, the run is sent
again. It must not know why a run is mirrored, nor what is done about trouble.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from blake3 import blake3

from ..ports import NotFound, Store, Turn
from ..records.registry import registry_bundle, registry_bundle_text
from ..stores.outbox import Outbox, Place
from ..stores.references import named_in
from . import frames
from .client import Client
from .frames import Ack, Item, Request
from .inspection import inspected
from .trouble import CxdbError, Interfered, Lost
from .web import WebReader

PAGE = 256
FEW = 32
"""How many turns are sent ahead at first; more as long as the server is quick."""

QUICK_S = 0.5
SLOW_S = 1.0
BYTES_AT_ONCE = 4 * 1024 * 1024
BLOBS_REMEMBERED = 10_000


class Mirror:
    """Sends a run to a server, as far as the store has it. For one thread, one at a time.

    `resent` says that the server had lost the run, `healed` in how many contexts a stranger's
    turns were left behind, `too_large` which blobs no server takes.
    """

    def __init__(
        self, store: Store, outbox: Outbox, client: Client, reader: WebReader, run_id: str
    ) -> None:
        self.resent = False
        self.healed = 0
        self.too_large: set[str] = set()
        self._store = store
        self._outbox = outbox
        self._client = client
        self._reader = reader
        self._run_id = run_id
        self._sent = outbox.sent()
        self._places: dict[str, Place] = {}
        self._ahead: dict[str, deque[Item]] = {}
        self._blobs: set[str] = set()
        self._size = FEW

    @property
    def sent(self) -> int:
        """The sequence number up to which the server has all records."""
        return self._sent

    def catch_up(self, enough: Callable[[], bool] = lambda: False) -> bool:
        """Send what the store has and the server has not; whether that was all.

        `enough` is asked now and then whether to leave it at that. Raises `CxdbError`s; what
        was acknowledged until then is noted, and the next call finds out about the rest.
        """
        if not self._client.connected:
            self._connect()
        while page := self._store.records(self._run_id, self._sent, PAGE):
            left = self._known_already(page)
            while left:
                if enough():
                    return False
                left = self._sent_some(left)
        self._leave_strangers(*self._ahead)
        return True

    # --- a new connection

    def _connect(self) -> None:
        publish(self._reader)
        self._client.connect()
        self._ahead.clear()
        self._sent = self._outbox.sent()
        self._places = self._outbox.places()
        try:
            found = inspected(self._client, self._reader, list(self._places.values()))
        except Lost:
            self._outbox.forget()
            self.resent = True
            self._sent = 0
            self._places = {}
            self._blobs.clear()
            return
        for place, ahead in found:
            if ahead:
                self._ahead[place.context] = deque(ahead)

    def _known_already(self, page: Sequence[Turn]) -> Sequence[Turn]:
        """Note the turns that the server has beyond our notes; those after all of these.

        What is missing between them is sent by itself, so that notes go without a gap.
        """
        for count, turn in enumerate(page):
            if not self._ahead:
                return page[count:]
            ahead = self._ahead.get(turn.context)
            if ahead and _same(turn, ahead[0]):
                item = ahead.popleft()
                if not ahead:
                    del self._ahead[turn.context]
                self._note([(turn, Ack(0, item.turn, item.depth, item.hash))])
                continue
            if ahead:
                self._leave_strangers(turn.context)
            self._sent_some([turn])
        return ()

    def _leave_strangers(self, *contexts: str) -> None:
        """Go on in forks of contexts that somebody else has written to."""
        for context in contexts:
            place = self._places[context]
            place = replace(place, remote=self._client.create(place.head).context)
            self._outbox.open_places([place])
            self._places[context] = place
            del self._ahead[context]
            self.healed += 1

    # --- sending

    def _sent_some(self, turns: Sequence[Turn]) -> Sequence[Turn]:
        """Send the first of some turns, with the contexts that they need; those left over."""
        some = turns[: self._size]
        self._open(some)
        ready, size = 0, 0
        for turn in some:
            if turn.context not in self._places or size > BYTES_AT_ONCE:
                break
            ready, size = ready + 1, size + len(turn.payload)
        if not ready:
            raise CxdbError(
                f"turn {some[0].id} of run '{self._run_id}' goes on from none of its own"
            )
        before = time.monotonic()
        self._append(some[:ready])
        took = time.monotonic() - before
        if took < QUICK_S:
            self._size = min(self._size * 2, PAGE)
        elif took > SLOW_S:
            self._size = max(self._size // 2, 1)
        return turns[ready:]

    def _open(self, turns: Sequence[Turn]) -> None:
        """Make the contexts that turns need, as far as what they go on from is there."""
        new: dict[str, Turn] = {}
        for turn in turns:
            if turn.context not in self._places:
                new.setdefault(turn.context, turn)
        if not new:
            return
        bases = self._outbox.remotes(turn.parent for turn in new.values() if turn.parent)
        wanted = [turn for turn in new.values() if turn.parent is None or turn.parent in bases]
        over = [bases[turn.parent] if turn.parent else 0 for turn in wanted]
        asked = [frames.fork(base) if base else frames.create() for base in over]
        made: list[Place] = []
        for answer, turn, base in zip(self._client.asked(asked), wanted, over, strict=True):
            head = self._client.read(frames.read_head, answer)
            made.append(Place(turn.context, head.context, base, turn.depth - 1))
        self._outbox.open_places(made)
        self._places.update((place.context, place) for place in made)

    def _append(self, turns: Sequence[Turn]) -> None:
        asked: list[Request] = []
        whose: list[Turn | None] = []
        for turn in turns:
            for blob in self._blobs_of(turn):
                asked.append(frames.put_blob(blob))
                whose.append(None)
            remote = self._places[turn.context].remote
            told = (turn.type, turn.version, turn.payload, turn.key)
            asked.append(frames.append(remote, *told))
            whose.append(turn)
        done: list[tuple[Turn, Ack]] = []
        depths: dict[str, int] = {}
        try:
            for answer, sent in zip(self._client.asked(asked), whose, strict=True):
                if sent is not None:
                    ack = self._client.read(frames.read_ack, answer)
                    self._refuse_others(sent, ack, depths)
                    done.append((sent, ack))
        except BaseException:
            self._client.close()
            self._blobs.clear()  # they may not have been kept, either
            raise
        finally:
            self._note(done)

    def _refuse_others(self, turn: Turn, ack: Ack, depths: dict[str, int]) -> None:
        expected = depths.get(turn.context, self._places[turn.context].depth) + 1
        if (ack.depth, ack.hash) != (expected, blake3(turn.payload).digest()):
            raise Interfered(
                f"somebody else writes to context {ack.context} of CXDB at {self._client.place}"
            )
        depths[turn.context] = ack.depth

    def _note(self, done: Sequence[tuple[Turn, Ack]]) -> None:
        """Note turns that the server has, in memory and in the outbox."""
        if not done:
            return
        moved: dict[str, Place] = {}
        for turn, ack in done:
            place = self._places[turn.context]
            place = replace(place, head=ack.turn, depth=ack.depth, hash=ack.hash)
            self._places[turn.context] = moved[turn.context] = place
        self._sent = done[-1][0].sequence_no
        self._outbox.note([(turn.id, ack.turn) for turn, ack in done], moved.values(), self._sent)

    def _blobs_of(self, turn: Turn) -> Iterator[bytes]:
        """The blobs that a turn names and the server was not sent yet."""
        if len(self._blobs) > BLOBS_REMEMBERED:
            self._blobs.clear()
        for digest in named_in(turn.payload):
            if digest in self._blobs or digest in self.too_large:
                continue
            try:
                data = self._store.get_blob(digest)
            except NotFound:  # some other hash
                continue
            if len(data) > frames.BLOB_LIMIT:
                self.too_large.add(digest)
                continue
            self._blobs.add(digest)
            yield data


def publish(reader: WebReader) -> None:
    """Tell the server of the record families; before the first append."""
    reader.publish(str(registry_bundle()["bundle_id"]), registry_bundle_text().encode())


def _same(turn: Turn, item: Item) -> bool:
    told = (item.type, item.version, item.depth, item.hash)
    return told == (turn.type, turn.version, turn.depth, blake3(turn.payload).digest())
