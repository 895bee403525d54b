"""Cuts the tokens of a DOT file into the parts that are laid out: statements, lists, remarks.

Texts are kept exactly as they are written; what is dropped are white space, semicolons and
the commas of lists. Apart from the layout because it knows the order of tokens, and nothing
of lines and columns. It must not know what any attribute means.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lark.exceptions import UnexpectedToken

from ..frontend.dot_lexer import DotLexer, Scan
from ..frontend.grammars import grammar
from ..source import Source

_NAMES = ("WORD", "STRING", "DIGRAPH", "GRAPH", "SUBGRAPH", "STRICT")
_DEFAULTS = ("GRAPH_ATTRS", "NODE_ATTRS", "EDGE_ATTRS")


class NotDot(ValueError):
    """The tokens are not those of a DOT file without syntax errors."""


@dataclass(slots=True)
class Remark:
    """A comment; `blank` if an empty line stands above it."""

    text: str
    blank: bool = False


@dataclass(slots=True)
class Entry:
    """One attribute of a list: `text`, cut where a `+` joins texts, and its comments."""

    pieces: list[str] = field(default_factory=list)
    above: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The attribute on one line, as far as its texts are on one."""
        return " + ".join(self.pieces)


@dataclass(slots=True)
class Block:
    """`{...}` and what stands before it; `opening` are comments behind the brace."""

    head: str
    statements: list[Statement] = field(default_factory=list)
    opening: list[str] = field(default_factory=list)
    tail: list[Remark] = field(default_factory=list)


@dataclass(slots=True)
class Statement:
    """The ends of a chain, or one piece of another statement, and its attributes.

    `value` is the right side of an assignment. `inner` are comments from its midst.
    """

    parts: list[str | Block] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    ending: list[str] = field(default_factory=list)
    value: Entry | None = None
    is_default: bool = False
    above: list[Remark] = field(default_factory=list)
    inner: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    blank: bool = False


@dataclass(frozen=True, slots=True)
class _Word:
    """A token or a comment, with the line ends before it."""

    type: str
    text: str
    lines: int


def parts_of(text: str) -> tuple[list[Statement], list[Remark]]:
    """The graph as one statement, and the comments behind it; raises `NotDot`."""
    cutter = _Cutter(list(_words(text)))
    return cutter.statements(None)


def _words(text: str) -> Iterator[_Word]:
    source = Source("", text)
    scan = Scan(source)
    parser = grammar("dot", lexer=DotLexer).parse_interactive(scan)
    tokens: list[tuple[int, int, str, str]] = []
    try:
        for token in parser.iter_parse():
            start, end = token.start_pos or 0, token.end_pos or 0
            tokens.append((start, end, token.type, str(token)))
    except UnexpectedToken as error:
        raise NotDot(str(error)) from error
    for comment in scan.comments:
        at = comment.span
        tokens.append((at.start, at.end, "COMMENT", comment.text.rstrip()))
    previous = 0
    for start, end, kind, written in sorted(tokens):
        # A comment on the first line stands alone: it has no statement before it.
        lines = text.count("\n", previous, start) + (previous == 0)
        yield _Word(kind, written, lines)
        previous = end


