"""Reads any DOT by its grammar, and goes on after syntax errors.

Parses by `dot.lark`, recovers and builds the document; each of these steps is a module of its
own. What this module says about a file is what counts; it is apart from `dot` because most
files need neither it nor Lark. It must not know what any attribute means.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from lark import Token, Tree
from lark.exceptions import UnexpectedToken
from lark.parsers.lalr_interactive_parser import InteractiveParser

from ..diagnostic import Diagnostic, ordered
from ..source import Source
from ..syntax import Document
from .dot_builder import DotBuilder
from .dot_complaint import no_graph
from .dot_lexer import DotLexer, GaveUp, Scan
from .dot_recovery import Recovery
from .grammars import grammar


def parse_dot(source: Source) -> tuple[Document | None, tuple[Diagnostic, ...]]:
    """The document of a DOT file and all findings; no document only with an error.

    After syntax errors the document holds what could be read. Never raises, whatever the text.
    """
    scan = Scan(source)
    parser = grammar("dot", lexer=DotLexer).parse_interactive(scan)
    recovery = Recovery(source, scan, parser)
    try:
        tree = _parsed(parser, recovery)
    except GaveUp as limit:
        return None, ordered([*recovery.told, limit.finding])
    if tree is None:
        return None, ordered(recovery.told)
    builder = DotBuilder(source)
    document = builder.document(tree, tuple(scan.comments))
    if document is None and not recovery.findings:
        return None, (no_graph(source, None),)
    return document, _without_echoes(recovery, builder.findings)


def _without_echoes(recovery: Recovery, built: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """All findings; where a quote is missing, of its line the first one only, and none behind."""
    told = recovery.told
    if told is recovery.findings:
        return ordered([*told, *built])
    line = told[-1].span.line
    found = ordered([*told, *(each for each in built if each.span.line <= line)])
    first = next(each for each in found if each.span.line == line)
    return (*(each for each in found if each.span.line < line), first)


def _parsed(parser: InteractiveParser, recovery: Recovery) -> Tree[Token] | None:
    while True:
        try:
            return cast("Tree[Token]", parser.resume_parse())  # type: ignore[no-untyped-call]
        except UnexpectedToken as error:
            if not recovery.recover(error):
                return None
