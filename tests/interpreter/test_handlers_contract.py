"""What every handler owes, real or fake: an outcome, and a quick, clean end when cancelled."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from attractorc.compiler.plan.model import Agent, Custom, Tool, Work
from attractorc.interpreter.handlers.agent import AgentHandler
from attractorc.interpreter.handlers.agent_command import CommandBackend
from attractorc.interpreter.handlers.agent_simulate import SimulateBackend
from attractorc.interpreter.handlers.function import function_handler
from attractorc.interpreter.handlers.process_groups import group_alive
from attractorc.interpreter.handlers.results import vetted
from attractorc.interpreter.handlers.tool import ToolHandler
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.ports import Call, Handler, Process

from .fakes import FakeHandler, call

GRACE_S = 0.3
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
SLOW = "touch up; sleep 60"


@dataclass(frozen=True)
class Variant:
    """A handler in two moods: `quick` succeeds at once, `slow` writes `up` and stays busy."""

    quick: Handler
    quick_work: Work
    slow: Handler | None
    slow_work: Work


def _tool() -> Variant:
    handler = ToolHandler(ENVIRONMENT, GRACE_S)
    return Variant(handler, Tool("echo fine"), handler, Tool(SLOW))


def _stubborn_tool() -> Variant:
    handler = ToolHandler(ENVIRONMENT, GRACE_S)
    slow = "trap '' TERM; touch up; while :; do sleep 0.05; done"
    return Variant(handler, Tool("exit 0"), handler, Tool(slow))


def _agent_command() -> Variant:
    quick = CommandBackend(("cat",), ENVIRONMENT, GRACE_S)
    slow = CommandBackend(("sh", "-c", SLOW), ENVIRONMENT, GRACE_S)
    handler = AgentHandler({"quick": quick, "slow": slow}, "quick")
    return Variant(handler, Agent(()), handler, Agent((), backend="slow"))


def _agent_simulate() -> Variant:
    handler = AgentHandler({"simulate": SimulateBackend()}, "simulate")
    return Variant(handler, Agent(()), None, Agent(()))


def _function() -> Variant:
    def slow(given: Call) -> None:
        (given.workspace / "up").touch()
        FREED.wait(10)

    return Variant(
        function_handler(lambda _: "fine"), Custom("f"), function_handler(slow), Custom("f")
    )


def _async_function() -> Variant:
    async def quick(_: Call) -> dict[str, str]:
        return {"said": "fine"}

    async def slow(given: Call) -> None:
        (given.workspace / "up").touch()
        await asyncio.sleep(60)

    return Variant(function_handler(quick), Custom("f"), function_handler(slow), Custom("f"))


def _fake() -> Variant:
    slow = FakeHandler()
    slow.hold("unit")
    return Variant(FakeHandler(), Custom("f"), slow, Custom("f"))


FREED = threading.Event()
VARIANTS: tuple[tuple[str, Callable[[], Variant]], ...] = (
    ("a tool", _tool),
    ("a tool that ignores SIGTERM", _stubborn_tool),
    ("an agent program", _agent_command),
    ("a simulated agent", _agent_simulate),
    ("a function", _function),
    ("an async function", _async_function),
    ("the fake", _fake),
)


@pytest.fixture(params=[pytest.param(make, id=name) for name, make in VARIANTS])
def variant(request: pytest.FixtureRequest) -> Iterator[Variant]:
    FREED.clear()
    yield request.param()
    FREED.set()


def test_it_returns_an_outcome_that_may_be_journaled(variant: Variant, tmp_path: Path) -> None:
    outcome = asyncio.run(variant.quick.run(call(tmp_path, variant.quick_work, prompt="hello")))
    assert isinstance(outcome, Outcome)
    assert outcome.status is Status.SUCCESS
    assert outcome.failure_reason == ""
    assert vetted(outcome) == outcome


def test_it_gives_the_same_outcome_again(variant: Variant, tmp_path: Path) -> None:
    given = call(tmp_path, variant.quick_work, prompt="hello")
    first = asyncio.run(variant.quick.run(given))
    assert asyncio.run(variant.quick.run(given)) == first


def test_it_ends_within_a_second_of_its_cancellation(variant: Variant, tmp_path: Path) -> None:
    if variant.slow is None:
        pytest.skip("it never waits for anything")
    reported: list[Process] = []
    given = call(tmp_path, variant.slow_work, reported=reported)

    async def go() -> None:
        assert variant.slow is not None
        task = asyncio.create_task(variant.slow.run(given))
        while not (given.workspace / "up").exists() and not isinstance(variant.slow, FakeHandler):
            await asyncio.sleep(0.005)
            assert not task.done()
        await asyncio.sleep(0.01)
        before = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - before < 1

    asyncio.run(go())
    assert not any(group_alive(process.pid) for process in reported)


def test_twenty_calls_run_side_by_side(variant: Variant, tmp_path: Path) -> None:
    calls = []
    for number in range(20):
        folder = tmp_path / str(number)
        folder.mkdir()
        calls.append(call(folder, variant.quick_work, prompt="hello"))

    async def go() -> list[Outcome]:
        return await asyncio.gather(*(variant.quick.run(given) for given in calls))

    assert {outcome.status for outcome in asyncio.run(go())} == {Status.SUCCESS}
