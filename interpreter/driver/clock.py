"""The real clock, in milliseconds.

Apart, because only the driver may know what time it is: to the core, a clock reading is an
event like any other. It must not know what is timed.
"""

from __future__ import annotations

import asyncio
import time


class SystemClock:
    """The machine's time, in milliseconds; `monotonic` never jumps."""

    def now(self) -> int:
        """Milliseconds since the Unix epoch."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> int:
        """Milliseconds since an unknown moment; only differences mean something."""
        return time.monotonic_ns() // 1_000_000

    async def sleep(self, milliseconds: int) -> None:
        """Wait; returns at once for zero and less."""
        await asyncio.sleep(max(0, milliseconds) / 1000)
