"""Blocking Python code beside the event loop, each call in a thread of its own.

The loop's default pool has a handful of threads and would cap concurrency without a word.
A thread cannot be ended from outside: a cancelled call is abandoned, and what it returns
later is heard by nobody. It must not know what the code does.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_thread(work: Callable[[], T]) -> T:
    """The result of `work()`, or what it raised; the thread dies with the process at the latest."""
    loop = asyncio.get_running_loop()
    finished: asyncio.Future[Callable[[], T]] = loop.create_future()
    context = contextvars.copy_context()

    def deliver(result: Callable[[], T]) -> None:
        if not finished.done():
            finished.set_result(result)

    def body() -> None:
        result = _result(lambda: context.run(work))
        # An abandoned thread may outlive its loop.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(deliver, result)

    threading.Thread(target=body, name="attractorc-handler", daemon=True).start()
    return (await finished)()


def _result(work: Callable[[], T]) -> Callable[[], T]:
    """What `work` came to, as a function that gives or raises it again."""
    try:
        value = work()
    except BaseException as error:
        caught = error

        def again() -> T:
            raise caught

        return again
    return lambda: value
