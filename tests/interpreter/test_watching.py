"""Files of programs that are watched behind one of the event loop's."""

from __future__ import annotations

import asyncio
import os
import select
from collections.abc import Iterator

import pytest

from attractorc.interpreter.handlers.watching import Watch, watch


@pytest.fixture(params=["epoll", "the loop's own"])
def pipe(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    if request.param == "the loop's own":
        monkeypatch.delattr(select, "epoll", raising=False)
    elif not hasattr(select, "epoll"):
        pytest.skip("there is no epoll here")
    handles = list(os.pipe())
    yield handles
    for handle in handles:
        os.close(handle)


def test_what_can_be_read_is_told_until_it_is_forgotten(pipe: list[int]) -> None:
    async def go() -> list[bytes]:
        read: list[bytes] = []
        Watch().add(pipe[0], lambda: read.append(os.read(pipe[0], 10)))
        for piece in (b"one", b"two"):
            os.write(pipe[1], piece)
            await asyncio.sleep(0.02)
        return read

    assert asyncio.run(go()) == [b"one", b"two"]


def test_nobody_is_told_of_what_was_forgotten_and_the_loop_can_rest(
    pipe: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    inner = Watch._dispatch

    def counted(self: Watch) -> None:
        nonlocal looks
        looks += 1
        inner(self)

    monkeypatch.setattr(Watch, "_dispatch", counted)

    async def go() -> list[str]:
        told: list[str] = []
        watched = Watch()
        watched.add(pipe[0], lambda: told.append("told"))
        watched.forget(pipe[0])
        watched.forget(pipe[0])  # safe to say twice
        os.write(pipe[1], b"nobody reads this")
        await asyncio.sleep(0.05)
        return told

    assert asyncio.run(go()) == []
    assert looks <= 1


def test_one_that_is_told_may_forget_the_others(pipe: list[int]) -> None:
    async def go() -> list[int]:
        told: list[int] = []
        watched, others = Watch(), os.pipe()
        handles = (pipe[0], others[0])

        def ready(handle: int) -> None:
            told.append(handle)
            for each in handles:
                watched.forget(each)

        for handle in handles:
            watched.add(handle, lambda handle=handle: ready(handle))  # type: ignore[misc]
        os.write(pipe[1], b"x")
        os.write(others[1], b"x")
        await asyncio.sleep(0.02)
        for handle in others:
            os.close(handle)
        return told

    assert len(asyncio.run(go())) == 1


def test_each_loop_has_one_of_its_own() -> None:
    async def mine() -> tuple[Watch, Watch]:
        return watch(), watch()

    one, again = asyncio.run(mine())
    assert one is again
    other, _ = asyncio.run(mine())
    assert other is not one
