"""Interviewers: one contract for all, and each one's own way of answering."""

from __future__ import annotations

import asyncio
import io
import os
import pty
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attractorc.interpreter.handlers.choices import choices_text, question_text
from attractorc.interpreter.handlers.interviewers import (
    AutoApprove,
    Callback,
    Console,
    Park,
    Queue,
    Recording,
    answer_text,
    match_choice,
)
from attractorc.interpreter.ports import Answer, Interviewer, Option, Question

from .fakes import FakeInterviewer

YES = Option("Y", "[Y] Yes, deploy", "ship")
NO = Option("N", "N) Not yet", "wait")
AGAIN = Option("A", "A - Ask again", "ask_2")
OPTIONS = (YES, NO, AGAIN)
TEXTS = st.text("aB1 2-[]", max_size=3)


def question(
    number: int = 1,
    options: tuple[Option, ...] = OPTIONS,
    timeout_ms: int | None = None,
    text: str = "Ship it?",
    path: str = "",
) -> Question:
    return Question(f"{path}/gate.{number}", text, options, "gate", path, None, timeout_ms)


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


@pytest.fixture
def terminals() -> Iterator[Callable[..., Terminal]]:
    made: list[Terminal] = []

    def make(*args: Any, **options: Any) -> Terminal:
        made.append(Terminal(*args, **options))
        return made[-1]

    yield make
    for terminal in made:
        terminal.close()


def ask(interviewer: Interviewer, *questions: Question) -> list[Answer]:
    async def go() -> list[Answer]:
        return await asyncio.gather(*(interviewer.ask(each) for each in questions))

    return asyncio.run(go())


CONTRACT: tuple[tuple[str, Callable[[Callable[..., Terminal]], Interviewer]], ...] = (
    ("auto approve", lambda _: AutoApprove()),
    ("park", lambda _: Park()),
    ("queue", lambda _: Queue(["y"])),
    ("callback", lambda _: Callback(lambda asked: Answer("chosen", asked.options[0].key))),
    ("recording", lambda _: Recording(AutoApprove())),
    ("console", lambda terminals: terminals("y\nmaybe\nn\n").console),
    ("the fake", lambda _: FakeInterviewer({"gate": Answer("chosen", "Y")})),
)


@pytest.fixture(params=[pytest.param(make, id=name) for name, make in CONTRACT])
def interviewer(request: pytest.FixtureRequest, terminals: Callable[..., Terminal]) -> Interviewer:
    made: Interviewer = request.param(terminals)
    return made


class TestContract:
    def test_every_question_gets_an_answer(self, interviewer: Interviewer) -> None:
        for answer in ask(interviewer, question(1), question(2)):
            assert isinstance(answer, Answer)

    def test_a_choice_can_be_found_again(self, interviewer: Interviewer) -> None:
        (answer,) = ask(interviewer, question())
        if answer.kind == "chosen":
            assert match_choice(answer.text, OPTIONS) is YES
        else:
            assert answer.kind in ("parked", "skipped")
            assert answer.text == ""


WAITING: tuple[tuple[str, Callable[[Callable[..., Terminal]], Interviewer]], ...] = (
    ("console", lambda terminals: terminals().console),
    ("recording", lambda terminals: Recording(terminals().console)),
    ("callback", lambda _: Callback(lambda _: (FREED.wait(10), Answer("parked"))[1])),
    ("the fake", lambda _: FakeInterviewer()),
)
FREED = threading.Event()


@pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make in WAITING])
def test_a_question_can_be_withdrawn(
    make: Callable[[Callable[..., Terminal]], Interviewer], terminals: Callable[..., Terminal]
) -> None:
    FREED.clear()

    async def go() -> None:
        task = asyncio.ensure_future(make(terminals).ask(question()))
        await asyncio.sleep(0.02)
        assert not task.done()
        before = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - before < 0.5

    asyncio.run(go())
    FREED.set()


