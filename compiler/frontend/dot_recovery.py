"""Goes on after a syntax error in DOT, so that one run reports every fault of a file.

Each error is mended as its author most likely meant (a bracket supplied, a text closed at
its line end), or the broken piece is replaced by ERROR and reading goes on behind it.
What to say about it is `dot_complaint`'s. It must not know the document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lark import Token, Tree
from lark.exceptions import UnexpectedToken
from lark.parsers.lalr_interactive_parser import InteractiveParser

from ..diagnostic import Diagnostic, Severity
from ..source import Source
from .dot_complaint import Situation, complain, no_graph
from .dot_lexer import MAX_DEPTH, GaveUp, Scan, span_of, token_at

MAX_ERRORS = 50
_ENDS_A_LIST = frozenset(
    {"ARROW", "UNDIRECTED", "WRONG_ARROW", "LBRACE", "RBRACE", "LBRACKET", "$END"}
    | {"GRAPH_ATTRS", "NODE_ATTRS", "EDGE_ATTRS"}
)
_CLOSING = {"LBRACE": "RBRACE", "LBRACKET": "RBRACKET"}
_QUOTE = re.compile(r"(?<!\\)\"")
_END_OF_VALUE = re.compile(r"[\s;,\]]*$")


class Recovery:
    """Recovers one file's parse; `findings` are the syntax errors met so far."""

    def __init__(self, source: Source, scan: Scan, parser: InteractiveParser) -> None:
        self._source = source
        self._scan = scan
        self._parser = parser
        self._state: Any = parser.parser_state
        self._cut_short = False
        self._calls = 0
        self._open_text: int | None = None
        self.findings: list[Diagnostic] = []

    @property
    def told(self) -> list[Diagnostic]:
        """The findings to show; what is met behind a missing quote follows from that."""
        if self._open_text is None:
            return self.findings
        lines = [self._source.line(each.span.line) for each in self.findings[: self._open_text]]
        odd = [number for number, line in enumerate(lines) if len(_QUOTE.findall(line)) % 2]
        last = odd[0] if odd else self._open_text
        found = self.findings[last]
        help_ = found.help if last == self._open_text else "is a '\"' missing in this line?"
        return [*self.findings[:last], replace(found, help=help_)]

    def recover(self, error: UnexpectedToken) -> bool:
        """Report an error and put the parser where it can go on; False if it cannot."""
        token: Token = error.token
        opening = self._opening()
        self._calls += 1
        if self._calls > MAX_ERRORS + 2 * MAX_DEPTH:
            return False
        if token.type == "$END":
            return self._close_all(opening)
        situation = Situation(token, opening, tuple(self._scan.recent)[:-1], self._accepts())
        self._report(complain(self._source, situation))
        if self._open_text is None and token.type in ("UNCLOSED_STRING", "RUN_ON_STRING"):
            self._open_text = len(self.findings) - 1
        if opening is None:
            return self._outside(token)
        match token.type:
            case "UNCLOSED_STRING" | "RUN_ON_STRING":
                self._close_text(token)
            case "UNCLOSED_COMMENT":
                self._scan.move(len(self._source.text))
                self._cut_short = True
            case "COLON" if "EQUAL" in situation.accepts:
                self._feed("EQUAL")
            case kind if opening.type == "LBRACKET" and kind in _ENDS_A_LIST:
                self._close_list(token, opening)
            case _:
                self._skip(token, in_list=opening.type == "LBRACKET")
        return True

    def _report(self, finding: Diagnostic) -> None:
        self.findings.append(finding)
        if len(self.findings) >= MAX_ERRORS:
            message = f"more than {MAX_ERRORS} syntax errors; the rest of the file is not read"
            raise GaveUp(Diagnostic("syntax", Severity.ERROR, finding.span, message))

    # The parser's stack

    def _opening(self) -> Token | None:
        """The innermost bracket or brace that is open."""
        closed = 0
        for value in reversed(self._state.value_stack):
            if not isinstance(value, Token):
                continue
            if value.type in _CLOSING.values():
                closed += 1
            elif value.type in _CLOSING:
                if not closed:
                    return value
                closed -= 1
        return None

    def _accepts(self) -> frozenset[str]:
        accepts: set[str] = self._parser.accepts()  # type: ignore[no-untyped-call]
        return frozenset(accepts)

    def _tokens(self) -> Iterator[Token]:
        """The tokens from where the scan is, past the parser."""
        thread = self._parser.lexer_thread
        tokens: Iterator[Token] = thread.lex(self._state)  # type: ignore[no-untyped-call]
        return tokens

    def _feed(self, kind: str, text: str = "", at: Token | None = None) -> None:
        """Supply a token that the file lacks; it stands where `at` ends, without a width."""
        end = (at.end_pos or 0) if at is not None else self._scan.position
        self._state.feed_token(token_at(self._source, kind, text, end, end))

    def _pop_until(self, kind: str) -> bool:
        """Drop what was begun until the parser takes a token of this kind."""
        while kind not in self._accepts():
            if not self._state.value_stack:
                return False
            self._pop()
        return True

    def _pop(self) -> None:
        self._state.state_stack.pop()
        self._state.value_stack.pop()

    # Ways to go on

    def _close_all(self, opening: Token | None) -> bool:
        """At the end of the file: report what is open, then close it."""
        if not self._cut_short and (opening is not None or not self.findings):
            self._cut_short = True
            if opening is None:
                recent = self._scan.recent
                first = recent[0] if recent and recent[0].type == "WORD" else None
                self.findings.append(no_graph(self._source, first))
            else:
                span = span_of(self._source, opening)
                message = f"this '{opening}' is never closed"
                self.findings.append(Diagnostic("syntax", Severity.ERROR, span, message))
        if opening is None:
            return False
        closing = _CLOSING[opening.type]
        last = self._scan.recent[-1] if self._scan.recent else opening
        if not self._pop_until(closing):
            return False
        self._feed(closing, at=last)
        return True

    def _outside(self, token: Token) -> bool:
        """Before the graph: supply its keyword or skip to its brace; behind it: stop."""
        if "DIGRAPH" in self._accepts() and token.type == "LBRACE":
            self._feed("DIGRAPH", "digraph", at=token)
            self._scan.move(token.start_pos or 0)
            return True
        if "LBRACE" in self._accepts() and not self._has_graph():
            for skipped in self._tokens():
                if skipped.type == "LBRACE":
                    self._scan.move(skipped.start_pos or 0)
                    return True
            return False
        self._scan.move(len(self._source.text))
        return self._has_graph() and self._pop_until("$END")

    def _has_graph(self) -> bool:
        values = self._state.value_stack
        return any(
            _holds_graph(value) if isinstance(value, Tree) else value.type == "RBRACE"
            for value in values
        )

    def _close_text(self, token: Token) -> None:
        """Take a text that is never closed as ending where its first line does."""
        start = token.start_pos or 0
        first_line = self._source.text[start:].split("\n", 1)[0]
        before = self._scan.recent[-2] if len(self._scan.recent) > 1 else None
        stray = before is not None and before.type == "STRING" and before.end_pos == start
        text = _END_OF_VALUE.sub("", first_line)
        if stray or "STRING" not in self._accepts() or text == '"':
            self._scan.move(start + 1)
            return
        end = start + len(text)
        self._scan.move(end)
        self._state.feed_token(token_at(self._source, "STRING", f'{text}"', start, end))

    def _close_list(self, token: Token, opening: Token) -> None:
        """Supply the `]` that a list lacks: before the line that cannot belong to it."""
        position = token.start_pos or 0
        before = self._scan.recent[-2] if len(self._scan.recent) > 1 else token
        if before.line != opening.line:
            line_start = (before.start_pos or 0) - (before.column or 1) + 1
            position = self._drop_bare_words(line_start, position)
        last = next((t for t in reversed(self._scan.recent) if (t.end_pos or 0) <= position), token)
        if self._pop_until("RBRACKET"):
            self._feed("RBRACKET", at=last)
            self._scan.move(position)

    def _drop_bare_words(self, line_start: int, position: int) -> int:
        """Take keys without values on this line back from the list: they begin a statement."""
        values = self._state.value_stack
        while values:
            top = values[-1]
            if any(isinstance(each, Token) and each.type == "EQUAL" for each in values[-2:]):
                break  # a value, whatever line it stands on
            if isinstance(top, Token) and top.type == "LBRACKET":
                break
            first = _first_position(top)
            if first is not None and first >= line_start and not _has_value(top):
                position = first
                self._pop()
                continue
            if isinstance(top, Tree):
                position = _drop_trailing_keys(top, line_start, position)
            break
        return position

    def _drop_broken(self, token: Token) -> None:
        """Drop what was begun, and a key or a value that is not whole."""
        before = self._scan.recent[-2] if len(self._scan.recent) > 1 else None
        if token.type == "STRAY" and before is not None and before.end_pos == token.start_pos:
            self._drop_through_equal()
        values = self._state.value_stack
        while "ERROR" not in self._accepts() and values:
            equal = isinstance(values[-1], Token) and values[-1].type == "EQUAL"
            self._pop()
            if equal:
                self._pop()

    def _drop_through_equal(self) -> None:
        """Drop the value that ends here with its key; nothing if no value ends here."""
        values = self._state.value_stack
        for back in range(1, min(4, len(values)) + 1):
            value = values[-back]
            if isinstance(value, Token) and value.type == "EQUAL":
                for _ in range(back + 1):
                    self._pop()
                return

    def _skip(self, broken: Token, *, in_list: bool) -> None:
        """Put ERROR in place of the broken piece and skip to where the next may begin."""
        self._drop_broken(broken)
        self._feed("ERROR")
        depth = 0
        line = self._scan.recent[-1].end_line if self._scan.recent else self._scan.line
        stops = ("SEMICOLON", "COMMA", "RBRACKET") if in_list else ("SEMICOLON",)
        if self._scan.recent:
            self._scan.move(self._scan.recent[-1].start_pos or 0)
        for token in self._tokens():
            if depth == 0 and (
                token.type in stops or token.type == "RBRACE" or (token.line or 0) > (line or 0)
            ):
                self._scan.move(token.start_pos or 0)
                return
            if token.type in ("LBRACE", "LBRACKET"):
                depth += 1
            elif token.type in ("RBRACE", "RBRACKET"):
                depth = max(0, depth - 1)
            line = token.end_line


def _holds_graph(tree: Tree[Token]) -> bool:
    return tree.data == "graph" or any(
        isinstance(child, Tree) and child.data == "graph" for child in tree.children
    )


def _first_position(value: object) -> int | None:
    while isinstance(value, Tree) and value.children:
        value = value.children[0]
    return value.start_pos if isinstance(value, Token) else None


def _has_value(value: object) -> bool:
    return isinstance(value, Tree) and any(
        isinstance(child, Tree) and child.data in ("attribute", "value") for child in value.children
    )


def _drop_trailing_keys(tree: Tree[Token], line_start: int, position: int) -> int:
    """Remove the trailing attributes of a list's tree that are bare keys on this line."""
    while tree.children:
        last = tree.children[-1]
        first = _first_position(last)
        if not isinstance(last, Tree) or last.data != "attribute" or len(last.children) > 1:
            break
        if first is None or first < line_start:
            break
        tree.children.pop()
        position = first
    return position
