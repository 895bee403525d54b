"""The binary port of the double: one connection, frames strictly in order."""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from typing import Any

from blake3 import blake3

from .database import Database, Rejected
from .faults import Fault, Faults

LIMIT = 64 * 1024 * 1024
HAS_ROOT = 1


class Cursor:
    """Takes a request apart; a short one is rejected, what follows it is ignored."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def bytes(self, size: int) -> bytes:
        part = self.data[self.at : self.at + size]
        if len(part) < size:
            raise Rejected(422, "unexpected end")
        self.at += size
        return part

    def u16(self) -> int:
        return int.from_bytes(self.bytes(2), "little")

    def u32(self) -> int:
        return int.from_bytes(self.bytes(4), "little")

    def u64(self) -> int:
        return int.from_bytes(self.bytes(8), "little")


def serve(connection: socket.socket, database: Database, faults: Faults) -> None:
    """Answer until the other side hangs up, or something fails."""
    with contextlib.suppress(OSError), connection:
        while True:
            header = _read(connection, 16)
            size, kind, flags, number = struct.unpack("<IHHQ", header)
            if size > LIMIT:
                return
            request = _read(connection, size)
            fault = faults.next(kind)
            if fault is Fault.CUT:
                return
            try:
                with database.lock:
                    answer = answered(database, kind, flags, request)
            except Rejected as error:
                if database.quirks.closes_on_errors and error.code != 400:
                    return
                kind, answer = 255, _error(error)
            if faults.delay_s:
                time.sleep(faults.delay_s)
            match fault:
                case Fault.DONE_AND_CUT:
                    return
                case Fault.SILENT:
                    time.sleep(3600)
                case Fault.NONSENSE:
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                    return
            _send(connection, database.quirks.small_sends, kind, number, answer, fault)
            if fault is Fault.HALF:
                return


def answered(database: Database, kind: int, flags: int, request: bytes) -> bytes:
    """The payload that answers one request."""
    told = Cursor(request)
    match kind:
        case 1:
            database.sessions += 1
            return struct.pack("<QH", database.sessions, 1)
        case 2 | 3:
            context = database.create(told.u64())
            return struct.pack("<QQI", context, *database.head(context))
        case 4:
            context = told.u64()
            return struct.pack("<QQI", context, *database.head(context))
        case 5:
            return _append(database, told, flags)
        case 6:
            return _last(database, told.u64(), told.u32(), told.u32())
        case 9:
            if len(request) != 32:
                raise Rejected(422, "hash must be 32 bytes")
            if request not in database.blobs:
                raise Rejected(404, "blob not found")
            data = database.blobs[request]
            return struct.pack("<I", len(data)) + data
        case 10:
            turn, root = told.u64(), told.bytes(32)
            database.attach(turn, root)
            return struct.pack("<Q", turn) + root
        case 11:
            digest, data = told.bytes(32), told.bytes(told.u32())
            if blake3(data).digest() != digest:
                raise Rejected(422, "hash mismatch")
            new = digest not in database.blobs
            database.blobs[digest] = data
            return digest + bytes([new])
    raise Rejected(400, "unknown msg_type")


def _append(database: Database, told: Cursor, flags: int) -> bytes:
    context, parent = told.u64(), told.u64()
    turn: dict[str, Any] = {
        "type": told.bytes(told.u32()).decode(),
        "version": told.u32(),
        "encoding": told.u32(),
        "compression": told.u32(),
        "length": told.u32(),
        "hash": told.bytes(32),
    }
    payload = told.bytes(told.u32())
    turn["key"] = told.bytes(told.u32())
    turn["root"] = told.bytes(32) if flags & HAS_ROOT else None
    raw = _unpacked(payload, turn["compression"])
    stored = database.append(context, parent, turn, raw)
    return struct.pack("<QQI", context, stored.id, stored.depth) + stored.hash


def _last(database: Database, context: int, limit: int, with_payload: int) -> bytes:
    line = database.line(context)[:limit]
    parts = [struct.pack("<I", len(line))]
    for number in reversed(line):
        turn = database.turns[number]
        name = turn.type.encode()
        compression = 0 if with_payload else turn.compression
        parts.append(struct.pack("<QQII", turn.id, turn.parent, turn.depth, len(name)) + name)
        told = (turn.version, turn.encoding, compression, turn.length)
        parts.append(struct.pack("<IIII", *told) + turn.hash)
        if with_payload:
            data = database.blobs[turn.hash]
            parts.append(struct.pack("<I", len(data)) + data)
    return b"".join(parts)


def _unpacked(payload: bytes, compression: int) -> bytes:
    """The bytes themselves. Of zstd the double reads one frame of one block as it is."""
    if compression == 0:
        return payload
    if compression == 1 and payload[:5] == bytes.fromhex("28b52ffd20"):
        block = int.from_bytes(payload[6:9], "little")
        if block & 0b111 == 1:
            return payload[9 : 9 + (block >> 3)]
    raise Rejected(422, "cannot decompress")


def _error(error: Rejected) -> bytes:
    text = str(error).encode()
    return struct.pack("<II", 422 if error.code == 400 else error.code, len(text)) + text


def _send(
    connection: socket.socket, small: bool, kind: int, number: int, answer: bytes, fault: object
) -> None:
    header = struct.pack("<IHHQ", len(answer), kind, 0, number)
    whole = header + answer
    if fault is Fault.HALF:
        connection.sendall(whole[: len(whole) // 2])
    elif small:
        for start, end in ((0, 4), (4, 6), (6, 8), (8, 16), (16, len(whole))):
            if start < end:
                connection.sendall(whole[start:end])
    else:
        connection.sendall(whole)


def _read(connection: socket.socket, size: int) -> bytes:
    parts = []
    while size:
        data = connection.recv(min(size, 1 << 20))
        if not data:
            raise OSError("hung up")
        parts.append(data)
        size -= len(data)
    return b"".join(parts)
