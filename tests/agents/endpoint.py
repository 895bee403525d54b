"""A real HTTP server on loopback that answers chat completions well, badly, or not at all.

Each connection is one request, and is given to the next of a list of behaviours, the last one
for ever. A behaviour writes bytes into a socket, so that nothing makes its answers right.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeAlias

import pytest

Behaviour: TypeAlias = Callable[[socket.socket], None]


@dataclass
class Served:
    """A server that runs: where it is, what it was asked, how many hung up while it wrote."""

    port: int
    scheme: str = "http"
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    hung_up: threading.Event = field(default_factory=threading.Event)
    asked: threading.Event = field(default_factory=threading.Event)
    sent_bytes: int = 0

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/v1"


@contextlib.contextmanager
def serving(*behaviours: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[Served]:
    """Serve until the block ends."""
    left = list(behaviours)
    listener = socket.create_server(("127.0.0.1", 0))
    served = Served(listener.getsockname()[1], "http" if tls is None else "https")
    over = threading.Event()

    def answer(raw: socket.socket) -> None:
        with contextlib.suppress(OSError), raw:
            link = raw if tls is None else tls.wrap_socket(raw, server_side=True)
            with link:
                headers, body = _request(link)
                served.headers.append(headers)
                served.requests.append(json.loads(body))
                behave = left.pop(0) if len(left) > 1 else left[0]
                served.asked.set()
                try:
                    behave(_Counting(link, served))  # type: ignore[arg-type]
                except OSError:
                    served.hung_up.set()

    def accept() -> None:
        while not over.is_set():
            try:
                link, _ = listener.accept()
            except OSError:
                return
            link.settimeout(20)
            threading.Thread(target=answer, args=(link,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield served
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)  # or the waiting thread would accept one more
        listener.close()


class _Counting:
    def __init__(self, link: socket.socket, served: Served) -> None:
        self._link, self._served = link, served

    def sendall(self, data: bytes) -> None:
        self._link.sendall(data)
        self._served.sent_bytes += len(data)

    def recv(self, size: int) -> bytes:
        return self._link.recv(size)


def _request(link: socket.socket) -> tuple[Mapping[str, str], bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(link)
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    while len(body) < int(headers["content-length"]):
        body += _more(link)
    return headers | {"request": lines[0]}, body


def _more(link: socket.socket) -> bytes:
    """What comes next; whoever hangs up instead leaves nobody waiting, least of all busily."""
    data = link.recv(65536)
    if not data:
        raise ConnectionResetError("hung up within a request")
    return data


def head(code: int, kind: str, **headers: object) -> bytes:
    lines = [f"HTTP/1.1 {code} {HTTPStatus(code).phrase}", f"Content-Type: {kind}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join((*lines, "Connection: close")) + "\r\n\r\n").encode()


STREAM = head(200, "text/event-stream; charset=utf-8")
USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
DETAILS = {
    "prompt_tokens_details": {"cached_tokens": 3},
    "completion_tokens_details": {"reasoning_tokens": 2},
}


def piece(content: str | None = None, finish: str | None = None, **delta: Any) -> bytes:
    """One event of a stream."""
    if content is not None:
        delta["content"] = content
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return event({"object": "chat.completion.chunk", "model": "m-2026", "choices": [choice]})


def event(data: object) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\n\n"


SPENT = event({"choices": [], "usage": {**USAGE, **DETAILS}})
END = piece(finish="stop") + SPENT + b"data: [DONE]\n\n"


def streams(*texts: str, end: bytes = END, pause_s: float = 0.0) -> Behaviour:
    """An answer in pieces."""

    def behave(link: socket.socket) -> None:
        link.sendall(STREAM + piece(role="assistant", content=""))
        for text in texts:
            time.sleep(pause_s)
            link.sendall(piece(text))
        link.sendall(end)

    return behave


def sends(data: bytes, *, hold_s: float = 0.0) -> Behaviour:
    """These bytes, and the end of the connection."""

    def behave(link: socket.socket) -> None:
        link.sendall(data)
        time.sleep(hold_s)

    return behave


def answers(body: object, code: int = 200, **headers: object) -> Behaviour:
    """A whole JSON answer."""
    data = json.dumps(body).encode()
    headers = {"Content_Length": len(data), **headers}
    return sends(head(code, "application/json", **headers) + data)


def says(text: str | None, finish: str = "stop", **message: Any) -> Behaviour:
    """A whole completion."""
    said = {"role": "assistant", "content": text, **message}
    choice = {"index": 0, "message": said, "finish_reason": finish}
    return answers({"model": "m-2026", "choices": [choice], "usage": USAGE})


def refuses(code: int, message: str = "no", *, kind: str = "x", **headers: object) -> Behaviour:
    """An error as endpoints of this form word it."""
    return answers({"error": {"message": message, "type": kind, "code": kind}}, code, **headers)


def floods(unit: bytes, times: int) -> Behaviour:
    """A stream that goes on and on."""

    def behave(link: socket.socket) -> None:
        link.sendall(STREAM)
        for _ in range(times):
            link.sendall(unit)

    return behave


def drips(pause_s: float) -> Behaviour:
    """A stream that is always alive and never comes to an end."""

    def behave(link: socket.socket) -> None:
        link.sendall(STREAM)
        while True:
            link.sendall(b": still here\n\n")
            time.sleep(pause_s)

    return behave


def waits(link: socket.socket) -> None:
    """Nothing at all, until the other side hangs up."""
    if link.recv(1) == b"":
        raise ConnectionResetError


def certified(folder: Path, host: str = "127.0.0.1") -> tuple[ssl.SSLContext, Path]:
    """A server's context with a certificate that it made itself, and that certificate's file."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subject = f"subjectAltName=IP:{host}" if host[0].isdigit() else f"subjectAltName=DNS:{host}"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=stub", "-addext", subject),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate
