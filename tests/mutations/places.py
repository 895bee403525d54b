"""What an author may get wrong in a text: its names, attributes, edges and nodes, as places.

One description for DOT and YAML, so that a mistake is written once. Read from the document
and its text, not from the graph: a mistake is made in what stands there. For tests only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from attractorc.compiler.driver import compile_source
from attractorc.compiler.source import Source
from attractorc.compiler.syntax import (
    Attribute,
    DefaultsStatement,
    EdgeStatement,
    GraphStatement,
    Mapping,
    Name,
    NodeStatement,
    Scalar,
    Subgraph,
)

Owner = Literal["graph", "node", "edge", "default"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of the text, from `start` to `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Field:
    """An attribute: its key and value as they stand, and all that goes with it if it goes."""

    owner: Owner
    of: str
    name: str
    key: Stretch
    value: Stretch
    whole: Stretch


@dataclass(frozen=True, slots=True)
class Reference:
    """A place where a node is named by another one: an edge's end, a retry target."""

    node: str
    by: str
    at: Stretch


@dataclass(frozen=True, slots=True)
class Piece:
    """An edge or a node as a whole, with what names it."""

    names: tuple[str, ...]
    whole: Stretch


@dataclass(slots=True)
class Places:
    """A good pipeline's text, and what stands in it."""

    name: str
    language: Literal["dot", "yaml"]
    text: str
    nodes: list[str] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    edges: list[Piece] = field(default_factory=list)
    declarations: list[Piece] = field(default_factory=list)
    rules: list[Piece] = field(default_factory=list)

    def at(self, place: Stretch) -> str:
        """The text of a place."""
        return self.text[place.start : place.end]

    def with_lines(self, place: Stretch) -> Stretch:
        """The place, with its lines if nothing else stands on them, and one separator."""
        start, end = place.start, place.end
        before = self.text.rfind("\n", 0, start) + 1
        stop = re.compile(r"[ \t]*[;,]?[ \t]*(?://[^\n]*)?(?:\n|\Z)").match(self.text, end)
        if stop and not self.text[before:start].strip():
            return Stretch(before, stop.end())
        after = re.compile(r"[ \t]*[;,][ \t]*\n?[ \t]*").match(self.text, end)
        if after:
            return Stretch(start, after.end())
        comma = re.compile(r"[;,]\s*\Z").search(self.text, 0, start)
        return Stretch(comma.start() if comma else start, end)


def places(name: str, text: str) -> Places:
    """Everything in a good pipeline."""
    language: Literal["dot", "yaml"] = "yaml" if name.endswith((".yaml", ".yml")) else "dot"
    compiled = compile_source(Source(name, text), language)
    assert compiled.graph is not None, name
    assert compiled.document is not None, name
    found = Places(name, language, text)
    found.nodes = [node for node, known in compiled.graph.nodes.items() if not known.implicit]
    if language == "yaml":
        from .places_yaml import read

        read(found)
    else:
        for statement in compiled.document.walk():
            _dot(found, statement)
    return found


def _dot(found: Places, statement: object) -> None:
    match statement:
        case GraphStatement():
            _attributes(found, "graph", "", statement.attributes)
        case DefaultsStatement():
            _attributes(found, "default", statement.of, statement.attributes)
        case NodeStatement():
            span = statement.span
            whole = found.with_lines(Stretch(span.start, span.end))
            if statement.attributes:
                found.declarations.append(Piece((statement.id.text,), whole))
            _attributes(found, "node", statement.id.text, statement.attributes)
        case EdgeStatement():
            _edge(found, statement)


def _edge(found: Places, statement: EdgeStatement) -> None:
    span = statement.span
    ends = [_names(end) for end in statement.ends]
    if len(ends) == 2 and all(len(end) == 1 for end in ends):
        whole = found.with_lines(Stretch(span.start, span.end))
        found.edges.append(Piece((ends[0][0].text, ends[1][0].text), whole))
    of = f"{ends[0][0].text} -> {ends[-1][0].text}"
    _attributes(found, "edge", of, statement.attributes)
    for number, end in enumerate(ends):
        by = ends[number - 1][0].text if number else ""
        for name in end:
            at = Stretch(name.span.start, name.span.end)
            found.references.append(Reference(name.text, by, at))


def _names(end: Name | Subgraph) -> list[Name]:
    if isinstance(end, Name):
        return [end]
    inside = [each for each in end.statements if isinstance(each, NodeStatement)]
    return [each.id for each in inside] or [Name("", end.span)]


def _attributes(found: Places, owner: Owner, of: str, attributes: tuple[Attribute, ...]) -> None:
    for each in attributes:
        key = Stretch(each.key.span.start, each.key.span.end)
        value = Stretch(each.value.span.start, each.value.span.end)
        whole = found.with_lines(Stretch(key.start, max(key.end, value.end)))
        found.fields.append(Field(owner, of, each.key.text, key, value, whole))
        if each.key.text in ("retry_target", "fallback_retry_target", "human.default_choice"):
            assert isinstance(each.value, Scalar)
            found.references.append(Reference(each.value.text, of, value))
        if each.key.text == "merge" and not isinstance(each.value, Mapping):
            _rules(found, value)


def _rules(found: Places, value: Stretch) -> None:
    for rule in re.finditer(r"[^;\"]+", found.at(value)):
        name = rule[0].partition(":")[0].strip()
        at = Stretch(value.start + rule.start(), value.start + rule.end())
        after = found.text[at.end : at.end + 1] == ";"
        found.rules.append(Piece((name,), Stretch(at.start, at.end + after)))
