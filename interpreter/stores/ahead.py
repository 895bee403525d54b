"""What is written while the program goes on: a second thread over the store's connection.

SQLite lets go of the interpreter while it works, but only for as long as one statement takes,
and then waits for its turn. So a batch is one statement of many rows. Nobody else touches the
connection until `wait` has returned. It must not know what is written.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from queue import SimpleQueue

from .connection import Connection
from .rows import Row, insert

ROWS_AT_ONCE = 1024
OPEN_LIMIT = 64


class Ahead:
    """Statements, and batches of `ROWS_AT_ONCE` rows, in the order in which they were given.

    `open` counts those that nobody has waited for yet, at most `OPEN_LIMIT`. Both queues are such
    as take one turn of the interpreter: what is waited for is short.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._given: SimpleQueue[tuple[str, Sequence[Row]] | None] = SimpleQueue()
        self._done: SimpleQueue[None] = SimpleQueue()
        self.open = 0
        self._error: Exception | None = None
        self._thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        """Whether `wait` has not returned since something was given."""
        return self.open > 0

    def write(self, sql: str, rows: Sequence[Row]) -> None:
        """Have a batch written, or a statement without rows carried out.

        What goes wrong is told by `wait`; nothing that comes after it is done then.
        """
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="store", daemon=True)
            self._thread.start()
        if self.open >= OPEN_LIMIT:
            self._await_one()
        self.open += 1
        self._given.put((sql, rows))

    def wait(self) -> None:
        """All that was handed over is written, or the first error is raised."""
        if not self.open:
            return
        while self.open:
            self._await_one()
        if self._error is not None:
            raise self._error

    def end(self) -> None:
        """Give up what is not written yet; the connection is free."""
        if self._thread is None:
            return
        self._error = self._error or RuntimeError("the store is closed")
        self._given.put(None)
        self._thread.join()
        self._thread = None
        self.open = 0

    def _await_one(self) -> None:
        self._done.get()
        self.open -= 1

    def _work(self) -> None:
        while (batch := self._given.get()) is not None:
            try:
                if self._error is None:
                    sql, rows = batch
                    if rows:
                        insert(self._connection, sql, rows, ROWS_AT_ONCE)
                    else:
                        self._connection.execute(sql)
            except Exception as error:  # whoever waits is told
                self._error = error
            finally:
                del batch
                self._done.put(None)
