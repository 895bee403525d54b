"""Running a coroutine to its end, whatever its tasks do: `asyncio.run` that does not wait.

Somebody's handler may not end when it is cancelled. `asyncio.run` would then wait for it for
ever, after the run is over. It must not know what the coroutine does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

LEFT_S = 1.0
"""What tasks that are left over have to end in, once they are cancelled."""


def carried_through(main: Coroutine[Any, Any, T]) -> T:
    """What `main` returns or raises, on a loop of its own; no task that is left holds it up."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(main)
    finally:
        try:
            _cancel_left(loop)
            loop.run_until_complete(asyncio.wait_for(loop.shutdown_asyncgens(), LEFT_S))
        except TimeoutError:
            pass
        finally:
            loop.close()


def _cancel_left(loop: asyncio.AbstractEventLoop) -> None:
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.wait(left, timeout=LEFT_S))
    for task in left:
        if not task.done():
            task._log_destroy_pending = False  # type: ignore[attr-defined]
