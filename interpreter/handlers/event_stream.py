"""Server-sent events, cut out of bytes as they arrive.

Only what endpoints for completions use: the `data` of each event. Incremental and bounded: a
line without an end does not grow without one. It must not know what the data says.
"""

from __future__ import annotations

from collections.abc import Iterator

_LINE_COST = 64
"""What a line costs beside its bytes, so that many short ones are no way around the limit."""


class TooLong(ValueError):
    """An event is longer than it may be."""


class EventStream:
    """Takes chunks of bytes, gives the data of whole events."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._line = bytearray()
        self._data: list[bytes] = []
        self._size = 0
        self._after_return = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The data of the events that this chunk completes. Raises `TooLong`."""
        # Lines end by CR, LF or both; a chunk may end between the two.
        if self._after_return and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        self._after_return = chunk.endswith(b"\r")
        lines = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        if len(lines) > 1 and self._line:
            lines[0] = bytes(self._line) + lines[0]
            self._line.clear()
        rest = lines.pop()
        for line in lines:
            # Most lines of a stream that means no good say nothing: they are to cost nothing.
            if (not line or line.startswith(b"data")) and (event := self._take(line)) is not None:
                yield event
        self._line += rest
        self._check(len(self._line))

    def close(self) -> Iterator[bytes]:
        """The data of an event that the end of the stream completes."""
        if self._line:
            line, self._line = bytes(self._line), bytearray()
            self._take(line)
        if self._data:
            yield self._event()

    def _take(self, line: bytes) -> bytes | None:
        if not line:
            return self._event() if self._data else None
        name, _, value = line.partition(b":")
        if name == b"data":
            value = value.removeprefix(b" ")
            self._check(len(value))
            self._data.append(value)
            self._size += len(value) + _LINE_COST
        return None

    def _event(self) -> bytes:
        event = b"\n".join(self._data)
        self._data, self._size = [], 0
        return event

    def _check(self, more: int) -> None:
        if self._size + more > self._limit:
            raise TooLong(f"an event is longer than {self._limit // 1024 // 1024} MiB")
