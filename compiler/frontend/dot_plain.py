r"""Reads DOT in its plain form, quickly; gives up on everything else.

The plain form is what people write nearly always: one `digraph` of statements without any
fault. `dot.lark` defines the language; this reader knows a part of it by heart, four times
as fast and without Lark, and a test holds the two together. It reports nothing: what it
does not know by heart may be fine or faulty, and only the grammar says which.
It must not know what any attribute means.
"""

from __future__ import annotations

import re
from sys import intern
from typing import Final

from ..source import Source, Span
from ..syntax import (
    Attribute,
    Comment,
    DefaultsStatement,
    Document,
    EdgeStatement,
    GraphStatement,
    Name,
    NodeStatement,
    Scalar,
    Statement,
    Subgraph,
)
from .dot_text import plain_type, unquoted

MAX_DEPTH: Final = 32
MAX_STEPS: Final = 200_000
"""A step reads four tokens at the most. Both limits are well inside those of the grammar."""

# A word that can be a keyword is one only in some places: leave those to the grammar, but for
# the openings below. A text that another word or text touches has most likely lost a quote.
_NO_KEYWORD = r"(?!(?i:strict|subgraph|digraph|graph|node|edge)(?![\w.]))"
_TEXT = r'"(?:[^"\\]++|\\(?s:.))*+"(?![\w".-])'
_ID = rf"{_NO_KEYWORD}(?:[^\W\d]\w*+|[0-9]++(?:\.[0-9]*+)?)(?![\w.])"
_KEY = rf"{_NO_KEYWORD}[\w.]++"
_WORD = rf"{_NO_KEYWORD}(?:\w|\.|-(?=[\w.]))(?:[\w.]|-(?![->])|:(?=[\w.:-]))*+"
_EQUAL = r"[ \t]*+=[ \t]*+"
_SETTING = rf"{_EQUAL}(?:(?P<text>{_TEXT})|(?P<word>{_WORD}))"

_HEAD = re.compile(r"(?i:digraph)(?![\w.])")
_NAME = re.compile(rf"(?P<word>{_ID})|(?P<text>{_TEXT})")
_VALUE = re.compile(_SETTING)
_ATTRIBUTE = re.compile(
    rf"(?:(?P<key>{_KEY})|(?P<quoted>{_TEXT})(?={_EQUAL}))(?:{_SETTING})?+[ \t]*+[,;]?+"
)
_DEFAULTS = re.compile(r"(?:node|edge|graph)(?![\w.])")
_SUBGRAPH = re.compile(rf"(?i:subgraph)(?=\s++{_ID}|\s*+[\"{{])")
_ARROW = re.compile(r"->")
_BLANK = re.compile(r"\s++")
_COMMENT = re.compile(r"(?<!:)//[^\n]*+|(?<![^\s;{}\[\],])#[^\n]*+|/\*(?s:.)*?\*/")


def plain_document(source: Source) -> Document | None:
    """The document of a file in the plain form, which has no syntax errors; else None."""
    try:
        return _Reader(source).document()
    except _NotPlainError:
        return None


class _NotPlainError(Exception):
    """Here stands something that this reader does not know."""


