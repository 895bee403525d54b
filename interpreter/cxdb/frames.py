"""The binary protocol as bytes: requests, answers, and the header that both have.

Pure: bytes in, values out, little-endian, as golden frames of a real server show. Depths
count from 0; a turn id of 0 means none. It must not know sockets, nor what a turn means.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from blake3 import blake3

from .trouble import Garbled

PAYLOAD_LIMIT: Final = 64 * 1024 * 1024
"""The most bytes that a server takes after a header."""
BLOB_LIMIT: Final = PAYLOAD_LIMIT - 36
MSGPACK: Final = 1
HASH_BYTES: Final = 32
HEADER: Final = struct.Struct("<IHHQ")
_HEAD = struct.Struct("<QQI")
_ACK = struct.Struct("<QQI32s")
_HELLO = struct.Struct("<QH")
_ITEM = struct.Struct("<QQII")
_STORED = struct.Struct("<IIII32s")
_HAS_ROOT = 1


class Kind(IntEnum):
    """What a frame is about; an answer has the kind of its request, or is an error."""

    HELLO = 1
    CREATE = 2
    FORK = 3
    GET_HEAD = 4
    APPEND = 5
    GET_LAST = 6
    GET_BLOB = 9
    ATTACH_FS = 10
    PUT_BLOB = 11
    ERROR = 255


@dataclass(frozen=True, slots=True)
class Request:
    """One request, but for its number."""

    kind: Kind
    payload: bytes
    flags: int = 0

    def frame(self, number: int) -> bytes:
        """The bytes on the wire."""
        return HEADER.pack(len(self.payload), self.kind, self.flags, number) + self.payload


@dataclass(frozen=True, slots=True)
class Session:
    """The server's word of welcome."""

    id: int
    version: int


@dataclass(frozen=True, slots=True)
class Head:
    """Where a context ends. An empty one has turn 0, at a depth that means nothing."""

    context: int
    turn: int
    depth: int


@dataclass(frozen=True, slots=True)
class Ack:
    """A turn that was appended."""

    context: int
    turn: int
    depth: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Item:
    """A turn as the server tells it. `payload` is None where it was not asked for."""

    turn: int
    parent: int
    depth: int
    type: str
    version: int
    encoding: int
    hash: bytes
    payload: bytes | None = None


# --- requests


def hello(tag: str) -> Request:
    """Greets; `tag` is what the server calls this client."""
    name = tag.encode()
    return Request(Kind.HELLO, struct.pack("<HH", 1, len(name)) + name + bytes(4))


def create(base: int = 0) -> Request:
    """A new context, empty or on top of a turn."""
    return Request(Kind.CREATE, struct.pack("<Q", base))


def fork(turn: int) -> Request:
    """A new context on top of a turn."""
    return Request(Kind.FORK, struct.pack("<Q", turn))


def get_head(context: int) -> Request:
    """Asks where a context ends."""
    return Request(Kind.GET_HEAD, struct.pack("<Q", context))


def get_last(context: int, limit: int, *, payload: bool) -> Request:
    """Asks for the newest turns of a context, through forks into what it inherits."""
    return Request(Kind.GET_LAST, struct.pack("<QII", context, limit, payload))


def append(
    context: int,
    record_type: str,
    version: int,
    payload: bytes,
    key: str = "",
    *,
    parent: int = 0,
    root: bytes | None = None,
) -> Request:
    """Appends a turn, below the context's head unless a parent is given.

    A server does not check whether a given parent is the context's, nor whether there is such
    a context then; and it forgets the key. `root` is the hash of a file tree.
    """
    name, idempotency = record_type.encode(), key.encode()
    parts = (
        struct.pack("<QQI", context, parent, len(name)),
        name,
        struct.pack("<IIII", version, MSGPACK, 0, len(payload)),
        blake3(payload).digest(),
        struct.pack("<I", len(payload)),
        payload,
        struct.pack("<I", len(idempotency)),
        idempotency,
        root or b"",
    )
    return Request(Kind.APPEND, b"".join(parts), 0 if root is None else _HAS_ROOT)


def put_blob(data: bytes) -> Request:
    """Keeps bytes under their hash."""
    return Request(Kind.PUT_BLOB, blake3(data).digest() + struct.pack("<I", len(data)) + data)


def get_blob(digest: bytes) -> Request:
    """Asks for the bytes of a hash."""
    return Request(Kind.GET_BLOB, digest)


def attach_fs(turn: int, root: bytes) -> Request:
    """Says which file tree a turn saw."""
    return Request(Kind.ATTACH_FS, struct.pack("<Q", turn) + root)


# --- answers


def read_session(payload: bytes) -> Session:
    """The answer to `hello`."""
    return Session(*_exactly(_HELLO, payload))


def read_head(payload: bytes) -> Head:
    """The answer to `create`, `fork` and `get_head`."""
    return Head(*_exactly(_HEAD, payload))


def read_ack(payload: bytes) -> Ack:
    """The answer to `append`."""
    return Ack(*_exactly(_ACK, payload))


def read_last(payload: bytes, *, with_payload: bool) -> tuple[Item, ...]:
    """The answer to `get_last`, oldest first. Payloads are only there if they were asked for."""
    reader = _Reader(payload)
    (count,) = struct.unpack("<I", reader.take(4))
    found = []
    for _ in range(count):
        turn, parent, depth, size = _ITEM.unpack(reader.take(_ITEM.size))
        record_type = reader.text(size)
        stored = _STORED.unpack(reader.take(_STORED.size))
        version, encoding, _compression, length, digest = stored
        data = None
        if with_payload:
            (told,) = struct.unpack("<I", reader.take(4))
            data = reader.take(told)
            if told != length:
                raise Garbled(f"a turn of {length} bytes came with {told}")
        found.append(Item(turn, parent, depth, record_type, version, encoding, digest, data))
    reader.end()
    return tuple(found)


def read_blob(payload: bytes) -> bytes:
    """The answer to `get_blob`."""
    reader = _Reader(payload)
    (size,) = struct.unpack("<I", reader.take(4))
    data = reader.take(size)
    reader.end()
    return data


def read_kept(payload: bytes) -> tuple[bytes, bool]:
    """The answer to `put_blob`: the hash, and whether the bytes are new to the server."""
    digest, new = _exactly(struct.Struct("<32sB"), payload)
    return digest, bool(new)


def read_attached(payload: bytes) -> tuple[int, bytes]:
    """The answer to `attach_fs`: the turn and the hash."""
    turn, root = _exactly(struct.Struct("<Q32s"), payload)
    return turn, root


def read_error(payload: bytes) -> tuple[int, str]:
    """An error as the server tells it: a code as in HTTP, and a text."""
    reader = _Reader(payload)
    code, size = struct.unpack("<II", reader.take(8))
    return code, reader.take(size).decode("utf-8", "replace")


class _Reader:
    """Takes an answer apart from its front; what is missing is `Garbled`."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        part = self._data[self._at : self._at + size]
        if len(part) < size:
            raise Garbled(f"an answer of {len(self._data)} bytes ends too early")
        self._at += size
        return part

    def text(self, size: int) -> str:
        try:
            return self.take(size).decode()
        except UnicodeDecodeError as error:
            raise Garbled("the name of a turn's type is no text") from error

    def end(self) -> None:
        if self._at != len(self._data):
            raise Garbled(f"an answer goes on for {len(self._data) - self._at} bytes too many")


def _exactly(form: struct.Struct, payload: bytes) -> tuple[Any, ...]:
    if len(payload) != form.size:
        raise Garbled(f"an answer has {len(payload)} bytes instead of {form.size}")
    return form.unpack(payload)
