"""Cuts DOT into tokens by the terminals of `dot.lark`, one file at a time.

Lark's own lexer keeps nothing of a file but its place. This one also keeps the comments,
the last few tokens (for "expected ... after ...") and the limits, and recovery can move it.
Every text can be cut: what fits nothing is a `STRAY`. It must not know the grammar's rules.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import Any

from lark.common import LexerConf
from lark.lexer import Lexer, LexerState, Token

from ..diagnostic import Diagnostic, Severity
from ..source import Source, Span
from ..syntax import Comment

MAX_DEPTH = 64
MAX_TOKENS = 1_000_000
_COMMENTS = frozenset({"LINE_COMMENT", "BLOCK_COMMENT"})
_OVER_LINES = frozenset(
    {"BLANK", "BLOCK_COMMENT", "STRING", "HTML", "RUN_ON_STRING", "STRAY"}
    | {"UNCLOSED_STRING", "UNCLOSED_COMMENT", "WRONG_ARROW"}
)


class GaveUp(Exception):
    """The file goes beyond a limit; `finding` says which, and where."""

    def __init__(self, finding: Diagnostic) -> None:
        super().__init__(finding.message)
        self.finding = finding


class Scan:
    """Where the lexer is in one file, and what it met so far."""

    __slots__ = ("comments", "given", "line", "line_start", "position", "recent", "source")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.position = 0
        self.line = 1
        self.line_start = 0
        self.given = 0
        self.comments: list[Comment] = []
        self.recent: deque[Token] = deque(maxlen=5)

    def count(self, start: int, stop: int) -> None:
        """Count a token or a comment; raises `GaveUp` beyond the limit."""
        self.given += 1
        if self.given > MAX_TOKENS:
            message = f"the file has more than {MAX_TOKENS:,} words and signs; it is not read"
            span = self.source.span(start, stop)
            raise GaveUp(Diagnostic("too_large", Severity.ERROR, span, message))

    def move(self, position: int) -> None:
        """Go on, or back, to an offset; comments after it will be met again."""
        self.position = position
        self.line, column = self.source.position(position)
        self.line_start = position - column + 1
        while self.comments and self.comments[-1].span.start >= position:
            self.comments.pop()
        while self.recent and (self.recent[-1].start_pos or 0) >= position:
            self.recent.pop()


def span_of(source: Source, token: Token) -> Span:
    """The place of a token."""
    return Span(
        source.name,
        token.start_pos or 0,
        token.end_pos or 0,
        token.line or 1,
        token.column or 1,
        token.end_line or 1,
        token.end_column or 1,
    )


def token_at(source: Source, kind: str, text: str, start: int, end: int) -> Token:
    """A token that is given a place in the file, whatever stands there."""
    span = source.span(start, end)
    return Token(kind, text, start, span.line, span.column, span.end_line, span.end_column, end)


class DotLexer(Lexer):
    """The lexer that Lark is given; its input is a `Scan`."""

    __future_interface__ = 2

    def __init__(self, conf: LexerConf) -> None:
        terminals = sorted(
            conf.terminals,
            key=lambda terminal: (-terminal.priority, -len(terminal.pattern.value), terminal.name),
        )
        self._match = re.compile(
            "|".join(f"(?P<{each.name}>{each.pattern.to_regexp()})" for each in terminals)
        ).match
        self._ignored = frozenset(conf.ignore)

    def lex(self, lexer_state: LexerState, parser_state: Any) -> Iterator[Token]:
        """The tokens from where the scan is; white space and comments are not among them."""
        scan: Scan = lexer_state.text  # type: ignore[assignment]
        text, match = scan.source.text, self._match
        while found := match(text, scan.position):
            kind, value = found.lastgroup or "STRAY", found.group()
            start, line, line_start = scan.position, scan.line, scan.line_start
            scan.position = stop = found.end()
            if kind in _OVER_LINES and (lines := value.count("\n")):
                scan.line += lines
                scan.line_start = start + value.rindex("\n") + 1
            if kind in self._ignored:
                if kind in _COMMENTS:
                    scan.count(start, stop)
                    scan.comments.append(Comment(value, scan.source.span(start, stop)))
                continue
            token = Token(
                kind,
                value,
                start,
                line,
                start - line_start + 1,
                scan.line,
                stop - scan.line_start + 1,
                stop,
            )
            scan.count(start, stop)
            if kind == "LBRACE":
                _check_depth(scan, token, parser_state)
            scan.recent.append(token)
            lexer_state.last_token = token
            yield token


def _check_depth(scan: Scan, token: Token, parser_state: Any) -> None:
    values = parser_state.value_stack
    depth = sum(1 for value in values if isinstance(value, Token) and value.type == "LBRACE")
    if depth > MAX_DEPTH:
        message = f"groups are nested more than {MAX_DEPTH} deep here; the file is not read"
        raise GaveUp(Diagnostic("syntax", Severity.ERROR, span_of(scan.source, token), message))
