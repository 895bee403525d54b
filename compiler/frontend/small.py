"""What the small languages share: their problems, and how their parsers are called.

Conditions, policies, stylesheets and inputs are texts inside attribute values. Their faults
are `Problem`s with offsets into that text; `narrowed` finds the same place in the file. It
must not know any of the languages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from ..source import Source, Span
from ..syntax import Mapping as SyntaxMapping
from ..syntax import Scalar, Sequence, Value

Words: TypeAlias = Mapping[str, str]

MAX_LENGTH = 20_000
MAX_DEPTH = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a text of a small language, at `text[start:end]`, and the mend."""

    message: str
    start: int = 0
    end: int = 0
    help: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """A problem of one value of a document: the value itself, or the scalar inside it."""

    value: Value
    problem: Problem

    def span(self, source: Source) -> Span:
        """The exact place in the file."""
        if isinstance(self.value, Scalar):
            return narrowed(
                source, self.value.span, self.value.text, self.problem.start, self.problem.end
            )
        return self.value.span


class Refused(Exception):
    """Carries a problem out of a parser's callbacks; never leaves this package."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class FaultFound(Exception):
    """Carries a fault out of the readers of values; never leaves this package."""

    def __init__(self, value: Value, problem: Problem) -> None:
        super().__init__(problem.message)
        self.fault = Fault(value, problem)


def parsed(
    language: str, start: str, starts: tuple[str, ...], text: str, builder: Any, words: Words
) -> Any:
    """What `builder` makes of a text, or a `Problem`.

    `builder` has a method for each rule of `grammar/<language>.lark`, which gets a list of
    children; `starts` are all the start rules of that grammar; `words` says in plain words
    what each terminal is.
    """
    from lark import exceptions

    from .grammars import grammar

    if len(text) > MAX_LENGTH:
        return Problem(f"the text is longer than {MAX_LENGTH} characters", 0, len(text))
    deep = _too_deep(text)
    if deep is not None:
        return Problem(f"nested more than {MAX_DEPTH} deep", deep, deep + 1)
    try:
        return grammar(language, starts, transformer=builder).parse(text, start=start)
    except Refused as refused:
        return refused.problem
    except exceptions.UnexpectedInput as error:
        return _unexpected(error, text, words)


def _too_deep(text: str) -> int | None:
    """The offset at which parentheses and `!` are nested too deep, or None."""
    if len(text) <= MAX_DEPTH:
        return None
    depth = bangs = 0
    for offset, char in enumerate(text):
        if char == "!":
            bangs += 1
        elif not char.isspace():
            bangs = 0
            depth += (char == "(") - (char == ")")
        if depth + bangs > MAX_DEPTH:
            return offset
    return None


def _unexpected(error: Any, text: str, words: Words) -> Problem:
    """A problem that says what was found and what would have gone there."""
    start = min(getattr(error, "pos_in_stream", None) or 0, len(text))
    token = getattr(error, "token", None)
    if token is not None and token.type == "$END":
        start = end = len(text.rstrip())
        found = "the end"
    else:
        piece = re.match(r"\w+|.", text[start:], re.S)
        end = start + (len(piece[0]) if piece else 0)
        if text[start : start + 1] in ("'", '"'):
            if token is None:
                return Problem("the quote is not closed", start, len(text))
            end = start + len(token)
        found = f"'{text[start:end]}'"
    expected = _in_words(_accepted(error), words)
    return Problem(f"expected {expected}, not {found}", start, end)


def _accepted(error: Any) -> set[str]:
    parser = getattr(error, "interactive_parser", None)
    if parser is not None:
        return set(parser.accepts())
    return set(getattr(error, "allowed", None) or getattr(error, "expected", ()) or ())


def _in_words(terminals: set[str], words: Words) -> str:
    said = list(dict.fromkeys(word for name, word in words.items() if name in terminals))
    if "$END" in terminals:
        said.append("the end")
    if not said:
        return "something else"
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} or {said[-1]}"


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\", "/": "/"}


def narrowed(source: Source, span: Span, text: str, start: int, end: int) -> Span:
    """The place in the file of `text[start:end]`, where `text` is the value that `span` writes.

    The whole span where escapes, folding or joined strings leave more than one reading.
    """
    raw = source.text[span.start : span.end]
    places = _aligned(raw, text)
    if places is None:
        return span
    first, last = min(start, len(text)), min(max(start, end), len(text))
    return source.span(span.start + places[first], span.start + places[last])


@lru_cache(maxsize=4)  # a long text is asked for once for each finding in it
def _aligned(raw: str, text: str) -> tuple[int, ...] | None:
    """For each offset into `text`, and for its end, the offset into `raw`; None if unclear."""
    quoted = len(raw) >= 2 and raw[0] == raw[-1] and raw[0] in "\"'"
    inner, shift = (raw[1:-1], 1) if quoted else (raw, 0)
    if inner == text:
        return tuple(range(shift, shift + len(text) + 1))
    if not quoted:
        return None
    places: list[int] = []
    at = 0
    for char in text:
        while inner[at : at + 2] in ("\\\n", "\\\r"):
            at += 2
        if at >= len(inner):
            return None
        places.append(at + shift)
        if inner[at] == "\\" and _ESCAPES.get(inner[at + 1 : at + 2]) == char:
            at += 2
        elif inner[at] == char:
            at += 2 if char == raw[0] == inner[at + 1 : at + 2] else 1
        else:
            return None
    return (*places, at + shift) if at == len(inner) else None


def scalar(value: Value, what: str) -> Scalar:
    """The value as a scalar, or `FaultFound` that says what was expected there."""
    if isinstance(value, Scalar):
        if value.scalar == "null" and not value.quoted:
            raise FaultFound(value, Problem(f"{what} has no value", 0, len(value.text)))
        return value
    written = "a list" if isinstance(value, Sequence) else "a mapping"
    raise FaultFound(value, Problem(f"{what} cannot be {written}"))


def entry(value: SyntaxMapping, what: str) -> tuple[str, Value]:
    """The only entry of a mapping, or `FaultFound`."""
    if len(value.entries) != 1:
        raise FaultFound(value, Problem(f"{what} needs exactly one entry here"))
    name, inner = value.entries[0]
    return name.text, inner


_PLAIN = {"n": "\n", "t": "\t", '"': '"', "'": "'", "\\": "\\"}


def unquoted(token: str) -> str:
    """The text of a quoted token; an unknown escape keeps its backslash."""
    body = token[1:-1]
    if "\\" not in body:
        return body
    return re.sub(r"\\(.)", lambda found: _PLAIN.get(found[1], found[0]), body, flags=re.S)
