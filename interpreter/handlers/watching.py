"""Which files of running programs have something to read: many of them behind one of the loop's.

The event loop's own registration of a file costs more than reading it, and each program has
three. On Linux a second `epoll` holds them, and the loop watches that one; elsewhere the loop
watches each. It must not know what is read.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable
from weakref import WeakKeyDictionary

_MOST_AT_ONCE = 64


class Watch:
    """The files that one event loop has something read from, all in the thread of that loop."""

    def __init__(self) -> None:
        self._ready: dict[int, Callable[[], None]] = {}
        self._poll = select.epoll() if hasattr(select, "epoll") else None
        self._watched = False

    def add(self, handle: int, ready: Callable[[], None]) -> None:
        """Have `ready` called whenever there is something to read, or the end of it."""
        if self._poll is None:
            asyncio.get_running_loop().add_reader(handle, ready)
            return
        self._poll.register(handle, select.EPOLLIN)
        self._ready[handle] = ready
        if not self._watched:
            self._watched = True
            asyncio.get_running_loop().add_reader(self._poll.fileno(), self._dispatch)

    def forget(self, handle: int) -> None:
        """No longer watch a file; to be called before it is closed."""
        if self._poll is None:
            asyncio.get_running_loop().remove_reader(handle)
        elif self._ready.pop(handle, None) is not None:
            self._poll.unregister(handle)

    def _dispatch(self) -> None:
        assert self._poll is not None
        for handle, _ in self._poll.poll(0, _MOST_AT_ONCE):
            # One that was called before may have forgotten it.
            if (ready := self._ready.get(handle)) is not None:
                ready()


_WATCHES: WeakKeyDictionary[asyncio.AbstractEventLoop, Watch] = WeakKeyDictionary()


def watch() -> Watch:
    """The running loop's."""
    loop = asyncio.get_running_loop()
    found = _WATCHES.get(loop)
    if found is None:
        found = _WATCHES[loop] = Watch()
    return found
