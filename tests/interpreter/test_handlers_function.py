"""Plain functions as handlers: what they return, and what they may do wrong."""

from __future__ import annotations

import asyncio
import copy
import functools
import pickle
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from attractorc.compiler.plan.model import Custom
from attractorc.interpreter.handlers.function import function_handler
from attractorc.interpreter.handlers.results import vetted
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.ports import Call

from .fakes import call, step

GOOD = Outcome(Status.SUCCESS)


def run(folder: Path, function: Any, writes: tuple[str, ...] | None = None) -> Outcome:
    given = call(folder, step(Custom("mine"), writes=writes))
    return asyncio.run(function_handler(function).run(given))


@pytest.mark.parametrize(
    ("result", "writes", "outcome"),
    [
        pytest.param(None, None, GOOD, id="nothing is a success"),
        pytest.param(
            "hi", ("v",), GOOD._replace(context_updates={"v": "hi"}), id="text for the key"
        ),
        pytest.param("hi", None, GOOD._replace(notes="hi"), id="text without a key is a note"),
        pytest.param(
            {"a": (1, {"b": None})},
            None,
            GOOD._replace(context_updates={"a": [1, {"b": None}]}),
            id="a mapping is context",
        ),
        pytest.param(
            Outcome(Status.RETRY, failure_reason="later"),
            None,
            Outcome(Status.RETRY, failure_reason="later"),
            id="an outcome stands as it is",
        ),
    ],
)
def test_what_a_function_returns(
    tmp_path: Path, result: object, writes: tuple[str, ...] | None, outcome: Outcome
) -> None:
    async def later(_: Call) -> object:
        return result

    assert run(tmp_path, lambda _: result, writes) == outcome
    assert run(tmp_path, later, writes) == outcome


class Callable:
    async def __call__(self, given: Call) -> str:
        return f"{given.step.id} {threading.current_thread() is threading.main_thread()}"


@pytest.mark.parametrize(
    ("function", "in_loop"),
    [
        pytest.param(Callable(), True, id="an object with async __call__"),
        pytest.param(functools.partial(Callable.__call__, None), True, id="a partial of async"),
        pytest.param(lambda given: Callable()(given), True, id="a function that gives a coroutine"),
    ],
)
def test_what_is_async_runs_in_the_loop(tmp_path: Path, function: Any, in_loop: bool) -> None:
    assert run(tmp_path, function).notes == f"unit {in_loop}"


def test_a_plain_function_does_not_block_the_loop(tmp_path: Path) -> None:
    met = threading.Barrier(40, timeout=10)
    handler = function_handler(lambda _: str(met.wait() >= 0))
    given = call(tmp_path)

    async def go() -> list[Outcome]:
        return await asyncio.gather(*(handler.run(given) for _ in range(40)))

    assert {outcome.notes for outcome in asyncio.run(go())} == {"True"}


