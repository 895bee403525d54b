"""The fake clock keeps time as a real one would, without anybody waiting."""

from __future__ import annotations

import asyncio
import time

import pytest

from .fakes import FakeClock


def test_sleepers_wake_in_order_each_at_its_own_time() -> None:
    async def go() -> list[tuple[str, int]]:
        clock = FakeClock()
        woken: list[tuple[str, int]] = []

        async def sleeper(name: str, *pauses: int) -> None:
            for pause in pauses:
                await clock.sleep(pause)
                woken.append((name, clock.monotonic()))

        tasks = [
            asyncio.ensure_future(sleeper("a", 30, 30)),
            asyncio.ensure_future(sleeper("b", 40)),
        ]
        await clock.advance(20)
        assert woken == []
        await clock.advance(80)
        assert clock.now() - FakeClock().now() == clock.monotonic() == 100
        await asyncio.gather(*tasks)
        return woken

    assert asyncio.run(go()) == [("a", 30), ("b", 40), ("a", 60)]


def test_left_to_itself_it_goes_on_when_everybody_waits() -> None:
    async def go() -> int:
        clock = FakeClock(auto=True)
        await asyncio.gather(clock.sleep(3_600_000), clock.sleep(60_000))
        await clock.sleep(1)
        return clock.monotonic()

    before = time.monotonic()
    assert asyncio.run(go()) == 3_600_001
    assert time.monotonic() - before < 1


def test_a_cancelled_sleeper_is_forgotten() -> None:
    async def go() -> int:
        clock = FakeClock()
        task = asyncio.ensure_future(clock.sleep(10))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await clock.advance(20)
        return clock.monotonic()

    assert asyncio.run(go()) == 20
