"""The document: what was written, whichever front end read it.

Both front ends give this, and nothing behind them can tell DOT from YAML except by
`Document.language`. Statements stand in the order of the file; defaults are not applied,
chains are not expanded, values are not yet typed. It must not know any attribute.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from .source import Source, Span


@dataclass(frozen=True, slots=True)
class Name:
    """An id or a key as it was written, unquoted."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value. `text` is unquoted and unescaped; `span` includes the quotes.

    `quoted` values are text; plain ones may be numbers, booleans or durations, which only
    the attribute's type decides. `scalar` is the type that YAML 1.2 gives a plain value.
    """

    text: str
    span: Span
    quoted: bool = False
    scalar: Literal["str", "int", "float", "bool", "null"] = "str"


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list, as only YAML can write one."""

    items: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping, as only YAML can write one; keys are unique, in the order of the file."""

    entries: tuple[tuple[Name, Value], ...]
    span: Span

    def get(self, key: str) -> Value | None:
        """The value under a key, or None."""
        return next((value for name, value in self.entries if name.text == key), None)


Value: TypeAlias = Scalar | Sequence | Mapping


@dataclass(frozen=True, slots=True)
class Attribute:
    """`key=value`. A key without a value has the plain value `true`.

    `written` is what the file calls it, where the front end has given it another name.
    """

    key: Name
    value: Value
    written: str | None = None


@dataclass(frozen=True, slots=True)
class GraphStatement:
    """Attributes of the graph, or of the subgraph that the statement stands in."""

    attributes: tuple[Attribute, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class DefaultsStatement:
    """`node [...]` or `edge [...]`: defaults for what follows in the same scope."""

    of: Literal["node", "edge"]
    attributes: tuple[Attribute, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class NodeStatement:
    """A node and some of its attributes; several statements may name one node.

    `implicit` is a node that the front end supplied (YAML's own start and exit).
    """

    id: Name
    attributes: tuple[Attribute, ...]
    span: Span
    implicit: bool = False


@dataclass(frozen=True, slots=True)
class Subgraph:
    """A named or anonymous group of statements, with a scope of its own."""

    id: Name | None
    statements: tuple[Statement, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class EdgeStatement:
    """A chain `a -> {b c} -> d`: at least two ends, each a node or a group."""

    ends: tuple[Name | Subgraph, ...]
    attributes: tuple[Attribute, ...]
    span: Span


Statement: TypeAlias = GraphStatement | DefaultsStatement | NodeStatement | EdgeStatement | Subgraph


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment with its markers, kept for suppressions and for the formatter."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Document:
    """One pipeline file: its name, its statements, its comments, its text."""

    source: Source
    language: Literal["dot", "yaml"]
    name: Name
    statements: tuple[Statement, ...]
    comments: tuple[Comment, ...] = ()

    def walk(self) -> Iterator[Statement]:
        """All statements, those inside subgraphs included, in the order of the file."""
        yield from _walk(self.statements)


def _walk(statements: tuple[Statement, ...]) -> Iterator[Statement]:
    pending = list(reversed(statements))
    while pending:
        statement = pending.pop()
        yield statement
        if isinstance(statement, Subgraph):
            pending.extend(reversed(statement.statements))
        elif isinstance(statement, EdgeStatement):
            groups = [end for end in statement.ends if isinstance(end, Subgraph)]
            pending.extend(reversed(groups))
