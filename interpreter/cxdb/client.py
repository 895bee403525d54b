"""A client of the binary port: each operation as a method, connected when it is needed.

Every answer is held against its request. What fails closes the connection; the next
operation opens another, and nothing is ever sent twice by itself: a server keeps no keys,
so whoever asked for a change finds out what became of it. It must not know records or runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from blake3 import blake3

from . import frames
from .address import Address
from .connection import Connection, Patience
from .frames import Ack, Head, Item, Request, Session
from .trouble import Garbled, Refusal

Answer = TypeVar("Answer")
TAG = "attractorc"


class Client:
    """One connection at a time, for one thread.

    Methods raise `Closed` where the server refuses or ends, `Unreachable`, `Garbled`, and
    `Refusal` for what no server could take.
    """

    def __init__(self, place: Address, patience: Patience | None = None, tag: str = TAG) -> None:
        self.place = place
        self._patience = patience or Patience()
        self._tag = tag
        self._connection: Connection | None = None

    @property
    def connected(self) -> bool:
        """Whether there is a connection that nothing has gone wrong with."""
        return self._connection is not None

    def connect(self) -> Session:
        """Connect anew and say hello."""
        self.close()
        self._connection = Connection(self.place, self._patience)
        session = self._one(frames.hello(self._tag), frames.read_session)
        if session.version != 1:
            self.close()
            raise Garbled(f"CXDB at {self.place} speaks version {session.version} of its protocol")
        return session

    def asked(self, requests: Sequence[Request]) -> Iterator[bytes]:
        """The answers to many requests that are sent ahead, in order, each when it comes."""
        for request in requests:
            if len(request.payload) > frames.PAYLOAD_LIMIT:
                size = len(request.payload)
                raise Refusal(f"CXDB at {self.place} takes no request of {size} bytes")
        if self._connection is None:
            self.connect()
        assert self._connection is not None
        try:
            yield from self._connection.ask(requests)
        except BaseException:
            self.close()
            raise

    def read(self, form: Callable[[bytes], Answer], answer: bytes) -> Answer:
        """An answer by its form; `Garbled`, with the connection closed, if it has another."""
        try:
            return form(answer)
        except Garbled as error:
            self.close()
            raise Garbled(f"CXDB at {self.place}: {error}") from error

    def create(self, base: int = 0) -> Head:
        """A new context, empty or on top of a turn."""
        return self._one(frames.create(base), frames.read_head)

    def fork(self, turn: int) -> Head:
        """A new context on top of a turn."""
        return self._one(frames.fork(turn), frames.read_head)

    def head(self, context: int) -> Head:
        """Where a context ends."""
        return self._one(frames.get_head(context), frames.read_head)

    def append(
        self,
        context: int,
        record_type: str,
        version: int,
        payload: bytes,
        key: str = "",
        *,
        parent: int = 0,
        root: bytes | None = None,
    ) -> Ack:
        """Append one turn. With a `parent` the server does not check the context: do it first."""
        request = frames.append(
            context, record_type, version, payload, key, parent=parent, root=root
        )
        ack = self._one(request, frames.read_ack)
        if ack.hash != blake3(payload).digest() or ack.context != context:
            raise Garbled(f"CXDB at {self.place} acknowledged another turn than it was sent")
        return ack

    def last(self, context: int, limit: int, *, payload: bool = False) -> tuple[Item, ...]:
        """The newest turns of a context, oldest first, with what it inherits."""
        request = frames.get_last(context, limit, payload=payload)
        return self._one(request, partial(frames.read_last, with_payload=payload))

    def put_blob(self, data: bytes) -> bool:
        """Keep bytes; whether they are new to the server. May be repeated."""
        digest, new = self._one(frames.put_blob(data), frames.read_kept)
        if digest != blake3(data).digest():
            raise Garbled(f"CXDB at {self.place} kept other bytes than it was sent")
        return new

    def get_blob(self, digest: bytes) -> bytes:
        """The bytes of a hash. For an unknown one the server closes the connection."""
        data = self._one(frames.get_blob(digest), frames.read_blob)
        if blake3(data).digest() != digest:
            raise Garbled(f"CXDB at {self.place} answered with other bytes than it was asked for")
        return data

    def attach_fs(self, turn: int, root: bytes) -> None:
        """Say which file tree a turn saw; its blob must be there."""
        if self._one(frames.attach_fs(turn, root), frames.read_attached) != (turn, root):
            raise Garbled(f"CXDB at {self.place} attached another tree than it was asked to")

    def interrupt(self) -> None:
        """End what another thread waits for: for it, the server has closed the connection."""
        connection = self._connection
        if connection is not None:
            connection.interrupt()

    def close(self) -> None:
        """Hang up; safe to call twice."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _one(self, request: Request, form: Callable[[bytes], Answer]) -> Answer:
        (answer,) = self.asked([request])
        return self.read(form, answer)
