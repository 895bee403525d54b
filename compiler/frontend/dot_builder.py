"""Turns the parse tree of a DOT file into a document.

The grammar accepts more than a pipeline may hold; what is refused for its meaning (`strict`,
`--`, HTML labels, several graphs, ids that need quotes) gets its one finding here, and the
document says what its author most likely meant. It must not know how parsing recovers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from lark import Token, Tree

from ..diagnostic import Diagnostic, Edit, Fix, Related, Severity
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
from .dot_lexer import span_of
from .dot_text import is_plain_id, plain_type, quote, unquoted

Parsed: TypeAlias = Tree[Token]


class DotBuilder:
    """Builds one file's document; `findings` are what it met on the way."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.findings: list[Diagnostic] = []
        self._directed = True

    def document(self, tree: Parsed, comments: tuple[Comment, ...]) -> Document | None:
        """The document of the first graph of a file; None if the file has none."""
        graphs = _trees(tree)
        if not graphs:
            return None
        graph = graphs[0]
        name = self._header(graph)
        statements = tuple(self._statements(graph))
        if len(graphs) > 1:
            head = _tokens(next(graphs[1].find_data("head")))[0]
            first = Related("the graph that is read", name.span)
            message = "a file holds one graph; this second one is not read"
            self._error(self._span(head), message, related=(first,), help="use a file for each")
        return Document(self._source, "dot", name, statements, comments)

    def _header(self, graph: Parsed) -> Name:
        strict = next((token for token in _tokens(graph) if token.type == "STRICT"), None)
        if strict is not None:
            message = "'strict' is refused: it would merge edges without a word"
            self._error(self._span(strict), message, fix=_replace("remove 'strict'", strict, ""))
        head, name = None, None
        for part in _trees(graph):
            if part.data == "head":
                head = _tokens(part)[0]
            elif part.data == "name":
                name = self._name(part)
        assert head is not None
        self._check_head(head, graph)
        return name or Name("", self._span(head))

    def _check_head(self, head: Token, graph: Parsed) -> None:
        if head.type == "DIGRAPH":
            return
        if head.type == "GRAPH":
            self._directed = False
            lines = graph.scan_values(_is_undirected)
            arrows = (_edit(each, "->") for each in lines)
            edits = [_edit(head, "digraph"), *arrows]
            fix = Fix("write 'digraph' and '->'", tuple(edits), safe=False)
            message = "a pipeline is a directed graph: write 'digraph', not 'graph'"
        else:
            fix = _replace("write 'digraph'", head, "digraph")
            message = f"a pipeline begins with 'digraph', not '{head}'"
        self._error(self._span(head), message, fix=fix)

    # Statements

    def _statements(self, parent: Parsed) -> Iterator[Statement]:
        for part in _trees(parent):
            match part.data:
                case "defaults":
                    yield self._defaults(part)
                case "assignment":
                    yield self._assignment(part)
                case "chain":
                    yield from self._chain(part)

    def _defaults(self, tree: Parsed) -> Statement:
        keyword = _tokens(tree)[0]
        span = self._span(keyword).through(self._span(_last(tree)))
        attributes = self._attributes(_trees(tree))
        if keyword.type == "GRAPH_ATTRS":
            return GraphStatement(attributes, span)
        return DefaultsStatement(
            "node" if keyword.type == "NODE_ATTRS" else "edge", attributes, span
        )

    def _assignment(self, tree: Parsed) -> GraphStatement:
        left, right = _trees(tree)
        key = self._key(left)
        value = self._value(right)
        return GraphStatement((Attribute(key, value),), key.span.through(value.span))

    def _chain(self, tree: Parsed) -> Iterator[Statement]:
        parts = _trees(tree)
        ends = [part for part in parts if part.data == "end"]
        lists = [part for part in parts if part.data == "list"]
        for part in parts:
            if part.data == "arrow":
                self._check_arrow(_tokens(part)[0])
        attributes = self._attributes(lists)
        if len(ends) > 1:
            read = tuple(self._end(end) for end in ends)
            span = read[0].span.through(self._span(_last(tree)))
            yield EdgeStatement(read, attributes, span)
            return
        members = _trees(ends[0])
        if members[0].data == "subgraph":
            if lists:
                bracket = _tokens(lists[0])[0]
                message = "a group takes no attributes; write them inside its braces"
                self._error(self._span(bracket), message)
            yield self._subgraph(members[0])
            return
        for member in members:
            name = self._node(member)
            end = self._span(_last(tree)) if len(members) == 1 else name.span
            yield NodeStatement(name, attributes, name.span.through(end))

    def _check_arrow(self, token: Token) -> None:
        if token.type == "ARROW" or (token.type == "UNDIRECTED" and not self._directed):
            return
        message = f"an edge is written '->', not '{''.join(token.split())}'"
        self._error(self._span(token), message, fix=_replace("write '->'", token, "->"))

    def _end(self, tree: Parsed) -> Name | Subgraph:
        members = _trees(tree)
        if members[0].data == "subgraph":
            return self._subgraph(members[0])
        names = [self._node(member) for member in members]
        if len(names) == 1:
            return names[0]
        nodes = tuple(NodeStatement(name, (), name.span) for name in names)
        return Subgraph(None, nodes, names[0].span.through(names[-1].span))

    def _subgraph(self, tree: Parsed) -> Subgraph:
        name = next((self._name(part) for part in _trees(tree) if part.data == "name"), None)
        span = self._span(_first(tree)).through(self._span(_last(tree)))
        return Subgraph(name, tuple(self._statements(tree)), span)

    # Names and values

    def _node(self, tree: Parsed) -> Name:
        parts = _trees(tree)
        name = self._name(parts[0])
        if len(parts) > 1:
            self._ignored_port(self._span(_first(parts[1])).through(self._span(_last(tree))))
        return name

    def _ignored_port(self, span: Span) -> None:
        message = "a port says where a line is drawn; it means nothing here"
        self.findings.append(Diagnostic("ignored_port", Severity.INFO, span, message))

    def _name(self, tree: Parsed) -> Name:
        tokens = _tokens(tree)
        first = tokens[0]
        if first.type == "STRING":
            span = self._span(first).through(self._span(tokens[-1]))
            return Name("".join(unquoted(token) for token in tokens), span)
        text, colon, _ = str(first).partition(":")
        start = first.start_pos or 0
        if colon:
            self._ignored_port(self._source.span(start + len(text), start + len(first)))
        span = self._source.span(start, start + len(text)) if colon else self._span(first)
        if not is_plain_id(text):
            message = f"the id '{text}' needs quotes: a bare one holds letters, digits and '_' only"
            edit = Edit(span.start, span.end, quote(text))
            self._error(span, message, fix=Fix(f"write {quote(text)}", (edit,), safe=True))
        return Name(text, span)

    def _key(self, tree: Parsed) -> Name:
        tokens = _tokens(tree) or _tokens(_trees(tree)[0])
        first = tokens[0]
        span = self._span(first).through(self._span(tokens[-1]))
        if first.type == "STRING":
            return Name("".join(unquoted(token) for token in tokens), span)
        text, colon, rest = str(first).partition(":")
        if colon:
            message = f"a key and its value are joined by '=', not ':', as in {text}={rest}"
            at = self._source.span(span.start + len(text), span.start + len(text) + 1)
            edit = Edit(at.start, at.end, "=")
            self._error(at, message, fix=Fix("write '='", (edit,), safe=False))
        return Name(text, span)

    def _value(self, tree: Parsed) -> Scalar:
        tokens = _tokens(tree) or _tokens(_trees(tree)[0])
        first = tokens[0]
        span = self._span(first).through(self._span(tokens[-1]))
        if first.type == "STRING":
            return Scalar("".join(unquoted(token) for token in tokens), span, quoted=True)
        if first.type == "HTML":
            self._error(span, "HTML labels are refused; write a text in quotes")
            return Scalar(str(first), span, quoted=True)
        text = "".join(tokens)
        return Scalar(text, span, scalar=plain_type(text))

    def _attributes(self, lists: list[Parsed]) -> tuple[Attribute, ...]:
        found: list[Attribute] = []
        for each in lists:
            found.extend(self._attributes_of(each))
        return tuple(found)

    def _attributes_of(self, tree: Parsed) -> Iterator[Attribute]:
        previous = -1
        for part in _trees(tree):
            if part.data != "attribute":
                previous = -1
                continue
            first, last = _first(part), _last(part)
            quoted_key = first.type == "STRING"
            if first.start_pos == previous and (first is last or quoted_key):
                message = "the text ends at this '\"'; a '\"' inside a text is written '\\\"'"
                start = previous - 1
                self._error(self._source.span(start, start + 1), message)
                return  # the rest of the list is the rest of that text
            parts = _trees(part)
            key = self._key(parts[0])
            if len(parts) > 1:
                value = self._value(parts[1])
            else:
                if quoted_key:
                    self._error(key.span, "expected '=' and a value after a key in quotes")
                value = Scalar("true", key.span, scalar="bool")
            previous = (last.end_pos or 0) if last.type == "STRING" else -1
            yield Attribute(key, value)

    def _span(self, token: Token) -> Span:
        return span_of(self._source, token)

    def _error(
        self,
        span: Span,
        message: str,
        *,
        fix: Fix | None = None,
        related: tuple[Related, ...] = (),
        help: str | None = None,  # noqa: A002  (the finding's own word)
    ) -> None:
        self.findings.append(
            Diagnostic("syntax", Severity.ERROR, span, message, related, help, fix)
        )


def _is_undirected(value: Token | Parsed) -> bool:
    return isinstance(value, Token) and value.type == "UNDIRECTED"


def _edit(token: Token, text: str) -> Edit:
    return Edit(token.start_pos or 0, token.end_pos or 0, text)


def _replace(title: str, token: Token, text: str) -> Fix:
    return Fix(title, (_edit(token, text),), safe=False)


def _trees(tree: Parsed) -> list[Parsed]:
    return [child for child in tree.children if isinstance(child, Tree)]


def _tokens(tree: Parsed) -> list[Token]:
    return [child for child in tree.children if isinstance(child, Token)]


def _first(tree: Parsed) -> Token:
    child = tree.children[0]
    return child if isinstance(child, Token) else _first(child)


def _last(tree: Parsed) -> Token:
    child = tree.children[-1]
    return child if isinstance(child, Token) else _last(child)