class _Cutter:
    """Reads the words once, from the first to the last."""

    def __init__(self, words: list[_Word]) -> None:
        self._words = words
        self._at = 0
        self._inner: list[str] = []

    def statements(self, block: Block | None) -> tuple[list[Statement], list[Remark]]:
        """The statements up to the closing brace, or to the end, and comments behind them."""
        found: list[Statement] = []
        pending: list[Remark] = []
        while self._at < len(self._words):
            word = self._words[self._at]
            if word.type == "RBRACE":
                break
            if word.type == "SEMICOLON":
                self._at += 1
            elif word.type == "COMMENT":
                self._at += 1
                self._remark(word, found, pending, block)
            else:
                statement = self._statement() if block is not None else self._graph()
                statement.above, pending = pending, []
                statement.blank = word.lines > 1
                found.append(statement)
        return found, pending

    def _remark(
        self, word: _Word, found: list[Statement], pending: list[Remark], block: Block | None
    ) -> None:
        """A comment belongs to what it stands behind on its line, else to what follows."""
        if word.lines or pending:
            pending.append(Remark(word.text, word.lines > 1))
        elif found:
            found[-1].beside.append(word.text)
        elif block is not None:
            block.opening.append(word.text)
        else:
            pending.append(Remark(word.text))

    def _graph(self) -> Statement:
        head = self._need("DIGRAPH").text.lower()
        statement = Statement()
        if self._next() != "LBRACE":
            head = f"{head} {self._name()}"
        statement.parts.append(self._block(head))
        statement.inner = self._taken()
        return statement

    def _block(self, head: str) -> Block:
        self._need("LBRACE")
        block = Block(head)
        before = self._taken()
        block.statements, block.tail = self.statements(block)
        if self._at >= len(self._words):
            raise NotDot("a brace is not closed")
        self._at += 1
        self._inner.extend(before)
        return block

    def _statement(self) -> Statement:
        statement = Statement()
        kind = self._next()
        if kind in _DEFAULTS:
            statement.is_default = True
            statement.parts.append(self._need(kind).text.lower())
        else:
            statement.parts.append(self._end())
            if self._next() == "EQUAL":
                self._need("EQUAL")
                statement.value = Entry(self._value())
            while self._next() == "ARROW":
                self._need("ARROW")
                statement.parts.append(self._end())
        while statement.value is None and self._next() == "LBRACKET":
            self._list(statement)
        statement.inner = self._taken()
        return statement

    def _end(self) -> str | Block:
        if self._next() == "LBRACE":
            return self._block("")
        if self._next() == "SUBGRAPH":
            head = self._need("SUBGRAPH").text.lower()
            if self._next() != "LBRACE":
                head = f"{head} {self._name()}"
            return self._block(head)
        members = [self._node()]
        while self._next() == "COMMA":
            self._need("COMMA")
            members.append(self._node())
        return ", ".join(members)

    def _node(self) -> str:
        name = self._name()
        while self._next() == "COLON":
            self._need("COLON")
            name = f"{name}:{self._name()}"
        return name

    def _name(self) -> str:
        return " + ".join(self._text())

    def _text(self) -> list[str]:
        """A word, or texts in quotes that are joined by `+`."""
        kind = self._next()
        if kind not in _NAMES:
            raise NotDot(f"a name was expected, not {kind}")
        pieces = [self._need(kind).text]
        while kind == "STRING" and self._next() == "PLUS":
            self._need("PLUS")
            pieces.append(self._need("STRING").text)
        return pieces

    def _value(self) -> list[str]:
        pieces = self._text()
        while self._next() == "COLON":
            self._need("COLON")
            pieces[-1] += ":"
        return pieces

    # Attribute lists

    def _list(self, statement: Statement) -> None:
        self._need("LBRACKET")
        entries = statement.entries
        pending: list[str] = []
        first = len(entries)
        while self._at < len(self._words):
            word = self._words[self._at]
            if word.type == "COMMENT":
                self._at += 1
                if word.lines or pending or len(entries) == first:
                    pending.append(word.text)
                else:
                    entries[-1].beside.append(word.text)
            elif word.type in ("COMMA", "SEMICOLON"):
                self._at += 1
            elif word.type == "RBRACKET":
                self._at += 1
                statement.ending.extend(pending)
                return
            else:
                outside, self._inner = self._inner, []
                entry = self._entry()
                entry.above = [*pending, *self._inner]
                self._inner, pending = outside, []
                entries.append(entry)
        raise NotDot("a bracket is not closed")

    def _entry(self) -> Entry:
        pieces = self._text()
        if self._next() == "EQUAL":
            self._need("EQUAL")
            key = " + ".join(pieces)
            pieces = self._value()
            pieces[0] = f"{key}={pieces[0]}"
        return Entry(pieces)

    # Words

    def _next(self) -> str:
        """The type of the next word that is no comment, '' at the end."""
        at = self._at
        while at < len(self._words) and self._words[at].type == "COMMENT":
            at += 1
        return self._words[at].type if at < len(self._words) else ""

    def _need(self, kind: str) -> _Word:
        """The next word, which must be of a kind; comments before it are set aside."""
        while self._at < len(self._words) and self._words[self._at].type == "COMMENT":
            self._inner.append(self._words[self._at].text)
            self._at += 1
        if self._at >= len(self._words) or self._words[self._at].type != kind:
            raise NotDot(f"expected {kind}")
        self._at += 1
        return self._words[self._at - 1]

    def _taken(self) -> list[str]:
        """The comments that were set aside, once."""
        taken, self._inner = self._inner, []
        return taken
