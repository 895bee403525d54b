"""Pipes to a running program: its output into bounded memory, its input out of it.

Apart from running programs, because nothing here knows a process. Reading and writing
never wait: the event loop calls when there is something to do, so that two full pipes
cannot block each other.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import IO

from .watching import watch

WHOLE_LIMIT_BYTES = 16 * 1024 * 1024
TAIL_LIMIT_BYTES = 64 * 1024
_CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Captured:
    """What a stream brought: its beginning (to 16 MiB), its end (to 64 KiB), its size in bytes."""

    head: bytes = b""
    tail: bytes = b""
    size: int = 0

    @property
    def complete(self) -> bool:
        """Whether `head` is all of it."""
        return self.size == len(self.head)

    def whole(self) -> bytes:
        """All of it; of a stream too long to keep, beginning and end with a note between."""
        if self.complete:
            return self.head
        left_out = self.size - len(self.head) - len(self.tail)
        if left_out <= 0:
            return self.head + self.tail[-(self.size - len(self.head)) :]
        return self.head + b"\n[%d bytes left out here]\n" % left_out + self.tail


class OutputPipe:
    """Reads a pipe to its end, keeping beginning and end. Closes it."""

    def __init__(self, pipe: IO[bytes], limit: int = WHOLE_LIMIT_BYTES) -> None:
        self._pipe = pipe
        self._limit = limit
        self._head = bytearray()
        self._tail = bytearray()
        self._size = 0
        self._watch = watch()
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        os.set_blocking(pipe.fileno(), False)
        self._watch.add(pipe.fileno(), self._read)

    def _read(self) -> None:
        try:
            chunk = os.read(self._pipe.fileno(), _CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        if not chunk:
            self.close()
            return
        self._size += len(chunk)
        self._head += chunk[: self._limit - len(self._head)]
        self._tail += chunk
        if len(self._tail) > 2 * TAIL_LIMIT_BYTES:
            del self._tail[:-TAIL_LIMIT_BYTES]

    def close(self) -> None:
        """Stop reading; safe to call twice."""
        if not self._pipe.closed:
            self._watch.forget(self._pipe.fileno())
            self._pipe.close()
            self.ended.set_result(None)

    def captured(self) -> Captured:
        """What has been read so far."""
        return Captured(bytes(self._head), bytes(self._tail[-TAIL_LIMIT_BYTES:]), self._size)


class InputPipe:
    """Writes bytes into a pipe as its reader takes them, then closes it."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._left = memoryview(b"")
        self._waits = False
        self._loop = asyncio.get_running_loop()
        os.set_blocking(pipe.fileno(), False)

    def send(self, data: bytes) -> None:
        """Write everything and close; a reader that has gone away is no error."""
        self._left = memoryview(data)
        self._write()
        if not self._pipe.closed:
            self._waits = True
            self._loop.add_writer(self._pipe.fileno(), self._write)

    def _write(self) -> None:
        try:
            written = os.write(self._pipe.fileno(), self._left[:_CHUNK_BYTES])
        except BlockingIOError:
            return
        except OSError:
            self.close()
            return
        self._left = self._left[written:]
        if not self._left:
            self.close()

    def close(self) -> None:
        """Stop writing; safe to call twice."""
        if not self._pipe.closed:
            if self._waits:
                self._loop.remove_writer(self._pipe.fileno())
            self._pipe.close()