class _Reader:
    """Goes once through one file: `at` is where it is, `line_at` where that line begins."""

    __slots__ = ("at", "comments", "line", "line_at", "source", "steps", "text")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.at = 0
        self.line = 1
        self.line_at = 0
        self.steps = 0
        self.comments: list[Comment] = []

    def document(self) -> Document:
        """The document of the whole file."""
        self._next()
        head = self._through(self._match(_HEAD).end())
        name = Name("", head) if self._next() == "{" else self._name(self._match(_NAME))
        statements = self._block(0)
        if self._next():
            raise _NotPlainError
        return Document(self.source, "dot", name, statements, tuple(self.comments))

    # Characters

    def _next(self) -> str:
        """Go to what is neither white space nor a comment; its first character, '' at the end."""
        while True:
            char = self.text[self.at : self.at + 1]
            if char.isspace():
                self._through(self._match(_BLANK).end())
            elif char == "/" or char == "#":
                found = self._match(_COMMENT)
                self._step()
                self.comments.append(Comment(found.group(), self._through(found.end())))
            else:
                return char

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str]:
        found = pattern.match(self.text, self.at)
        if found is None:
            raise _NotPlainError
        return found

    def _through(self, end: int) -> Span:
        """Go on to an offset; the span up to there."""
        start, line, column = self.at, self.line, self.at - self.line_at + 1
        lines = self.text.count("\n", start, end)
        if lines:
            self.line += lines
            self.line_at = self.text.rindex("\n", start, end) + 1
        self.at = end
        return Span(self.source.name, start, end, line, column, self.line, end - self.line_at + 1)

    def _step(self) -> None:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise _NotPlainError

    # Statements

    def _block(self, depth: int) -> tuple[Statement, ...]:
        """What stands in braces, and the braces."""
        if self._next() != "{" or depth > MAX_DEPTH:
            raise _NotPlainError
        self.at += 1
        statements: list[Statement] = []
        while (char := self._next()) != "}":
            self._step()
            if char == ";":
                self.at += 1
            else:
                statements.append(self._statement(depth))
        self.at += 1
        return tuple(statements)

    def _statement(self, depth: int) -> Statement:
        found = _NAME.match(self.text, self.at)
        if found is None:
            keyword = _DEFAULTS.match(self.text, self.at)
            if keyword is not None:
                return self._defaults(keyword)
            return self._group_or_chain(depth)
        name = self._name(found)
        match self._next():
            case "-":
                return self._chain(name, depth)
            case "=":
                value = self._value(self._match(_VALUE))
                return GraphStatement((Attribute(name, value),), name.span.through(value.span))
        attributes, last = self._attributes(name.span)
        return NodeStatement(name, attributes, name.span.through(last))

    def _defaults(self, keyword: re.Match[str]) -> Statement:
        span = self._through(keyword.end())
        if self._next() != "[":
            raise _NotPlainError
        attributes, last = self._attributes(span)
        of = keyword.group()
        if of == "graph":
            return GraphStatement(attributes, span.through(last))
        return DefaultsStatement("node" if of == "node" else "edge", attributes, span.through(last))

    def _group_or_chain(self, depth: int) -> Statement:
        group = self._group(depth)
        match self._next():
            case "-":
                return self._chain(group, depth)
            case "[":
                raise _NotPlainError
        return group

    def _chain(self, first: Name | Subgraph, depth: int) -> EdgeStatement:
        ends = [first]
        while self._next() == "-":
            self._step()
            self.at = self._match(_ARROW).end()
            self._next()
            found = _NAME.match(self.text, self.at)
            ends.append(self._group(depth) if found is None else self._name(found))
        attributes, last = self._attributes(ends[-1].span)
        return EdgeStatement(tuple(ends), attributes, first.span.through(last))

    def _group(self, depth: int) -> Subgraph:
        before, name = self._through(self.at), None
        if self._next() != "{":
            self._through(self._match(_SUBGRAPH).end())
            if self._next() != "{":
                name = self._name(self._match(_NAME))
        statements = self._block(depth + 1)
        return Subgraph(name, statements, before.through(self._through(self.at)))

    # Names and values

    def _name(self, found: re.Match[str]) -> Name:
        written = found.group()
        text = unquoted(written) if found.lastgroup == "text" else written
        return Name(text, self._through(found.end()))

    def _attributes(self, last: Span) -> tuple[tuple[Attribute, ...], Span]:
        """The attributes of all lists that stand here; what ends them, or else `last`."""
        attributes: list[Attribute] = []
        while self._next() == "[":
            self.at += 1
            while self._next() != "]":
                self._step()
                attributes.append(self._attribute(self._match(_ATTRIBUTE)))
            last = self._through(self.at + 1)
        return tuple(attributes), last

    def _attribute(self, found: re.Match[str]) -> Attribute:
        text = found["key"]
        if text is not None:
            key = Name(intern(text), self._through(found.end("key")))
        else:
            key = Name(unquoted(found["quoted"]), self._through(found.end("quoted")))
        if found.lastgroup in ("text", "word"):
            value = self._value(found)
        else:
            value = Scalar("true", key.span, scalar="bool")
        self.at = found.end()
        return Attribute(key, value)

    def _value(self, found: re.Match[str]) -> Scalar:
        kind = found.lastgroup or ""
        written = found[kind]
        self.at, end = found.span(kind)
        span = self._through(end)
        if kind == "text":
            return Scalar(unquoted(written), span, quoted=True)
        return Scalar(written, span, scalar=plain_type(written))
