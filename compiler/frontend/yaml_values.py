"""The text of a YAML file as values, with its comments: parser, composer and layout together.

A text that is no YAML gives one finding and no value; all else that is wrong with it as
YAML is found at once. It must not know what a pipeline is.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..diagnostic import Diagnostic, Severity
from ..source import Source
from ..syntax import Comment, Value
from .yaml_complaint import complain, unacceptable
from .yaml_composer import Composer, GaveUp
from .yaml_events import UNACCEPTABLE, Broken, events

MAX_LENGTH = 10_000_000
MAX_RETRIED = 200_000


@dataclass(frozen=True, slots=True)
class Composed:
    """What a file holds; `value` is None if it is empty, or with findings if it is broken."""

    value: Value | None
    comments: tuple[Comment, ...] = ()
    findings: tuple[Diagnostic, ...] = ()


def compose(source: Source, *, pure: bool = False) -> Composed:
    """The value of a file's one document. `pure` asks for the slower Python parser.

    What the C parser refuses the Python one may take (`[a:b]`), so that it has the last word,
    unless the file is so large that this would take long.
    """
    if len(source.text) > MAX_LENGTH:
        message = f"the file has more than {MAX_LENGTH:,} characters; it is not read"
        found = Diagnostic("too_large", Severity.ERROR, source.span(0, 0), message)
        return Composed(None, (), (found,))
    wrong = UNACCEPTABLE.search(source.text)
    if wrong is not None:
        return Composed(None, (), (unacceptable(source, wrong.start()),))
    if not pure and len(source.text) <= MAX_RETRIED:
        try:
            return _composed(source, Composer(source), pure=False)
        except Broken:
            pure = True
    composer = Composer(source)
    try:
        return _composed(source, composer, pure=pure)
    except Broken as fault:
        return Composed(None, (), _until(_first(source, composer, fault), composer))


def _composed(source: Source, composer: Composer, *, pure: bool) -> Composed:
    """What the events give; raises `Broken` where the text is no YAML."""
    try:
        for event in events(source.text, pure=pure):
            composer.feed(event)
            if composer.finished:
                break
    except GaveUp as limit:
        return Composed(None, (), _until(limit.finding, composer))
    end = composer.end if composer.finished else len(source.text)
    tab = composer.layout.first_tab(source, end)
    if tab is not None:
        return Composed(None, (), _until(tab, composer))
    comments = composer.layout.comments(source)
    value = None if composer.broken else composer.root
    return Composed(value, comments, tuple(composer.findings))


def _first(source: Source, composer: Composer, fault: Broken) -> Diagnostic:
    """The finding about what is wrong first: a tab that one parser took, or the fault."""
    end = fault.index
    if fault.context.startswith("while scanning") and fault.context_index is not None:
        end = min(end, fault.context_index)
    return composer.layout.first_tab(source, end) or complain(source, fault, composer.unclosed)


def _until(last: Diagnostic, composer: Composer) -> tuple[Diagnostic, ...]:
    """What was found before the place where reading ends, and what ends it."""
    before = (found for found in composer.findings if found.span.start < last.span.start)
    return (*before, last)
