"""Choices of a question: which one a person's text means, and how they are shown.

Pure, and apart from the interviewers, because an answer may also come from another terminal
or out of a file. It must not know where a text came from.
"""

from __future__ import annotations

from collections.abc import Callable

from attractorc.compiler.plan.labels import match_text

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
        shown = f"[{option.key}] {option.label}" if bare and option.key else option.label
        lines.append(f"  {number}. {shown}")
    return "\n".join(_printable(line) for line in lines) + "\n"


def _printable(text: str) -> str:
    return "".join(char for char in text if char in "\n\t" or char.isprintable())
