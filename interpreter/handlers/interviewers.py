"""The interviewers that need no terminal: each answers questions in a way of its own.

They and `Console` stand behind one port (specification 6.4); a run is given one of them. An
interviewer says what was answered, never what it leads to.
"""

from __future__ import annotations

import functools
import inspect
from collections import deque
from collections.abc import Awaitable, Callable, Iterable

from ..choices import answer_text, match_choice
from ..ports import Answer, Interviewer, Question
from .console import Console
from .threads import in_thread

__all__ = [
    "AutoApprove",
    "Callback",
    "Console",
    "Park",
    "Queue",
    "Recording",
    "answer_text",
    "match_choice",
]


class AutoApprove:
    """Takes the first option of every question; skips one that has none."""

    async def ask(self, question: Question) -> Answer:
        if not question.options:
            return Answer("skipped", source="auto")
        first = answer_text(question.options[0], question.options)
        return Answer("chosen", first, "auto")


class Park:
    """Nobody is there: every question stays open in the store."""

    async def ask(self, question: Question) -> Answer:
        return Answer("parked", source="park")


class Queue:
    """Gives prepared answers in the order of asking, then skips. Text means a choice."""

    def __init__(self, answers: Iterable[Answer | str]) -> None:
        self._answers = deque(answers)

    async def ask(self, question: Question) -> Answer:
        if not self._answers:
            return Answer("skipped", source="queue")
        answer = self._answers.popleft()
        return Answer("chosen", answer, "queue") if isinstance(answer, str) else answer


class Callback:
    """Asks a function of the host, in a thread of its own unless it is `async`."""

    def __init__(self, function: Callable[[Question], Answer | Awaitable[Answer]]) -> None:
        self._function = function

    async def ask(self, question: Question) -> Answer:
        if inspect.iscoroutinefunction(self._function):
            answer = await self._function(question)
        else:
            answer = await in_thread(functools.partial(self._function, question))
        if not isinstance(answer, Answer):
            raise TypeError(f"the callback returned a {type(answer).__name__}, not an answer")
        return answer


class Recording:
    """Asks another interviewer and keeps what was asked and answered, in that order."""

    def __init__(
        self, inner: Interviewer, heard: Callable[[Question, Answer], None] | None = None
    ) -> None:
        """`heard` is told of each answer as it comes, for keeping it elsewhere."""
        self._inner = inner
        self._heard = heard
        self._recordings: list[tuple[Question, Answer]] = []

    @property
    def recordings(self) -> tuple[tuple[Question, Answer], ...]:
        return tuple(self._recordings)

    async def ask(self, question: Question) -> Answer:
        answer = await self._inner.ask(question)
        self._recordings.append((question, answer))
        if self._heard is not None:
            self._heard(question, answer)
        return answer
