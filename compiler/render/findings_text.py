"""Findings as people read them: in full with the source line, or one line each.

Only layout: which findings there are, and where they go, is the caller's business. The
output depends on nothing but the arguments, so the same findings give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..diagnostic import Diagnostic, Related, Severity
from ..source import Source, Span
from .snippet import printable, snippet

_MESSAGE_LIMIT = 400
_RESET = "\x1b[0m"
_BOLD = "\x1b[1m"
_BLUE = "\x1b[1;34m"
_COLOUR = {
    Severity.ERROR: "\x1b[1;31m",
    Severity.WARNING: "\x1b[1;33m",
    Severity.INFO: "\x1b[1;36m",
}


def full(
    findings: Iterable[Diagnostic], sources: Mapping[str, Source], colour: bool = False
) -> str:
    """Every finding with its source line and carets; '' without findings.

    `sources` gives the text by file name; a file that is not in it is shown without text.
    """
    blocks = ("\n".join(_block(found, sources, colour)) for found in findings)
    return "".join(f"{block}\n\n" for block in blocks)


def concise(findings: Iterable[Diagnostic], colour: bool = False) -> str:
    """Every finding on one line; '' without findings."""
    return "".join(f"{_headline(found, colour)}\n" for found in findings)


def counts(findings: Iterable[Diagnostic]) -> str:
    """How many findings there are of each severity, the worst first, in words."""
    found = [item.severity for item in findings]
    words = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
    parts = [
        _plural(number, word)
        for severity, word in words.items()
        if (number := found.count(severity))
    ]
    return ", ".join(parts) or "no findings"


def summary(findings: Iterable[Diagnostic], files: int) -> str:
    """One line: how many findings of each severity, in how many files."""
    return f"{counts(findings)} in {_plural(files, 'file')}"


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _headline(found: Diagnostic, colour: bool) -> str:
    span = found.span
    place = f"{printable(span.file)}:{span.line}:{span.column}"
    kind = f"{found.severity}[{found.rule}]"
    message = printable(found.message, _MESSAGE_LIMIT)
    if colour:
        return f"{_BOLD}{place}:{_RESET} {_COLOUR[found.severity]}{kind}{_RESET} {message}"
    return f"{place}: {kind} {message}"


def _block(found: Diagnostic, sources: Mapping[str, Source], colour: bool) -> Iterator[str]:
    yield _headline(found, colour)
    source = sources.get(found.span.file)
    indent = 2
    if source is not None and source.text:
        lines = snippet(source, found.span)
        indent = lines[0].index("|")
        for line in lines:
            yield _painted(line, indent, _COLOUR[found.severity]) if colour else line
    for related in found.related:
        yield _footnote("note", f"{related.message} at {_place(related, found.span)}", indent)
    if found.help:
        yield _footnote("help", found.help, indent)
    elif found.fix:
        yield _footnote("help", found.fix.title, indent)


def _footnote(kind: str, text: str, indent: int) -> str:
    return f"{' ' * indent}= {kind}: {printable(text, _MESSAGE_LIMIT)}"


def _place(related: Related, about: Span) -> str:
    span = related.span
    place = f"{span.line}:{span.column}"
    return place if span.file == about.file else f"{printable(span.file)}:{place}"


def _painted(line: str, indent: int, colour: str) -> str:
    margin, text = line[: indent + 1], line[indent + 1 :]
    carets = bool(text.strip()) and not text.strip(" ^")
    text = f"{colour}{text}{_RESET}" if carets else text
    return f"{_BLUE}{margin}{_RESET}{text}"
