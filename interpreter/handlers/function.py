"""Plain Python functions as handlers: what a host writes for a custom node type.

A function takes the call and returns as little as it likes. Whatever it does wrong is a
failed outcome with the reason: nothing that is not plain data gets into a journal. It must
not know which node types exist.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from attractorc.compiler.plan.model import Step
from attractorc.compiler.value import Json, NotJson

from ..outcome import Outcome, Status, failed
from ..ports import Call, Handler
from .results import checked_updates, declared_key, vetted
from .threads import in_thread

Result: TypeAlias = "Outcome | Mapping[str, Json] | str | None"
Function: TypeAlias = "Callable[[Call], Result | Awaitable[Result]]"


def function_handler(function: Function) -> Handler:
    """A handler that calls `function(call)`, in a thread of its own unless it is `async`.

    An `Outcome` stands as it is; a mapping is a success with these context updates; text is
    a success with the one key that `writes` names, else with notes; None is a success. An
    exception is a failure.
    """
    return _FunctionHandler(function)


class _FunctionHandler:
    def __init__(self, function: Function) -> None:
        self._function = function

    async def run(self, call: Call) -> Outcome:
        try:
            result = await self._called(call)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            return failed("the handler cancelled itself")
        except (Exception, SystemExit) as error:
            return failed(_sentence(error))
        return outcome_of(result, call.step)

    async def _called(self, call: Call) -> object:
        if _is_async(self._function):
            result = self._function(call)
        else:
            result = await in_thread(lambda: self._function(call))
        return await result if inspect.isawaitable(result) else result


def _is_async(function: Function) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004 -- asks for `async def __call__`
    )


def _sentence(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def outcome_of(result: object, step: Step) -> Outcome:
    """What a function's result means, as an outcome that may be journaled."""
    if isinstance(result, Outcome):
        return vetted(result)
    if isinstance(result, str):
        key = declared_key(step)
        if key is None:
            return vetted(Outcome(Status.SUCCESS, notes=result))
        return vetted(Outcome(Status.SUCCESS, context_updates={key: result}))
    if result is None:
        return Outcome(Status.SUCCESS)
    if isinstance(result, Mapping):
        try:
            return Outcome(Status.SUCCESS, context_updates=checked_updates(result))
        except NotJson as error:
            return failed(f"the handler's result cannot be used: {error}")
    return failed(
        f"the handler returned a {type(result).__name__};"
        " an outcome, a mapping, text or None can be used"
    )
