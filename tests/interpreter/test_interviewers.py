"""Interviewers: one contract for all, and each one's own way of answering."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from attractorc.compiler.plan.model import HumanForm
from attractorc.interpreter.choices import CONFIRM, accepted
from attractorc.interpreter.handlers.interviewers import (
    AutoApprove,
    Callback,
    Park,
    Queue,
    Recording,
    match_choice,
)
from attractorc.interpreter.ports import Answer, Interviewer, Option, Question

from .asking import OPTIONS, YES, Terminal, ask, question
from .fakes import FakeInterviewer


@pytest.fixture
def terminals() -> Iterator[Callable[..., Terminal]]:
    made: list[Terminal] = []

    def make(*args: Any, **options: Any) -> Terminal:
        made.append(Terminal(*args, **options))
        return made[-1]

    yield make
    for terminal in made:
        terminal.close()


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


FORMS: dict[HumanForm, tuple[tuple[Option, ...], str]] = {
    "choice": (OPTIONS, "y"),
    "confirm": (CONFIRM, "yes"),
    "freeform": ((), "in my own words"),
    "multiple": (OPTIONS, "n, y"),
}
EVERYBODY: dict[str, Callable[[str, Callable[..., Terminal]], Interviewer]] = {
    "auto approve": lambda _text, _: AutoApprove(),
    "park": lambda _text, _: Park(),
    "queue": lambda text, _: Queue([text]),
    "bound queue": lambda text, _: Queue([], {"gate": [text]}),
    "callback": lambda text, _: Callback(lambda _: Answer("chosen", text)),
    "recording": lambda text, _: Recording(Queue([text])),
    "console": lambda text, terminals: terminals(f"\n{text}\n").console,
    "the fake": lambda text, _: FakeInterviewer({"gate": Answer("chosen", text)}),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("make", EVERYBODY.values(), ids=EVERYBODY)
def test_everybody_answers_every_form_of_a_question(
    make: Callable[[str, Callable[..., Terminal]], Interviewer],
    form: HumanForm,
    terminals: Callable[..., Terminal],
) -> None:
    options, text = FORMS[form]
    asked = replace(question(options=options), form=form)
    (answer,) = ask(make(text, terminals), asked)
    if answer.kind == "chosen":
        assert accepted(answer.text, asked) is not None
    else:
        assert answer == Answer("parked", source="park")


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


class TestWithoutATerminal:
    def test_auto_approve_takes_the_first_option(self) -> None:
        assert ask(AutoApprove(), question()) == [Answer("chosen", "Y", "auto")]

    def test_auto_approve_skips_what_has_no_options(self) -> None:
        assert ask(AutoApprove(), question(options=())) == [Answer("skipped", source="auto")]

    def test_a_queue_keeps_bound_answers_for_their_questions(self) -> None:
        queue = Queue(["y"], {"/gate.2": ["n"], "gate": ["a"]})
        asked = [question(number) for number in (1, 2, 3, 4)]
        assert [answer.text for answer in ask(queue, *asked)] == ["a", "n", "y", ""]

    def test_park_leaves_every_question_open(self) -> None:
        assert ask(Park(), question()) == [Answer("parked", source="park")]

    def test_a_queue_gives_its_answers_in_order_then_skips(self) -> None:
        queue = Queue(["y", Answer("timeout"), "wait"])
        assert ask(queue, *(question(n) for n in range(4))) == [
            Answer("chosen", "y", "queue"),
            Answer("timeout"),
            Answer("chosen", "wait", "queue"),
            Answer("skipped", source="queue: no answer is left"),
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
