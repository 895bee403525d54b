"""Questions and a terminal to ask them on, for the tests of interviewers."""

from __future__ import annotations

import asyncio
import io
import os

from attractorc.interpreter.handlers.console import Console
from attractorc.interpreter.ports import Answer, Interviewer, Option, Question

YES = Option("Y", "[Y] Yes, deploy", "ship")
NO = Option("N", "N) Not yet", "wait")
AGAIN = Option("A", "A - Ask again", "ask_2")
OPTIONS = (YES, NO, AGAIN)


def question(
    number: int = 1,
    options: tuple[Option, ...] = OPTIONS,
    timeout_ms: int | None = None,
    text: str = "Ship it?",
    path: str = "",
) -> Question:
    """A question at the node `gate`, by default with three choices."""
    return Question(f"{path}/gate.{number}", text, options, "gate", path, None, timeout_ms)


def ask(interviewer: Interviewer, *questions: Question) -> list[Answer]:
    """The answers to questions that are all asked at once."""

    async def go() -> list[Answer]:
        return await asyncio.gather(*(interviewer.ask(each) for each in questions))

    return asyncio.run(go())


class Terminal:
    """A console over a pipe: what is typed, and what is shown."""

    def __init__(self, typed: str = "", *, ended: bool = False) -> None:
        self._read, self._write = os.pipe()
        self.output = io.StringIO()
        self.console = Console(self._read, self.output)
        self.type(typed)
        if ended:
            self.end()

    def type(self, text: str) -> None:
        os.write(self._write, text.encode())

    def end(self) -> None:
        os.close(self._write)
        self._write = -1

    def close(self) -> None:
        os.close(self._read)
        if self._write >= 0:
            self.end()
