"""The canonical layout of a pipeline file, proven to say what the file said.

Lays out by the file's language, then reads the result again: the same document but for the
places, and the same comments, or no text at all. It must not know a graph or a plan.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from ..diagnostic import Diagnostic, has_errors
from ..frontend import Language, language_of, read
from ..source import Source, Span
from ..syntax import Document


@dataclass(frozen=True, slots=True)
class LaidOut:
    """The text in its canonical layout; None if the file was left alone.

    Then `findings` are its errors, or `reason` says what is not laid out.
    """

    text: str | None
    findings: tuple[Diagnostic, ...] = ()
    reason: str = ""


def laid_out(source: Source, language: Language | None = None) -> LaidOut:
    """A file in its canonical layout; its name and its beginning tell an unsaid language."""
    language = language or language_of(source.name, source.text)
    document, found = read(source, language)
    if document is None or has_errors(found):
        return LaidOut(None, found)
    text = source.text.replace("\r\n", "\n")
    try:
        result = _laid_out(text, language)
    except ValueError as refused:
        return LaidOut(None, reason=str(refused))
    again, _ = read(Source(source.name, result), language)
    if again is None or not same_document(document, again):
        return LaidOut(None, reason="its layout would change what it says")
    return LaidOut(result)


def _laid_out(text: str, language: Language) -> str:
    """The layout itself; raises a `ValueError` that says what cannot be laid out."""
    if language == "dot":
        from .layout_dot import layout_dot

        return layout_dot(text)
    from .layout_yaml import layout_yaml

    return layout_yaml(text)


def same_document(one: Document, other: Document) -> bool:
    """Whether two documents hold the same statements and comments, wherever they stand."""
    same = _bare(one.statements) == _bare(other.statements)
    return same and one.name.text == other.name.text and _said(one) == _said(other)


def _said(document: Document) -> Counter[str]:
    """The comments' texts; how a comment over several lines is indented is layout."""
    comments = (comment.text for comment in document.comments)
    return Counter("\n".join(map(str.strip, text.splitlines())) for text in comments)


def _bare(part: Any) -> Any:
    """A part of a document without its places."""
    if isinstance(part, Span):
        return None
    if isinstance(part, tuple):
        return tuple(_bare(each) for each in part)
    if not is_dataclass(part):
        return part
    values = (_bare(getattr(part, each.name)) for each in fields(part))
    return (type(part).__name__, *values)
