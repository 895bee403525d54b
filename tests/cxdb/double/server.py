"""The double as a server: two ports on loopback, in threads; stopped, restarted, cut off."""

from __future__ import annotations

import contextlib
import socket
import threading
from http.server import ThreadingHTTPServer

from .binary import serve
from .database import Database, Quirks
from .faults import Faults
from .web import handler


class _Web(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    open: set[socket.socket]

    def process_request(self, request: socket.socket, address: object) -> None:  # type: ignore[override]
        self.open.add(request)
        super().process_request(request, address)  # type: ignore[arg-type]


class Double:
    """Runs from `start` (or `with`) to `stop`; ports stay the same over restarts."""

    def __init__(self, quirks: Quirks | None = None, port: int = 0, web_port: int = 0) -> None:
        self.quirks = quirks or Quirks()
        self.database = Database(self.quirks)
        self.faults = Faults()
        self.port, self.web_port = port, web_port
        self._listening: socket.socket | None = None
        self._web: _Web | None = None
        self._open: set[socket.socket] = set()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    def __enter__(self) -> Double:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen on both ports."""
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self.port))
        listening.listen(64)
        self.port = listening.getsockname()[1]
        self._listening = listening
        threading.Thread(target=self._accept, args=(listening,), daemon=True).start()
        self._web = _Web(("127.0.0.1", self.web_port), handler(self.database))
        self._web.open = set()
        self.web_port = self._web.server_address[1]
        serving = {"poll_interval": 0.02}
        threading.Thread(target=self._web.serve_forever, kwargs=serving, daemon=True).start()

    def stop(self) -> None:
        """End, with all connections; what it knows stays for a `start` that comes."""
        if self._listening is not None:
            _hang_up(self._listening)
            self._listening = None
        if self._web is not None:
            self._web.shutdown()
            for each in list(self._web.open):
                _hang_up(each)
            self._web.server_close()
            self._web = None
        self.cut_off()

    def restart(self) -> None:
        """End and begin again, as empty as the real server is then."""
        self.stop()
        if self.quirks.forgets_at_restart:
            with self.database.lock:
                self.database.forget()
        self.start()

    def cut_off(self) -> None:
        """Cut every connection of the binary port."""
        for each in list(self._open):
            _hang_up(each)
        self._open.clear()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _peer = listening.accept()
            except OSError:
                return
            self._open.add(connection)
            work = (connection, self.database, self.faults)
            threading.Thread(target=serve, args=work, daemon=True).start()


def _hang_up(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        connection.close()
