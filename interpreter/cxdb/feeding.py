"""A run mirrored while it goes on: a thread of its own that follows the store.

It reads what the engine has committed, a few times a second, so that the engine neither
waits for a server nor knows of one. What becomes of trouble is decided here: it is tried
again, and one who requires the mirror is told when that has gone on for too long. It must
not know what a record says.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ..ports import StoreError
from ..stores.outbox import Outbox, only_mirror
from ..stores.sqlite import SqliteStore
from .address import Address, Web
from .client import Client
from .connection import Patience
from .mirror import Mirror, publish
from .trouble import Unreachable
from .web import WebReader


@dataclass(frozen=True, slots=True)
class Target:
    """Where a run is mirrored to, and whether it may go on without."""

    place: Address
    pages: Web
    required: bool = False
    patience: Patience = field(default_factory=Patience)

    def client(self) -> Client:
        """A client of the binary port, not yet connected."""
        return Client(self.place, self.patience)

    def reader(self) -> WebReader:
        """A reader of the pages, not yet connected."""
        return WebReader(self.pages, self.patience)


@dataclass(frozen=True, slots=True)
class Persistence:
    """How long trouble is tried again, in seconds: while a run goes on with a mirror that it
    requires, and after its end with one that it does not; and how often the store is read."""

    required_s: float = 10.0
    closing_s: float = 5.0
    poll_s: float = 0.05
    first_pause_s: float = 0.1
    longest_pause_s: float = 5.0


def refuse_unless_there(target: Target) -> None:
    """Raise `CxdbError` unless the server answers on both ports, and knows the records."""
    client, reader = target.client(), target.reader()
    try:
        publish(reader)
        client.connect()
    finally:
        client.close()
        reader.close()


def brought_up(mirror: Mirror, tries: int = 3, pause_s: float = 0.2) -> None:
    """Send all that there is now; trouble is tried again as long as it goes forward.

    Raises `CxdbError`.
    """
    left = tries
    while True:
        before = mirror.sent
        try:
            mirror.catch_up()
        except Unreachable:
            left = tries if mirror.sent > before else left - 1
            if not left:
                raise
            time.sleep(pause_s)
        else:
            return


class Feeder:
    """Follows one run from `start` until `finish` says what came of it."""

    def __init__(
        self,
        target: Target,
        store: Path,
        run_id: str,
        persistence: Persistence | None = None,
        failed: Callable[[str], None] | None = None,
    ) -> None:
        """`failed` is called from the thread, once, when a required mirror is given up."""
        self._target = target
        self._store = store
        self._run_id = run_id
        self._persistence = persistence or Persistence()
        self._failed = failed
        self._client = target.client()
        self._finishing = threading.Event()
        self._abandoned = threading.Event()
        self._trouble = ""
        self._ended = 0.0
        self._thread = threading.Thread(target=self._run, name="cxdb mirror", daemon=True)

    def start(self) -> None:
        """Begin; the run must be in the store."""
        self._thread.start()

    def finish(self) -> str:
        """Send the rest. What is wrong, if not all of it is there now; else nothing.

        One who does not require the mirror waits a few seconds at most.
        """
        self._ended = time.monotonic()
        self._finishing.set()
        self._thread.join(None if self._target.required else self._persistence.closing_s)
        if self._thread.is_alive():
            self.abandon(f"CXDB at {self._target.place} is too slow")
            self._thread.join(1)
        return self._trouble

    def abandon(self, why: str = "nobody waited for it any longer") -> None:
        """Leave it at what the server has; from any thread."""
        self._trouble = self._trouble or why
        self._abandoned.set()
        self._client.interrupt()

    # --- in the thread

    def _run(self) -> None:
        try:
            lock = only_mirror(self._store, self._run_id)
            try:
                self._follow()
            finally:
                lock.release()
        except StoreError as error:
            self._give_up(str(error))
        except Exception as error:
            self._give_up(f"the mirror has failed: {type(error).__name__}: {error}")

    def _follow(self) -> None:
        store = SqliteStore(self._store, create=False)
        outbox = Outbox(self._store, self._run_id, str(self._target.place))
        reader = self._target.reader()
        try:
            mirror = Mirror(store, outbox, self._client, reader, self._run_id)
            self._feed(mirror)
        finally:
            self._client.close()
            reader.close()
            outbox.close()
            store.close()

    def _feed(self, mirror: Mirror) -> None:
        """Catch up until the run is over; raises what goes on for too long."""
        since: float | None = None
        pause = self._persistence.first_pause_s
        while True:
            last = self._finishing.is_set()
            before = mirror.sent
            try:
                if not mirror.catch_up(self._abandoned.is_set):
                    return
            except Unreachable as error:
                if self._abandoned.is_set():
                    return
                self._trouble = str(error)
                now = time.monotonic()
                if since is None or mirror.sent > before:
                    since, pause = now, self._persistence.first_pause_s
                if self._hopeless(since, now, last):
                    raise
                self._wait(pause)
                pause = min(pause * 2, self._persistence.longest_pause_s)
                continue
            since, pause, self._trouble = None, self._persistence.first_pause_s, ""
            if last:
                return
            self._finishing.wait(self._persistence.poll_s)

    def _hopeless(self, since: float, now: float, last: bool) -> bool:
        """Whether trouble that began at `since` is not worth another try."""
        if self._target.required:
            return now - since >= self._persistence.required_s
        # What was in trouble when the run ended has had its last chance.
        return last and (since < self._ended or now - since >= self._persistence.closing_s)

    def _wait(self, seconds: float) -> None:
        # Once the run is over, nothing but the abandoning is waited for.
        (self._abandoned if self._finishing.is_set() else self._finishing).wait(seconds)

    def _give_up(self, why: str) -> None:
        if self._abandoned.is_set():
            return
        self._trouble = why
        if self._target.required and self._failed is not None and not self._finishing.is_set():
            self._failed(why)
