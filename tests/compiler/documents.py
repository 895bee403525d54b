"""Documents and findings as short text, so that a test can say what it expects at a glance.

Shared by the tests of both front ends. It must not leave out anything that a later step
reads, except places, which have tests of their own.
"""

from __future__ import annotations

from attractorc.compiler.diagnostic import Diagnostic
from attractorc.compiler.source import Source
from attractorc.compiler.syntax import (
    Attribute,
    DefaultsStatement,
    Document,
    EdgeStatement,
    GraphStatement,
    Mapping,
    Name,
    NodeStatement,
    Scalar,
    Sequence,
    Statement,
    Subgraph,
    Value,
)


def outline(document: Document | None) -> list[str]:
    """One line for each statement; no lines without a document."""
    return [] if document is None else [_statement(each) for each in document.statements]


def told(findings: tuple[Diagnostic, ...]) -> list[str]:
    """One line for each finding: line, column, rule and message."""
    return [
        f"{found.span.line}:{found.span.column} {found.rule}: {found.message}" for found in findings
    ]


def mended(source: Source, finding: Diagnostic) -> str:
    """The text with a finding's fix applied."""
    assert finding.fix is not None
    text = source.text
    for edit in sorted(finding.fix.edits, key=lambda each: each.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def check_places(source: Source, findings: tuple[Diagnostic, ...]) -> None:
    """Hold every finding to the text: places inside of it, lines and columns that agree."""
    for found in findings:
        for span in (found.span, *(related.span for related in found.related)):
            assert 0 <= span.start <= span.end <= len(source.text), found
            assert span == source.span(span.start, span.end), found


def _statement(statement: Statement) -> str:
    match statement:
        case GraphStatement():
            return f"graph {_attributes(statement.attributes)}"
        case DefaultsStatement():
            return f"{statement.of} {_attributes(statement.attributes)}"
        case NodeStatement():
            mark = "(implicit) " if statement.implicit else ""
            return f"{mark}{statement.id.text} {_attributes(statement.attributes)}".rstrip()
        case EdgeStatement():
            ends = " -> ".join(_end(end) for end in statement.ends)
            return f"{ends} {_attributes(statement.attributes)}".rstrip()
        case Subgraph():
            inside = "; ".join(_statement(each) for each in statement.statements)
            return f"{statement.id.text if statement.id else ''}{{{inside}}}"


def _end(end: Name | Subgraph) -> str:
    return end.text if isinstance(end, Name) else _statement(end)


def _attributes(attributes: tuple[Attribute, ...]) -> str:
    if not attributes:
        return ""
    return "[" + ", ".join(f"{each.key.text}={value(each.value)}" for each in attributes) + "]"


def value(given: Value) -> str:
    """A value: texts in quotes where they were quoted, else with their type."""
    match given:
        case Scalar():
            if given.quoted:
                return repr(given.text)
            return given.text if given.scalar == "str" else f"{given.text}:{given.scalar}"
        case Sequence():
            return "[" + ", ".join(value(item) for item in given.items) + "]"
        case Mapping():
            entries = (f"{key.text}: {value(item)}" for key, item in given.entries)
            return "{" + ", ".join(entries) + "}"
