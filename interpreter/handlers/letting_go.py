"""Handlers of a host that may not end when they are cancelled: they are left behind.

A join must not wait for ever for a loser that ignores that it is not needed. What it still
returns is heard by nobody. It must not know what the handler does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from ..outcome import Outcome
from ..ports import Call, Handler

T = TypeVar("T")

LET_GO_S = 5.0
"""What a cancelled handler has to end in: more than ending a process group takes."""


class LettingGo:
    """A handler that is given `let_go_s` to end once it is cancelled."""

    def __init__(self, inner: Handler, let_go_s: float = LET_GO_S) -> None:
        self.inner = inner
        self._let_go_s = let_go_s
        self.gated = bool(getattr(inner, "gated", False))
        at_once = getattr(inner, "at_once", None)
        if at_once is not None:
            self.at_once = at_once

    async def run(self, call: Call) -> Outcome:
        """Run the attempt; cancelled, wait only so long for its end."""
        return await let_go(self.inner.run(call), self._let_go_s)


async def let_go(work: Awaitable[T], let_go_s: float = LET_GO_S) -> T:
    """What `work` comes to. Cancelled, it is cancelled too and has `let_go_s` to end."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        if not task.done():
            task.cancel()
            task.add_done_callback(_heard_by_nobody)
            await asyncio.wait([task], timeout=let_go_s)
        raise


def _heard_by_nobody(task: asyncio.Future[T]) -> None:
    if not task.cancelled():
        task.exception()
