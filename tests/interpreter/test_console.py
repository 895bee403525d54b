"""The console: what is shown, what is read, and what is not."""

from __future__ import annotations

import asyncio
import io
import os
import pty
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from attractorc.interpreter.handlers.interviewers import Console
from attractorc.interpreter.ports import Answer

from .asking import Terminal, ask, question


@pytest.fixture
def terminals() -> Iterator[Callable[..., Terminal]]:
    made: list[Terminal] = []

    def make(*args: Any, **options: Any) -> Terminal:
        made.append(Terminal(*args, **options))
        return made[-1]

    yield make
    for terminal in made:
        terminal.close()


class TestConsole:
    def test_it_shows_the_question_with_its_choices(self, terminals: Any) -> None:
        terminal = terminals("n\n")
        assert ask(terminal.console, question()) == [Answer("chosen", "N", "console")]
        assert terminal.output.getvalue() == (
            "[?] Ship it?  (gate)\n"
            "  1. [Y] Yes, deploy\n"
            "  2. N) Not yet\n"
            "  3. A - Ask again\n"
            "Select: "
        )

    def test_it_asks_again_on_nonsense(self, terminals: Any) -> None:
        terminal = terminals("\nperhaps\n2\n")
        assert ask(terminal.console, question()) == [Answer("chosen", "N", "console")]
        again = "Please choose one of Y (yes, deploy), N (not yet), A (ask again).\n"
        assert terminal.output.getvalue().count(again) == 2

    def test_several_questions_are_asked_one_after_another(self, terminals: Any) -> None:
        terminal = terminals("y\nn\n")
        first, second = question(1, text="One?"), question(2, text="Two?")
        assert [a.text for a in ask(terminal.console, first, second)] == ["Y", "N"]
        shown = terminal.output.getvalue()
        assert shown.index("One?") < shown.index("Select: ") < shown.index("Two?")

    def test_a_late_answer_is_waited_for(self, terminals: Any) -> None:
        terminal = terminals("")

        async def go() -> Answer:
            task = asyncio.ensure_future(terminal.console.ask(question()))
            for part in ("w", "ai", "t\r\n"):
                await asyncio.sleep(0.01)
                terminal.type(part)
            answer: Answer = await task
            return answer

        assert asyncio.run(go()).text == "N"

    def test_no_answer_in_time_is_a_timeout(self, terminals: Any) -> None:
        terminal = terminals("nonsense\n")
        asked = question(timeout_ms=50)
        assert ask(terminal.console, asked) == [Answer("timeout", source="console")]
        assert terminal.output.getvalue().endswith("\nNo answer in time.\n")
        terminal.type("y\n")
        assert ask(terminal.console, question(2))[0].text == "Y"

    def test_time_runs_from_when_a_question_is_shown(self, terminals: Any) -> None:
        terminal = terminals("")

        async def go() -> list[Answer]:
            waiting = asyncio.gather(
                terminal.console.ask(question(1)), terminal.console.ask(question(2, timeout_ms=80))
            )
            await asyncio.sleep(0.15)
            terminal.type("y\nn\n")
            answers: list[Answer] = await waiting
            return answers

        assert [answer.text for answer in asyncio.run(go())] == ["Y", "N"]

    def test_at_the_end_of_the_input_a_question_is_parked(self, terminals: Any) -> None:
        terminal = terminals("nonsense\n", ended=True)
        parked = Answer("parked", source="console")
        assert ask(terminal.console, question(1), question(2)) == [parked, parked]

    def test_a_last_line_without_its_end_counts(self, terminals: Any) -> None:
        assert ask(terminals("y", ended=True).console, question())[0].text == "Y"

    def test_a_withdrawn_question_swallows_no_answer(self, terminals: Any) -> None:
        terminal = terminals("")

        async def go() -> Answer:
            withdrawn = asyncio.ensure_future(terminal.console.ask(question(1)))
            next_one = asyncio.ensure_future(terminal.console.ask(question(2)))
            await asyncio.sleep(0.01)
            withdrawn.cancel()
            await asyncio.sleep(0.01)
            terminal.type("n\n")
            answer: Answer = await next_one
            return answer

        assert asyncio.run(go()).text == "N"
        assert "The question is withdrawn." in terminal.output.getvalue()

    def test_a_file_and_an_empty_device_can_be_read_too(self, tmp_path: Path) -> None:
        answers = tmp_path / "answers"
        answers.write_text("y\nn\n")
        for path, kinds in ((answers, ["chosen"] * 2), (Path("/dev/null"), ["parked"] * 2)):
            with path.open("rb") as file:
                console = Console(file.fileno(), io.StringIO())
                assert [a.kind for a in ask(console, question(1), question(2))] == kinds

    def test_a_line_without_end_does_not_fill_the_memory(self, tmp_path: Path) -> None:
        with Path("/dev/zero").open("rb") as file:
            console = Console(file.fileno(), io.StringIO())
            assert ask(console, question(timeout_ms=50))[0].kind == "timeout"

    def test_what_was_typed_before_the_question_counts_for_nothing_at_a_terminal(self) -> None:
        master, slave = pty.openpty()

        async def go() -> Answer:
            console = Console(slave, io.StringIO())
            os.write(master, b"y\n")
            await asyncio.sleep(0.05)
            task = asyncio.ensure_future(console.ask(question()))
            await asyncio.sleep(0.05)
            os.write(master, b"n\n")
            return await task

        try:
            assert asyncio.run(go()).text == "N"
        finally:
            os.close(master)
            os.close(slave)

    @pytest.mark.parametrize(
        ("environment", "coloured"),
        [({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False)],
        ids=["a terminal", "one that wants no colour"],
    )
    def test_at_a_terminal_question_and_keys_stand_out_and_nothing_else_is_changed(
        self, environment: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("TERM", "NO_COLOR", "COLORTERM", "FORCE_COLOR"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        master, slave = pty.openpty()
        text = "Ship [bold]it[/bold]? " + "Long. " * 40
        with os.fdopen(slave, "w") as output:
            console = Console(slave, output)

            async def go() -> Answer:
                task = asyncio.ensure_future(console.ask(question(text=text)))
                await asyncio.sleep(0.3)
                os.write(master, b"y\n")
                return await task

            assert asyncio.run(go()).text == "Y"
            shown = os.read(master, 65536).decode()
        os.close(master)
        assert "\x1b[1m" in shown
        assert ("\x1b[36m  1. [Y]" in shown) is coloured
        plain = re.sub(r"\x1b\[[0-9;]*m", "", shown).replace("\r", "")
        assert plain.startswith(f"[?] {text}  (gate)\n  1. [Y] Yes, deploy\n")

    def test_without_options_any_text_is_an_answer(self, terminals: Any) -> None:
        asked = question(options=())
        assert ask(terminals("\n anything \n").console, asked)[0].text == "anything"
