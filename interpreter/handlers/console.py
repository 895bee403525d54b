"""The interviewer at a terminal: shows a question, reads a line, asks again on nonsense.

Apart from the other interviewers, because of what reading without blocking takes. Input is
read only while a question stands, so a withdrawn question swallows no line. It must not
know what an answer leads to.
"""

from __future__ import annotations

import asyncio
import os
from typing import TextIO

from ..choices import accepted, default_text, question_text, wanted_text
from ..ports import Answer, Question

_SOURCE = "console"
_CHUNK_BYTES = 4096
_LINE_LIMIT_BYTES = 64 * 1024
_KEY = r"(?m)^  \d+\.(?: \[[^\]\n]+\])?"
_PROMPTS = {
    "choice": "Select{}: ",
    "confirm": "Yes or no{}: ",
    "multiple": "Select any{}: ",
    "freeform": "Answer{}: ",
}


class Console:
    """Asks on `output` and reads answers from the descriptor `source`, one question at a time.

    A question's time runs from when it is shown, so that nobody misses one that waited for
    another. At the end of the input it is parked: there is nobody there any more. An empty line
    takes the default, where there is one.
    """

    keeps_time = True

    def __init__(self, source: int, output: TextIO) -> None:
        self._lines = _Lines(source)
        self._output = output
        self._turn = asyncio.Lock()

    async def ask(self, question: Question) -> Answer:
        async with self._turn:
            self._lines.forget_typed_ahead()
            self._put(question_text(question))
            limit_s = None if question.timeout_ms is None else question.timeout_ms / 1000
            try:
                async with asyncio.timeout(limit_s):
                    return await self._answer(question)
            except TimeoutError:
                self._show("\nNo answer in time.\n")
                return Answer("timeout", source=_SOURCE)
            except asyncio.CancelledError:
                self._show("\nThe question is withdrawn.\n")
                raise

    async def _answer(self, question: Question) -> Answer:
        default = default_text(question)
        while True:
            self._show(_PROMPTS[question.form].format(f" [{default}]" if default else ""))
            line = await self._lines.next()
            if line is None:
                self._show("\n")
                return Answer("parked", source=_SOURCE)
            answer = accepted(line if line.strip() else default, question)
            if answer is not None:
                return Answer("chosen", answer, _SOURCE)
            self._show(f"Please {wanted_text(question)}.\n")

    def _put(self, text: str) -> None:
        """Show a question; at a terminal it is bold, and what chooses an option is coloured."""
        if not self._output.isatty():
            self._show(text)
            return
        from rich.console import Console as Terminal  # takes longer to import than most runs need
        from rich.text import Text

        asked, newline, rest = text.partition("\n")
        shown = Text(asked, "bold").append(f"{newline}{rest}", "not bold")
        shown.highlight_regex(_KEY, "cyan")
        Terminal(file=self._output, highlight=False).print(shown, end="", soft_wrap=True)
        self._output.flush()

    def _show(self, text: str) -> None:
        self._output.write(text)
        self._output.flush()


class _Lines:
    """Lines from a descriptor, read only when asked for, without blocking the loop."""

    def __init__(self, source: int) -> None:
        self._source = source
        self._read = bytearray()
        self._ended = False

    def forget_typed_ahead(self) -> None:
        """Drop what was typed at a terminal before there was a question."""
        if not os.isatty(self._source):
            return
        import termios

        self._read.clear()
        termios.tcflush(self._source, termios.TCIFLUSH)

    async def next(self) -> str | None:
        """The next line without its end; None at the end of the input."""
        while True:
            line, newline, _ = self._read.partition(b"\n")
            if newline or self._ended or len(line) > _LINE_LIMIT_BYTES:
                del self._read[: len(line) + len(newline)]
                whole = bool(newline or line)
                return line.decode("utf-8", "replace").rstrip("\r") if whole else None
            await self._readable()
            self._fill()

    def _fill(self) -> None:
        try:
            chunk = os.read(self._source, _CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        self._read += chunk
        self._ended = not chunk

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        try:
            loop.add_reader(self._source, ready.set)
        except OSError:
            # A regular file or /dev/null cannot be waited for, and never needs to be.
            await asyncio.sleep(0)
            return
        try:
            await ready.wait()
        finally:
            loop.remove_reader(self._source)