class TestMatchChoice:
    @pytest.mark.parametrize(
        ("text", "option"),
        [
            pytest.param("Y", YES, id="key"),
            pytest.param(" y ", YES, id="key in lower case with spaces"),
            pytest.param("[y] yes, DEPLOY", YES, id="label as written"),
            pytest.param("yes, deploy", YES, id="label without its accelerator"),
            pytest.param("not yet", NO, id="label of another form"),
            pytest.param("ask_2", AGAIN, id="target"),
            pytest.param("WAIT", NO, id="target in upper case"),
            pytest.param("2", NO, id="number"),
            pytest.param("ask", AGAIN, id="beginning of a label"),
            pytest.param("0", None, id="numbers begin at one"),
            pytest.param("4", None, id="a number too high"),
            pytest.param("", None, id="nothing"),
            pytest.param("  ", None, id="spaces"),
            pytest.param("deploy", None, id="the middle of a label"),
            pytest.param("yes, deploy it", None, id="more than a label"),
        ],
    )
    def test_a_text_means_at_most_one_option(self, text: str, option: Option | None) -> None:
        assert match_choice(text, OPTIONS) is option

    def test_what_fits_two_means_none(self) -> None:
        options = (Option("Y", "Yes", "a"), Option("Y", "Yellow", "b"))
        assert match_choice("y", options) is None
        assert match_choice("ye", options) is None
        assert match_choice("yes", options) is options[0]
        assert match_choice("yel", options) is options[1]

    def test_a_key_comes_before_a_number(self) -> None:
        options = (Option("2", "[2] two", "a"), Option("1", "[1] one", "b"))
        assert match_choice("1", options) is options[1]

    def test_two_edges_to_one_node_are_told_apart_by_their_labels(self) -> None:
        options = (Option("F", "Fast", "go"), Option("S", "Slow", "go"))
        assert match_choice("go", options) is None
        assert match_choice("slow", options) is options[1]

    @given(
        st.lists(
            st.builds(Option, TEXTS, TEXTS, TEXTS),
            min_size=1,
            max_size=5,
        )
    )
    def test_every_option_is_found_again_by_its_answer_text(
        self, given_options: list[Option]
    ) -> None:
        options = tuple(given_options)
        for option in options:
            assert match_choice(answer_text(option, options), options) is option

    def test_answer_texts_prefer_what_people_would_write(self) -> None:
        alike = (Option("Y", "Yes", "a"), Option("Y", "Yellow", "b"), Option("Z", "", "c"))
        assert [answer_text(option, alike) for option in alike] == ["Yes", "Yellow", "Z"]
        twins = (Option("Y", "Yes", "a"), Option("Y", "Yes", "a"))
        assert [answer_text(option, twins) for option in twins] == ["1", "2"]


class TestWithoutATerminal:
    def test_auto_approve_takes_the_first_option(self) -> None:
        assert ask(AutoApprove(), question()) == [Answer("chosen", "Y", "auto")]

    def test_auto_approve_skips_what_has_no_options(self) -> None:
        assert ask(AutoApprove(), question(options=())) == [Answer("skipped", source="auto")]

    def test_park_leaves_every_question_open(self) -> None:
        assert ask(Park(), question()) == [Answer("parked", source="park")]

    def test_a_queue_gives_its_answers_in_order_then_skips(self) -> None:
        queue = Queue(["y", Answer("timeout"), "wait"])
        assert ask(queue, *(question(n) for n in range(4))) == [
            Answer("chosen", "y", "queue"),
            Answer("timeout"),
            Answer("chosen", "wait", "queue"),
            Answer("skipped", source="queue"),
        ]

    def test_a_recording_keeps_what_was_asked_and_answered(self) -> None:
        heard: list[tuple[Question, Answer]] = []
        recording = Recording(Queue(["y"]), lambda asked, answer: heard.append((asked, answer)))
        answers = ask(recording, question(1), question(2))
        assert recording.recordings == tuple(zip((question(1), question(2)), answers, strict=True))
        assert tuple(heard) == recording.recordings

    def test_a_callback_may_be_async(self) -> None:
        async def answer(asked: Question) -> Answer:
            return Answer("chosen", asked.options[-1].target)

        assert ask(Callback(answer), question()) == [Answer("chosen", "ask_2")]

    def test_a_callback_that_answers_with_something_else_is_told(self) -> None:
        wrong: Any = lambda _: "yes"  # noqa: E731 -- the type is the point
        with pytest.raises(TypeError, match="returned a str, not an answer"):
            ask(Callback(wrong), question())


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

    def test_without_options_any_text_is_an_answer(self, terminals: Any) -> None:
        asked = question(options=())
        assert ask(terminals("\n anything \n").console, asked)[0].text == "anything"


class TestTexts:
    def test_a_bare_label_is_shown_with_its_key(self) -> None:
        shown = question_text(question(options=(Option("Y", "Yes", "a"), Option("", "", "b"))))
        assert shown.splitlines()[1:] == ["  1. [Y] Yes", "  2. "]

    def test_a_question_of_a_branch_says_where_it_stands(self) -> None:
        assert "(/checks.1/lint/gate)" in question_text(question(path="/checks.1/lint"))

    def test_a_text_cannot_steer_the_terminal(self) -> None:
        shown = question_text(question(text="a\x1b[2Jb\rc\x07\nd\u202e"))
        assert shown.splitlines()[:2] == ["[?] a[2Jbc", "d  (gate)"]

    def test_the_choices_in_a_sentence(self) -> None:
        assert choices_text(OPTIONS[:2]) == "Y (yes, deploy), N (not yet)"
