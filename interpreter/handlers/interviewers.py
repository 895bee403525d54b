"""The interviewers that need no terminal: each answers questions in a way of its own.

They and `Console` stand behind one port (specification 6.4); a run is given one of them. An
interviewer says what was answered, never what it leads to.
"""

from __future__ import annotations

import functools
import inspect
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping

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


APPROVED = "auto-approved"


class AutoApprove:
    """Takes the first option of every question, `yes` among them; words are `auto-approved`.

    One that should have options and has none is skipped.
    """

    async def ask(self, question: Question) -> Answer:
        if question.form == "freeform":
            return Answer("chosen", APPROVED, "auto")
        if not question.options:
            return Answer("skipped", source="auto")
        first = answer_text(question.options[0], question.options)
        return Answer("chosen", first, "auto")


class Park:
    """Nobody is there: every question stays open in the store."""

    async def ask(self, question: Question) -> Answer:
        return Answer("parked", source="park")


class Queue:
    """Gives prepared answers in the order of asking, then skips. Text means a choice.

    Answers that are `bound` to a question, by its id or its node, are that question's own, in their
    order, whenever it is asked.
    """

    def __init__(
        self,
        answers: Iterable[Answer | str],
        bound: Mapping[str, Iterable[Answer | str]] | None = None,
    ) -> None:
        self._answers = deque(answers)
        self._bound = {name: deque(own) for name, own in (bound or {}).items()}

    async def ask(self, question: Question) -> Answer:
        for name in (question.id, question.node_id):
            if self._bound.get(name):
                return self._given(self._bound[name].popleft())
        if not self._answers:
            return Answer("skipped", source="queue: no answer is left")
        return self._given(self._answers.popleft())

    def _given(self, answer: Answer | str) -> Answer:
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
        self.keeps_time = bool(getattr(inner, "keeps_time", False))

    @property
    def recordings(self) -> tuple[tuple[Question, Answer], ...]:
        return tuple(self._recordings)

    async def ask(self, question: Question) -> Answer:
        answer = await self._inner.ask(question)
        self._recordings.append((question, answer))
        if self._heard is not None:
            self._heard(question, answer)
        return answer
