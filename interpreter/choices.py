"""Choices of a question: which one a person's text means, and how they are shown.

Pure, and apart from the interviewers, because an answer may also come from another terminal
or out of a file. It must not know where a text came from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from attractorc.compiler.plan.labels import match_text
from attractorc.compiler.value import duration_text

from .ports import Option, Question


def match_choice(text: str, options: tuple[Option, ...]) -> Option | None:
    """The option that `text` means, None if none or more than one.

    In this order, upper or lower case: accelerator key, label (as written, or without its
    accelerator), target node, number from 1 (`2` or `2.`), beginning of a label. Each must
    be met by exactly one option, else the next is tried.
    """
    wanted = text.strip().casefold()
    if not wanted:
        return None
    tests: tuple[Callable[[int, Option], bool], ...] = (
        lambda _, option: option.key.casefold() == wanted,
        lambda _, option: option.label.strip().casefold() == wanted,
        lambda _, option: match_text(option.label).casefold() == wanted,
        lambda _, option: option.target.casefold() == wanted,
        lambda number, _: wanted in (str(number), f"{number}."),
        lambda _, option: match_text(option.label).casefold().startswith(wanted),
    )
    for test in tests:
        met = [option for number, option in enumerate(options, 1) if test(number, option)]
        if len(met) == 1:
            return met[0]
    return None


CONFIRM = (Option("Y", "Yes", "yes"), Option("N", "No", "no"))
"""The choices of a question that is answered with yes or no."""

NONE = "none"
"""What is written to choose nothing where several options may be chosen."""


def match_choices(text: str, options: tuple[Option, ...]) -> tuple[Option, ...] | None:
    """The options that a text with commas means, in their own order; None if a part means none.

    `none` means no option, if none of them is called so.
    """
    whole = match_choice(text, options)
    if whole is not None:
        return (whole,)
    if text.strip().casefold() == NONE:
        return ()
    met = [match_choice(part, options) for part in text.split(",") if part.strip()]
    if not met or None in met:
        return None
    return tuple(option for option in options if option in met)


def accepted(text: str, question: Question) -> str | None:
    """The answer that a text is to a question, in the words in which it is kept; None if none."""
    options = question.options
    match question.form:
        case "freeform":
            return text.strip() or None
        case "multiple":
            several = match_choices(text, options)
            if several is None:
                return None
            return ", ".join(answer_text(one, options) for one in several) or NONE
        case "choice" | "confirm":
            option = match_choice(text, options)
            if option is None and not options:
                return text.strip() or None
            return None if option is None else answer_text(option, options)
    assert_never(question.form)


def shown_text(answer: str | None, question: Question) -> str | None:
    """An accepted answer as people read it: labels, where it names several options."""
    if answer is None or question.form != "multiple":
        return answer
    several = match_choices(answer, question.options) or ()
    return ", ".join(one.label for one in several) or NONE


def wanted_text(question: Question) -> str:
    """What is asked for where an answer is none, as the end of a sentence."""
    choices = choices_text(question.options)
    match question.form:
        case "freeform":
            return "write something"
        case "multiple":
            return f"choose any of {choices}, with commas between, or none"
        case "choice" | "confirm":
            return f"choose one of {choices}"
    assert_never(question.form)


def answer_text(option: Option, options: tuple[Option, ...]) -> str:
    """A text that `match_choice` takes for this option: its key, label, target or number."""
    number = next(i for i, other in enumerate(options, 1) if other is option)
    for text in (option.key, option.label, option.target, str(number)):
        if match_choice(text, options) is option:
            return text
    return f"{number}."


def choices_text(options: tuple[Option, ...]) -> str:
    """The choices in a sentence: `Y (Yes), N (Run again)`."""
    return ", ".join(f"{option.key} ({match_text(option.label)})" for option in options)


def question_text(question: Question) -> str:
    """A question for a terminal: text, place, and one line for each choice.

    Control characters are left out: a text may come from a model, and must not steer the
    terminal.
    """
    place = f"{question.path}/{question.node_id}" if question.path else question.node_id
    lines = [f"[?] {question.text}  ({place})"]
    for number, option in enumerate(question.options, 1):
        bare = match_text(option.label) == option.label.strip().lower()
        named = bare and option.key and option.key != str(number)
        shown = f"[{option.key}] {option.label}" if named else option.label
        lines.append(f"  {number}. {shown}")
    if note := _time_note(question):
        lines.append(f"  ({note})")
    return "\n".join(_printable(line) for line in lines) + "\n"


def default_text(question: Question) -> str:
    """What is taken when nobody answers in time, as it is shown; '' if nothing is."""
    if question.default is None or question.form != "choice":
        return question.default or ""
    for option in question.options:
        if question.default in (option.target, option.label, option.key):
            return match_text(option.label) or option.label
    return ""


def _time_note(question: Question) -> str:
    if question.timeout_ms is None:
        return ""
    default = default_text(question)
    then = f"{default} is taken" if default else "it goes on without an answer"
    return f"after {duration_text(question.timeout_ms)} {then}"


def _printable(text: str) -> str:
    return "".join(char for char in text if char in "\n\t" or char.isprintable())
