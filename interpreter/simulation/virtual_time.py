"""Virtual time: an event loop that never waits, and the clock that goes with it.

Whenever all tasks wait, the loop's time jumps to the next timer, so that `asyncio.sleep` and
`asyncio.timeout` work unchanged and cost nothing. Time is counted in whole microseconds, and
timers of one moment run in the order in which they were set: equal programs have equal
histories. It must not know what a run is.
"""

from __future__ import annotations

import asyncio
import heapq
import selectors
from collections.abc import Callable
from contextvars import Context
from itertools import count
from typing import Any, TypeVarTuple

_US = 1_000_000
Ts = TypeVarTuple("Ts")


class Stuck(Exception):
    """A simulation cannot go on, or would go on for ever; one sentence."""


class AllWait(Stuck):
    """Every task waits, and no timer is set."""


class _NeverWaiting(selectors.DefaultSelector):
    """A selector that lets virtual time pass where another would wait."""

    idle: Callable[[bool], None]

    def select(self, timeout: float | None = None) -> Any:
        """What is ready now; with nothing ready and nothing to do, time passes."""
        ready = super().select(0)
        if not ready:
            self.idle(timeout is None)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose `time()` is virtual. It begins at `start_ms`.

    Where every task waits and no timer is set, running it raises `AllWait`. Work in threads
    has no virtual duration and cannot be waited for.
    """

    def __init__(self, start_ms: int = 0) -> None:
        selector = _NeverWaiting()
        selector.idle = self._let_time_pass
        super().__init__(selector)
        self._virtual_us = start_ms * 1_000
        self._timers: list[tuple[int, int, asyncio.TimerHandle, Callable[[], None]]] = []
        self._numbers = count()
        self._fault: Exception | None = None

    def time(self) -> float:
        """Virtual seconds."""
        return self._virtual_us / _US

    @property
    def milliseconds(self) -> int:
        """Virtual time, rounded down."""
        return self._virtual_us // 1_000

    def abort(self, fault: Exception) -> None:
        """End the running of the loop with an exception, once this turn of it is over."""
        self._fault = self._fault or fault

    def call_at(
        self,
        when: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run `callback(*args)` at a virtual moment."""
        handle = asyncio.TimerHandle(when, callback, args, self, context)

        def fire() -> None:
            if not handle.cancelled():
                self.call_soon(callback, *args, context=context)

        heapq.heappush(self._timers, (round(when * _US), next(self._numbers), handle, fire))
        return handle

    def _let_time_pass(self, nothing_to_do: bool) -> None:
        if self._fault is not None:
            fault, self._fault = self._fault, None
            raise fault
        if not nothing_to_do:
            return
        while self._timers and self._timers[0][2].cancelled():
            heapq.heappop(self._timers)
        if not self._timers:
            raise AllWait("every task waits, and no timer is set")
        moment = self._timers[0][0]
        self._virtual_us = max(self._virtual_us, moment)
        while self._timers and self._timers[0][0] <= moment:
            heapq.heappop(self._timers)[3]()


class VirtualClock:
    """The clock of a virtual loop. `epoch_ms` is what `now` is at the loop's time 0."""

    def __init__(self, loop: VirtualLoop, epoch_ms: int) -> None:
        self._loop = loop
        self._epoch_ms = epoch_ms

    def now(self) -> int:
        """Milliseconds since the Unix epoch."""
        return self._epoch_ms + self._loop.milliseconds

    def monotonic(self) -> int:
        """Milliseconds since the simulation began."""
        return self._loop.milliseconds

    async def sleep(self, milliseconds: int) -> None:
        """Wait in virtual time; returns at once for zero and less."""
        await asyncio.sleep(max(0, milliseconds) / 1_000)
