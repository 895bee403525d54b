"""What goes over when a file is written in the other language, and what does not.

A comment belongs to the node that it stands above, beside or inside of, or that an edge
below it leaves; all others go to the top. Drawing and groups stay behind, and that is said.
It must not know how either language is laid out.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from ..attributes import Where, is_drawing, lookup
from ..frontend.yaml_events import UNACCEPTABLE
from ..source import Span
from ..syntax import (
    Comment,
    DefaultsStatement,
    Document,
    EdgeStatement,
    GraphStatement,
    Name,
    NodeStatement,
    Subgraph,
)

_EDITOR = re.compile(r"#\s*yaml-language-server:")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A pipeline in the other language, and a sentence for each thing that it leaves out."""

    text: str
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Carried:
    """The comments without their markers, a line each: of the whole file, and by node."""

    top: list[str] = field(default_factory=list)
    nodes: dict[str, list[str]] = field(default_factory=dict)


def carried(document: Document, nodes: Collection[str]) -> Carried:
    """The comments of a document by the nodes that are written out."""
    anchors = sorted(_anchors(document), key=lambda anchor: (anchor[0].start, -anchor[0].end))
    starts = [span.start for span, _ in anchors]
    found = Carried()
    for comment in document.comments:
        if _EDITOR.match(comment.text):
            continue  # it names a schema for an editor, and says nothing in DOT
        owner = _owner(comment, anchors, starts)
        place = found.nodes.setdefault(owner, []) if owner in nodes else found.top
        place.extend(lines(comment.text))
    return found


def left_out(document: Document) -> tuple[str, ...]:
    """What a document says about its drawing only, in a sentence for each kind of thing."""
    drawing: dict[str, None] = {}
    groups: dict[str, None] = {}
    for statement in document.walk():
        if isinstance(statement, Subgraph):
            if statement.id is not None:
                groups[statement.id.text] = None
            continue
        places = _PLACES[getattr(statement, "of", type(statement).__name__)]
        for attribute in statement.attributes:
            name = attribute.key.text
            if is_drawing(name) and not any(lookup(place, name) for place in places):
                drawing[name] = None
    notes: list[str] = []
    if drawing:
        notes.append(f"left out, because it only draws: {', '.join(drawing)}")
    if groups:
        told = ", ".join(f"'{name}'" for name in groups)
        notes.append(f"left out, because only their labels mean something, as classes: {told}")
    return tuple(notes)


_PLACES: Mapping[str, tuple[Where, ...]] = {
    "NodeStatement": ("node",),
    "EdgeStatement": ("edge",),
    "GraphStatement": ("graph", "subgraph"),
    "node": ("node",),
    "edge": ("edge",),
}


def _anchors(document: Document) -> list[tuple[Span, str]]:
    """The statements that a comment can belong to, each with its node, '' for the graph."""
    anchors: list[tuple[Span, str]] = []
    whole = {id(statement) for statement in document.statements}
    for statement in document.walk():
        match statement:
            case NodeStatement(implicit=False):
                anchors.append((statement.span, statement.id.text))
            case EdgeStatement():
                anchors.append((statement.span, _source(statement)))
            case GraphStatement() | DefaultsStatement() if id(statement) in whole:
                anchors.append((statement.span, ""))
    return anchors


def _source(edge: EdgeStatement) -> str:
    """The node that an edge leaves; the first one of a group."""
    first = edge.ends[0]
    if isinstance(first, Name):
        return first.text
    named = (each for each in first.statements if isinstance(each, NodeStatement | EdgeStatement))
    inner = next(named, None)
    if isinstance(inner, NodeStatement):
        return inner.id.text
    return _source(inner) if inner is not None else ""


def _owner(comment: Comment, anchors: list[tuple[Span, str]], starts: list[int]) -> str:
    place = comment.span
    index = bisect_right(starts, place.start)
    if index:
        span, owner = anchors[index - 1]
        if span.end > place.start or span.end_line == place.line:
            return owner
    return anchors[index][1] if index < len(anchors) else ""


def lines(comment: str) -> list[str]:
    """A comment's text without its markers; what YAML cannot hold is replaced."""
    if comment.startswith("/*"):
        inner = comment[2:-2].splitlines()
        written = [re.sub(r"^\s*\*?\s?", "", line).rstrip() for line in inner]
        while written and not written[-1]:
            written.pop()
        while written and not written[0]:
            written.pop(0)
        found = written or [""]
    else:
        found = [re.sub(r"^(?://|#)\s?", "", comment).rstrip()]
    return [UNACCEPTABLE.sub("\ufffd", line) for line in found]
