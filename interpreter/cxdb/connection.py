"""One connection to a server's binary port: frames out, answers in, in order.

The server writes an answer in small pieces and leaves it to the system when they go out,
which waits for acknowledgements that the other side delays: 22 answers a second. So many
requests leave in one send, and acknowledgements are asked for at once where the system
can. A blocking socket, for one thread. It must not know what a frame says.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from .address import Address
from .frames import HEADER, Kind, Request, read_error
from .trouble import Closed, Garbled, Refusal, Unreachable

AT_ONCE = 256
"""Requests whose answers are waited for together. Their answers fit into the buffers of the
system, so that server and client never wait for each other to read."""

BYTES_AT_ONCE = 1024 * 1024
ANSWER_LIMIT = 1024 * 1024 * 1024
_QUICK = getattr(socket, "TCP_QUICKACK", None)
_CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds: for a connection, and for each piece of an answer."""

    connect_s: float = 5.0
    answer_s: float = 30.0


class Connection:
    """Open until something fails; then it is closed, and everything raises `Closed`."""

    def __init__(self, place: Address, patience: Patience) -> None:
        """Raises `Unreachable`."""
        self._name = f"CXDB at {place}"
        self._number = 0
        self._socket: socket.socket | None = None
        try:
            opened = socket.create_connection((place.host, place.port), patience.connect_s)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opened.settimeout(patience.answer_s)
        except (OSError, UnicodeError) as error:
            raise Unreachable(f"{self._name} cannot be reached: {_said(error)}") from error
        self._socket = opened
        self._read = b""

    def ask(self, requests: Sequence[Request]) -> Iterator[bytes]:
        """The answers to requests, in order, each as soon as it is there.

        Whoever stops reading closes the connection. Raises `Closed`, `Unreachable`, `Refusal`
        and `Garbled`; after each of them, too, the connection is closed.
        """
        waiting = iter(requests)
        try:
            ahead = next(waiting, None)
            while ahead is not None:
                batch, size = [ahead], len(ahead.payload)
                ahead = None
                for request in islice(waiting, AT_ONCE):
                    size += len(request.payload)
                    if len(batch) == AT_ONCE or size > BYTES_AT_ONCE:
                        ahead = request
                        break
                    batch.append(request)
                first = self._number + 1
                self._number += len(batch)
                self._send(b"".join(each.frame(first + n) for n, each in enumerate(batch)))
                for number, request in enumerate(batch, first):
                    yield self._answer(request.kind, number)
                if ahead is None:
                    ahead = next(waiting, None)
        except BaseException:
            self.close()
            raise

    def interrupt(self) -> None:
        """Wake the thread that waits for an answer, which then finds the connection closed."""
        opened = self._socket
        if opened is not None:
            with contextlib.suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Hang up; safe to call twice."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.close()
            self._socket = None

    def _send(self, data: bytes) -> None:
        if self._socket is None:
            raise Closed(f"the connection to {self._name} is closed")
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise self._broken(error) from error

    def _answer(self, kind: Kind, number: int) -> bytes:
        size, told, _flags, echoed = HEADER.unpack(self._take(HEADER.size))
        if told not in (kind, Kind.ERROR) or echoed != number or size > ANSWER_LIMIT:
            raise Garbled(f"{self._name} does not answer as CXDB does; is this the binary port?")
        payload = self._take(size)
        if told == Kind.ERROR:
            code, text = read_error(payload)
            raise Refusal(f"{self._name} refuses a request: {text} ({code})")
        return payload

    def _take(self, size: int) -> bytes:
        while len(self._read) < size:
            self._read += self._more()
        taken, self._read = self._read[:size], self._read[size:]
        return taken

    def _more(self) -> bytes:
        if self._socket is None:
            raise Closed(f"the connection to {self._name} is closed")
        try:
            acknowledge_at_once(self._socket)
            data = self._socket.recv(_CHUNK)
        except OSError as error:
            raise self._broken(error) from error
        if not data:
            how = " in the middle of an answer" if self._read else ""
            raise Closed(f"{self._name} closed the connection{how}")
        return data

    def _broken(self, error: OSError) -> Unreachable:
        if isinstance(error, TimeoutError):
            return Unreachable(f"{self._name} does not answer in time")
        if isinstance(error, ConnectionResetError | BrokenPipeError):
            return Closed(f"{self._name} closed the connection")
        return Unreachable(f"the connection to {self._name} failed: {_said(error)}")


def acknowledge_at_once(connection: socket.socket) -> None:
    """Let the system acknowledge what comes next without delay, where it can.

    It does not last, so it is said before each reading.
    """
    if _QUICK is not None:
        connection.setsockopt(socket.IPPROTO_TCP, _QUICK, 1)


def _said(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "nobody answers in time"
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text[:1].lower() + text[1:]