def raises(error: BaseException) -> Any:
    def function(_: Call) -> None:
        raise error

    return function


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        pytest.param(raises(ValueError("no\n luck")), "ValueError: no luck", id="an exception"),
        pytest.param(raises(KeyError()), "KeyError", id="an exception without words"),
        pytest.param(
            raises(StopIteration("x")), "raised StopIteration", id="the odd one of iterators"
        ),
        pytest.param(lambda _: sys.exit(3), "SystemExit: 3", id="a wish to end the process"),
        pytest.param(
            raises(asyncio.CancelledError()),
            "the handler cancelled itself",
            id="its own cancellation",
        ),
        pytest.param(
            lambda _: {"a": float("nan")},
            "the handler's result cannot be used: the value of 'a': nan is not JSON",
            id="not a number",
        ),
        pytest.param(
            lambda _: {"a": {1: 2}},
            "the value of 'a': the key 1 is not a string",
            id="a number as key",
        ),
        pytest.param(lambda _: {1: 2}, "the context key 1 is not a string", id="a number as name"),
        pytest.param(
            lambda _: {"a": object()}, "the value of 'a': a object is not JSON", id="an object"
        ),
        pytest.param(lambda _: {"a": {1, 2}}, "the value of 'a': a set is not JSON", id="a set"),
        pytest.param(
            lambda _: {"a": nested(200)}, "nested more than 100 levels deep", id="too deep"
        ),
        pytest.param(lambda _: {"a\ud800": 1}, "half a surrogate pair", id="half a pair in a name"),
        pytest.param(lambda _: "\ud800", "half a surrogate pair", id="half a pair in text"),
        pytest.param(lambda _: 7, "the handler returned a int;", id="a number"),
        pytest.param(lambda _: [1], "the handler returned a list;", id="a list"),
        pytest.param(
            lambda _: Outcome("success"), "its status is 'success'", id="a status that is no status"
        ),
        pytest.param(
            lambda _: Outcome(Status.SUCCESS, notes=None), "'notes' is not text", id="notes of None"
        ),
        pytest.param(
            lambda _: Outcome(Status.SUCCESS, suggested_next_ids="ab"),
            "'suggested_next_ids' is not a list",
            id="ids as one text",
        ),
        pytest.param(
            lambda _: Outcome(Status.SUCCESS, context_updates=[1]),
            "'context_updates' is not a mapping",
            id="updates as a list",
        ),
        pytest.param(
            lambda _: Outcome(Status.SUCCESS, context_updates={"a": b"x"}),
            "the value of 'a': a bytes is not JSON",
            id="bytes in an outcome",
        ),
        pytest.param(
            lambda _: Outcome(Status.SUCCESS, artifacts={"a": "x"}),
            "'artifacts' does not map names to bytes",
            id="text as an artifact",
        ),
    ],
)
def test_what_a_function_does_wrong_is_a_failure(
    tmp_path: Path, function: Any, reason: str
) -> None:
    outcome = run(tmp_path, function)
    assert outcome.status is Status.FAIL
    assert reason in outcome.failure_reason


def test_an_async_function_that_is_cancelled_within_fails(tmp_path: Path) -> None:
    async def function(_: Call) -> None:
        inner = asyncio.ensure_future(asyncio.sleep(60))
        inner.cancel()
        await inner

    assert run(tmp_path, function).failure_reason == "the handler cancelled itself"


def test_a_handler_cannot_change_its_result_afterwards(tmp_path: Path) -> None:
    kept: dict[str, Any] = {"a": [1]}
    outcome = run(tmp_path, lambda _: kept)
    kept["a"].append(2)
    assert outcome.context_updates == {"a": [1]}


def test_an_abandoned_thread_may_outlive_the_loop(tmp_path: Path) -> None:
    freed = threading.Event()

    async def go() -> None:
        task = asyncio.create_task(function_handler(lambda _: freed.wait(10)).run(call(tmp_path)))
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(go())
    freed.set()
    deadline = time.monotonic() + 5
    while any(t.name == "attractorc-handler" for t in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_what_is_no_outcome_is_refused() -> None:
    assert vetted({"status": "success"}).failure_reason == (
        "the handler returned a dict, not an outcome"
    )


class Vague:
    """What libraries of numbers have: it says neither what it equals nor whether it is true."""

    def __eq__(self, other: object) -> bool:
        raise ValueError("which of its elements?")

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise ValueError("all of its elements, or one?")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("suggested_next_ids", "'suggested_next_ids' is not a list of node ids"),
        ("ignored", "'ignored' is not a list of sentences"),
        ("context_updates", "'context_updates' is not a mapping"),
        ("agent", "'agent' is not a mapping"),
        ("artifacts", "'artifacts' does not map names to bytes"),
    ],
)
def test_a_value_that_cannot_be_compared_is_refused_by_name(name: str, said: str) -> None:
    plain: dict[str, Any] = {"context_updates": {}, "artifacts": {}, "agent": {}}
    outcome = Outcome(Status.SUCCESS, **{**plain, name: Vague()})
    assert vetted(outcome).failure_reason == f"the handler's outcome cannot be used: {said}"


@pytest.mark.parametrize("outcome", [GOOD, Outcome(Status.FAIL, context_updates={"a": [1]})])
def test_an_outcome_can_come_from_another_process_and_be_copied(outcome: Outcome) -> None:
    assert pickle.loads(pickle.dumps(outcome)) == outcome
    copied = copy.deepcopy(outcome)
    assert copied == outcome
    assert copied.context_updates is not outcome.context_updates
