"""Forms of questions: words, yes or no, several options; what an answer is, and where it leads."""

from __future__ import annotations

from typing import Any

import pytest

from attractorc.compiler.plan.model import Human, HumanForm
from attractorc.interpreter.choices import accepted, match_choices
from attractorc.interpreter.ports import Answer, Option, Question
from attractorc.interpreter.records import InterviewLifecycle
from attractorc.interpreter.stores.memory import MemoryStore

from .pipelines import Nobody, Says, plan, run, step, to, when

FRUIT = tuple(Option(str(n), text, text) for n, text in enumerate(("apple", "pear", "plum"), 1))
SEVERAL = {
    "by number": ("1, 3", ("apple", "plum")),
    "by label, in any order": ("plum,apple", ("apple", "plum")),
    "once, however often": ("1,apple,1", ("apple",)),
    "by a beginning": ("ap", ("apple",)),
    "one": ("pear", ("pear",)),
    "none": ("None", ()),
    "one that is ambiguous": ("1,p", None),
    "one that is not there": ("1, 4", None),
    "nothing": (" , ", None),
}


@pytest.mark.parametrize(("text", "meant"), SEVERAL.values(), ids=SEVERAL)
def test_several_options_are_named_with_commas(text: str, meant: tuple[str, ...] | None) -> None:
    found = match_choices(text, FRUIT)
    assert (None if found is None else tuple(one.label for one in found)) == meant


def test_what_is_kept_of_an_answer_is_accepted_again() -> None:
    for text, _ in SEVERAL.values():
        asked = Question("/q.1", "?", FRUIT, "q", "", form="multiple")
        kept = accepted(text, asked)
        assert kept is None or accepted(kept, asked) == kept


def gate(form: HumanForm, *routes: Any, **fields: Any) -> Any:
    """A gate of a form, then `yes` or `no` (or whatever its routes say)."""
    work = Human(("Well?",), fields.pop("default", None), form, fields.pop("options", ()))
    return plan(
        step("ask", *(routes or ("yes",)), work=work, **fields),
        step("yes", "exit"),
        step("no", "exit"),
    )


def test_words_are_kept_under_the_gates_key_and_under_the_one_that_it_declares() -> None:
    came = run(gate("freeform", writes=("name",)), {}, interviewer=Says("  call it Bob "))
    assert came.result.status == "success"
    assert came.context["human.gate.text"] == came.context["name"] == "call it Bob"


def test_words_may_be_called_like_anything_even_skipped() -> None:
    came = run(gate("freeform", writes=("name",)), {}, interviewer=Says("skipped"))
    assert came.context["name"] == "skipped"


def test_no_words_are_no_answer() -> None:
    came = run(gate("freeform"), {}, interviewer=Says("   "))
    assert came.result.reason == "the answer to 'ask' holds no words"


def test_several_options_are_a_list_in_the_order_of_the_question() -> None:
    made = gate("multiple", options=("apple", "pear", "plum"), writes=("fruit",))
    came = run(made, {}, interviewer=Says("plum, 1"))
    assert came.context["fruit"] == came.context["human.gate.selected"] == ["apple", "plum"]
    assert came.context["human.gate.label"] == "apple, plum"
    (answer,) = came.of(InterviewLifecycle, "completed")
    assert (answer.answer, answer.selected, answer.form) == ("1, 3", "apple, plum", "multiple")


def test_none_of_the_options_is_an_empty_list() -> None:
    made = gate("multiple", options=("apple", "pear"))
    assert run(made, {}, interviewer=Says("none")).context["human.gate.selected"] == []


def test_an_answer_that_names_another_option_fails_the_gate_and_lists_them() -> None:
    made = gate("multiple", options=("apple", "pear"))
    came = run(made, {}, interviewer=Says("1, kiwi"))
    assert came.result.reason == ("the answer '1, kiwi' is no choice of 'ask': 1 (apple), 2 (pear)")


YES_NO = {
    "yes goes by the edge that is called so": ("y", (to("yes", "Yes"), to("no", "No")), "yes"),
    "no goes by the edge that is called so": ("no", (to("yes", "Yes"), to("no", "[N] No")), "no"),
    "yes goes on where no edge is called so": ("yes", ("yes",), "yes"),
    "no is a failure where no edge is called so": (
        "n",
        (to("yes"), to("no", condition=when("outcome", "fail"))),
        "no",
    ),
    "a condition may ask for the answer": (
        "no",
        (to("no", condition=when("human.gate.selected", "no")), to("yes")),
        "no",
    ),
}


@pytest.mark.parametrize(("text", "routes", "ran"), YES_NO.values(), ids=YES_NO)
def test_yes_or_no(text: str, routes: Any, ran: str) -> None:
    came = run(gate("confirm", *routes), {}, interviewer=Says(text))
    assert (came.result.status, came.handler.ran) == ("success", [ran])


def test_a_no_that_nothing_routes_fails_the_run_and_says_who_said_it() -> None:
    came = run(gate("confirm"), {}, interviewer=Says("no"))
    assert came.result.reason == "a person answered 'ask' with no"


class Late:
    """An interviewer whom nobody answers in time."""

    async def ask(self, question: Question) -> Answer:
        return Answer("timeout")


DEFAULTS: dict[str, tuple[HumanForm, str | None, dict[str, Any] | str]] = {
    "words": ("freeform", "Bob", {"human.gate.text": "Bob"}),
    "yes": ("confirm", "yes", {"human.gate.selected": "yes"}),
    "several": ("multiple", "pear, 1", {"human.gate.selected": ["apple", "pear"]}),
    "words without a default": (
        "freeform",
        None,
        "gave up after 1 try: nobody answered 'ask' in time, and it has no default",
    ),
}


@pytest.mark.parametrize(("form", "default", "left"), DEFAULTS.values(), ids=DEFAULTS)
def test_a_default_is_taken_when_nobody_answers_in_time(
    form: HumanForm, default: str | None, left: dict[str, Any] | str
) -> None:
    made = gate(form, default=default, options=("apple", "pear") if form == "multiple" else ())
    came = run(made, {}, interviewer=Late())
    if isinstance(left, str):
        assert came.result.reason == left
    else:
        assert came.context.items() >= left.items()


@pytest.mark.parametrize(
    ("form", "text"), [("freeform", "Bob"), ("confirm", "no"), ("multiple", "2")]
)
def test_each_form_parks_is_answered_later_and_is_resumed(form: HumanForm, text: str) -> None:
    store = MemoryStore()
    made = gate(form, to("yes", "Yes"), to("no", "No"), options=("a", "b"))
    parked = run(made, {}, store=store, interviewer=Nobody())
    assert parked.result.questions == ("/ask.1",)
    store.post("run-1", "answer", {"question": "/ask.1", "choice": text}, "2026")
    assert run(made, {}, store=store, resume=True).result.status == "success"


def test_several_options_that_are_none_fail_the_gate() -> None:
    came = run(gate("multiple"), {})
    assert came.result.reason == "the human gate 'ask' has no options to choose from"
