"""Says in words what is wrong where a DOT file cannot be read on.

Apart from recovery, because what to say and how to go on are different questions. It sees
the token, a few before it and what the parser would have taken. It must not change anything.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from lark import Token

from ..diagnostic import Diagnostic, Edit, Fix, Related, Severity
from ..source import Source, Span
from .dot_lexer import span_of
from .dot_text import quote

_ARROWS = ("ARROW", "UNDIRECTED", "WRONG_ARROW")
_BARE_RUN = re.compile(r"[^\s,;\[\]\"]+")
_QUOTES = "\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019'`"


@dataclass(frozen=True, slots=True)
class Situation:
    """Where reading stopped.

    `token` is what nobody can take, `opening` the innermost open bracket (None outside of the
    graph), `before` the tokens before it (at most four), `accepts` what the parser would take.
    """

    token: Token
    opening: Token | None
    before: tuple[Token, ...]
    accepts: frozenset[str]

    def previous(self, back: int = 1) -> Token | None:
        """The token so many places before; None at the beginning of the file."""
        return self.before[-back] if len(self.before) >= back else None

    @property
    def in_list(self) -> bool:
        """Whether reading stopped inside of an attribute list."""
        return self.opening is not None and self.opening.type == "LBRACKET"


def complain(source: Source, at: Situation) -> Diagnostic:
    """The one finding about a place where reading stopped."""
    span = span_of(source, at.token)
    match at.token.type:
        case "UNCLOSED_STRING" | "RUN_ON_STRING":
            start = source.span(span.start, span.start + 1)
            return _error(start, "the text that begins here is never closed: a '\"' is missing")
        case "UNCLOSED_COMMENT":
            start = source.span(span.start, span.start + 2)
            return _error(start, "the comment that begins here is never closed: a '*/' is missing")
        case "BACK_ARROW":
            message = f"'{at.token}' is no edge: edges are written '->', from left to right"
            return _error(span, message)
        case "COLON" if "EQUAL" in at.accepts:
            fix = Fix("write '='", (Edit(span.start, span.end, "="),), safe=False)
            return _error(span, "a key and its value are joined by '=', not ':'", fix=fix)
        case "STRAY":
            return _stray(source, at)
        case "HTML":
            return _error(span, "HTML labels are refused; write a text in quotes")
    if at.opening is None and _closed(at):
        return _after_the_graph(source, at)
    if at.opening is None and at.before and at.before[0].type == "WORD":
        return no_graph(source, at.before[0])
    if at.in_list and at.token.line != (at.opening or at.token).line and _begins_anew(at.token):
        assert at.opening is not None
        place = Related("before this", span)
        message = "this '[' is never closed: a ']' is missing"
        return _error(span_of(source, at.opening), message, related=(place,))
    note = None
    previous = at.previous()
    if at.token.type in _ARROWS and previous is not None and previous.type == "RBRACKET":
        note = "the attributes of a chain stand once, at its end"
    return _error(span, f"expected {_expected(at)}, not {_found(at.token)}", note=note)


def no_graph(source: Source, first: Token | None) -> Diagnostic:
    """The finding about a file that begins with no graph; `first` is its first token."""
    if first is None:
        end = source.span(len(source.text), len(source.text))
        return _error(end, "expected 'digraph name { ... }', not the end of the file")
    message = f"a pipeline begins with 'digraph name {{', not {_found(first)}"
    return _error(span_of(source, first), message)


def _begins_anew(token: Token) -> bool:
    return token.type not in ("WORD", "STRING", "EQUAL", "PLUS", "COMMA", "SEMICOLON")


def _closed(at: Situation) -> bool:
    """Whether a graph has ended before this place, as far as the last tokens tell."""
    return any(token.type == "RBRACE" for token in at.before)


def _after_the_graph(source: Source, at: Situation) -> Diagnostic:
    closing = next(token for token in reversed(at.before) if token.type == "RBRACE")
    message = f"expected the end of the file after the graph, not {_found(at.token)}"
    place = Related("this '}' closes the graph", span_of(source, closing))
    return _error(span_of(source, at.token), message, related=(place,))


def _stray(source: Source, at: Situation) -> Diagnostic:
    span = span_of(source, at.token)
    char = at.token[0]
    if char in _QUOTES:
        return _error(span, f"a text is quoted with '\"', not with {char}")
    if unicodedata.category(char) in ("Cf", "Cc", "Co", "Cn", "Cs"):
        message = f"an invisible character (U+{ord(char):04X}) stands here; remove it"
        return _error(span, message)
    previous = at.previous()
    if previous is None or previous.type not in ("EQUAL", "WORD", "COLON"):
        return _error(span, f"expected {_expected(at)}, not {_found(at.token)}")
    start = span.start
    if previous.type != "EQUAL" and previous.end_pos == start:
        earlier = at.previous(2)
        joined = previous.type == "COLON" and earlier and earlier.end_pos == previous.start_pos
        start = ((earlier if joined and earlier else previous).start_pos) or 0
    elif previous.type != "EQUAL":
        return _error(span, f"expected {_expected(at)}, not {_found(at.token)}")
    run = _BARE_RUN.match(source.text, start)
    end = run.end() if run else span.end
    text = source.text[start:end]
    fix = Fix("put it in quotes", (Edit(start, end, quote(text)),), safe=False)
    message = (
        f"{_shown(text)} needs quotes: a bare value holds letters, digits, '_', '.', ':', '-' only"
    )
    return _error(source.span(start, end), message, fix=fix)


def _expected(at: Situation) -> str:
    previous = at.previous()
    if previous is None:
        return "'digraph name { ... }'"
    if previous.type == "EQUAL":
        return f"a value after '{at.previous(2) or ''}='"
    if previous.type == "PLUS":
        return "a text in quotes after '+'"
    if at.opening is None:
        return "a name or '{' after 'digraph'" if "WORD" in at.accepts else "'{' after the name"
    return _expected_in_list(at) if at.in_list else _expected_in_body(at, previous)


def _expected_in_list(at: Situation) -> str:
    if "EQUAL" in at.accepts:
        return f"'=', ',' or ']' after the key {_found(at.before[-1])}"
    if at.before[-1].type in ("LBRACKET", "COMMA", "SEMICOLON"):
        return "an attribute or ']'"
    equal, key = at.previous(2), at.previous(3)
    if equal is not None and equal.type == "EQUAL" and key is not None:
        return f"',' or ']' after the value of {_named(key)}"
    return "',' or ']' after the value"


def _expected_in_body(at: Situation, previous: Token) -> str:
    if previous.type in _ARROWS:
        return f"a node or a group after '{previous}'"
    if previous.type == "COMMA":
        return "a node after ','"
    if previous.type == "COLON":
        return "a port after ':'"
    if "EQUAL" in at.accepts:
        return f"'->', '[', '=' or the next statement after {_named(previous)}"
    if "LBRACKET" in at.accepts:
        return f"'->', '[' or the next statement after {_named(previous)}"
    if "LBRACE" in at.accepts and "WORD" not in at.accepts:
        return f"'{{' after {_named(previous)}"
    return "a statement"


def _named(token: Token) -> str:
    return _shown(token[1:-1] if token.type == "STRING" else token)


def _found(token: Token) -> str:
    return f"the text {_shown(token, '')}" if token.type == "STRING" else _shown(token)


def _shown(text: str, mark: str = "'") -> str:
    line = text.split("\n", 1)[0].rstrip("\r")
    short = line if len(line) <= 40 and line == text else f"{line[:37]}..."
    return f"{mark}{short}{mark}"


def _error(
    span: Span,
    message: str,
    *,
    fix: Fix | None = None,
    related: tuple[Related, ...] = (),
    note: str | None = None,
) -> Diagnostic:
    # What a file has between quotes or in an arrow may hold line breaks; a message is one line.
    line = re.sub(r"\s*\n\s*", " ", message)
    return Diagnostic("syntax", Severity.ERROR, span, line, related, note, fix)
