"""Composes the events of a YAML file into values with places.

A loader of its own, because every key and every value must keep its place, duplicate keys
and tags must be told, and nesting and aliases must be bounded. Iterative: no file can make
it recurse. It must not know what a pipeline is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from ..diagnostic import Diagnostic, Edit, Fix, Related, Severity
from ..source import Source, Span
from ..syntax import Comment, Mapping, Name, Scalar, Sequence, Value
from .yaml_events import events, trouble, unprintable
from .yaml_text import comments, plain_type

MAX_DEPTH = 64
MAX_EXPANDED = 100_000

_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)+")
_TEXT_TAGS = frozenset({"!", "tag:yaml.org,2002:str"})
_PLAIN_TAGS = frozenset({"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})


class _Stop(Exception):
    """The file goes beyond a limit, or holds what cannot be read on."""

    def __init__(self, finding: Diagnostic) -> None:
        super().__init__(finding.message)
        self.finding = finding


@dataclass(slots=True)
class _Open:
    """A list or a mapping that is being read."""

    event: Any
    anchor: str | None
    is_mapping: bool
    as_key: bool = False
    items: list[Value] = field(default_factory=list)
    entries: dict[str, tuple[Name, Value]] = field(default_factory=dict)
    key: Name | None = None
    drop: bool = False
    size: int = 1


@dataclass(frozen=True, slots=True)
class Composed:
    """The value of a file (None if there is none), its comments, and what was found."""

    value: Value | None
    comments: tuple[Comment, ...]
    findings: tuple[Diagnostic, ...]


class Composer:
    """Composes one file."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._findings: list[Diagnostic] = []
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Value | None, int, Span]] = {}
        self._scalars: list[tuple[int, int]] = []
        self._expanded = 0
        self._last_end = 0
        self._root: Value | None = None
        self._documents = 0

    def compose(self) -> Composed:
        """The file's value; never raises, whatever the text."""
        from ruamel.yaml.error import YAMLError

        found = unprintable(self._source)
        if found is not None:
            return Composed(None, (), (found,))
        try:
            for event in events(self._source):
                self._take(event)
        except _Stop as stop:
            self._findings.append(stop.finding)
            return Composed(None, (), tuple(self._findings))
        except YAMLError as error:
            self._findings.append(trouble(self._source, error))
            return Composed(None, (), tuple(self._findings))
        return Composed(self._root, comments(self._source, self._scalars), tuple(self._findings))

    def _take(self, event: Any) -> None:
        match type(event).__name__:
            case "ScalarEvent":
                self._scalar(event)
            case "AliasEvent":
                self._alias(event)
            case "MappingStartEvent" | "SequenceStartEvent":
                self._open(event)
            case "MappingEndEvent" | "SequenceEndEvent":
                self._close(event)
            case "DocumentStartEvent":
                self._documents += 1
                if self._documents > 1:
                    span = self._source.span(event.start_mark.index, event.end_mark.index)
                    raise _Stop(
                        _finding(span, "expected the end of the file: it holds one pipeline")
                    )

    # Values

    def _scalar(self, event: Any) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        start = self._after_properties(start, end)
        quoted = event.style in ("'", '"', "|", ">")
        if event.style in ("|", ">"):
            end = start + len(self._source.text[start:end].rstrip())
        if start == end:  # the two parsers place what is not there differently
            start = end = self._place_of_nothing(start)
        inside = self._source.text.find("\n", start) if event.style in ("|", ">") else start
        self._scalars.append((inside, end))
        self._last_end = end
        span = self._source.span(start, end)
        is_text = self._tag(event, span) or quoted
        kind = "str" if is_text else plain_type(event.value)
        text = event.value.replace("\r\n", "\n")
        scalar = Scalar(text, span, quoted=is_text, scalar=kind)
        if self._wants_key():
            self._key(scalar)
            return
        self._define(event.anchor, scalar, 1, span)
        self._add(scalar, 1)

    def _after_properties(self, start: int, end: int) -> int:
        found = _PROPERTIES.match(self._source.text, start, end)
        return found.end() if found else start

    def _place_of_nothing(self, start: int) -> int:
        top = self._stack[-1] if self._stack else None
        if top is not None and top.key is not None:
            colon = self._source.text.find(":", top.key.span.end)
            return colon + 1 if 0 <= colon < start else top.key.span.end
        return min(start, len(self._source.text))

    def _tag(self, event: Any, span: Span) -> bool:
        """Whether the tag says that the value is a text; other tags are refused."""
        if event.tag is None or str(event.tag) in _PLAIN_TAGS:
            return False
        if str(event.tag) in _TEXT_TAGS:
            return True
        tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
        message = f"the tag '{tag}' is refused: a pipeline holds plain values only"
        self._findings.append(_finding(span, message, "yaml_tag"))
        return False

    def _alias(self, event: Any) -> None:
        span = self._source.span(event.start_mark.index, event.end_mark.index)
        name = str(event.anchor)
        if name not in self._anchors:
            raise _Stop(_finding(span, f"'*{name}' names nothing: no '&{name}' stands before it"))
        value, size, _ = self._anchors[name]
        if value is None:
            raise _Stop(_finding(span, f"'*{name}' stands inside of what it names"))
        if self._wants_key():
            if isinstance(value, Scalar):
                self._key(Scalar(value.text, span, value.quoted, value.scalar))
            else:
                self._refuse_key(span)
                self._skip_key(span)
            return
        self._last_end = span.end
        self._expanded += size
        if self._expanded > MAX_EXPANDED:
            message = f"aliases stand for more than {MAX_EXPANDED:,} values; the file is not read"
            raise _Stop(_finding(span, message, "alias_bomb"))
        self._add(value, size)

    def _define(self, anchor: str | None, value: Value | None, size: int, span: Span) -> None:
        if anchor is None:
            return
        earlier = self._anchors.get(anchor)
        if earlier is not None and earlier[0] is not None:
            place = (Related("it is defined first here", earlier[2]),)
            self._findings.append(_finding(span, f"'&{anchor}' is defined twice", related=place))
        self._anchors[anchor] = (value, size, span)

    def _add(self, value: Value, size: int) -> None:
        if not self._stack:
            self._root = value
            return
        top = self._stack[-1]
        top.size += size
        if not top.is_mapping:
            top.items.append(value)
            return
        assert top.key is not None
        if not top.drop:
            top.entries[top.key.text] = (top.key, value)
        top.key, top.drop = None, False

    # Keys

    def _wants_key(self) -> bool:
        return bool(self._stack) and self._stack[-1].is_mapping and self._stack[-1].key is None

    def _key(self, scalar: Scalar) -> None:
        top = self._stack[-1]
        top.key = Name(scalar.text, scalar.span)
        if scalar.scalar != "str":
            what = "empty" if not scalar.text else f"{_ARTICLE[scalar.scalar]} {scalar.scalar}"
            message = f"the key '{scalar.text}' is {what}; a key is a text: put it in quotes"
            edit = Edit(scalar.span.start, scalar.span.end, f'"{scalar.text}"')
            fix = Fix("put it in quotes", (edit,), safe=True)
            self._findings.append(replace(_finding(scalar.span, message), fix=fix))
        elif scalar.text == "<<" and not scalar.quoted:
            top.drop = True
            message = "merge keys ('<<') are refused; write the keys out, or use 'defaults'"
            self._findings.append(_finding(scalar.span, message))
        if scalar.text in top.entries:
            top.drop = True
            place = Related("it stands first here", top.entries[scalar.text][0].span)
            message = f"the key '{scalar.text}' stands twice in one mapping"
            self._findings.append(_finding(scalar.span, message, "duplicate_key", (place,)))

    def _refuse_key(self, span: Span) -> None:
        self._findings.append(_finding(span, "a key is a text, not a list or a mapping"))

    def _skip_key(self, span: Span) -> None:
        top = self._stack[-1]
        top.key, top.drop = Name("", span), True

    # Lists and mappings

    def _open(self, event: Any) -> None:
        at = self._after_properties(event.start_mark.index, len(self._source.text))
        place = self._source.span(min(at, event.end_mark.index), event.end_mark.index)
        if len(self._stack) >= MAX_DEPTH:
            message = f"values are nested more than {MAX_DEPTH} deep here; the file is not read"
            raise _Stop(_finding(place, message))
        self._tag(event, place)
        as_key = self._wants_key()
        if as_key:
            self._refuse_key(place)
        self._define(event.anchor, None, 0, place)
        is_mapping = type(event).__name__ == "MappingStartEvent"
        self._stack.append(_Open(event, event.anchor, is_mapping, as_key))

    def _close(self, event: Any) -> None:
        done = self._stack.pop()
        start = self._after_properties(done.event.start_mark.index, event.end_mark.index)
        in_brackets = self._source.text[start : start + 1] in ("[", "{")
        end = event.end_mark.index if in_brackets else self._last_end
        self._last_end = max(start, end)
        span = self._source.span(start, max(start, end))
        value: Value
        if done.is_mapping:
            value = Mapping(tuple(done.entries.values()), span)
        else:
            value = Sequence(tuple(done.items), span)
        if done.as_key:
            self._skip_key(span)
            return
        if done.anchor is not None:
            self._anchors[done.anchor] = (value, done.size, span)
        self._add(value, done.size)


_ARTICLE = {"int": "an", "float": "a", "bool": "a", "null": "a"}


def _finding(
    span: Span, message: str, rule: str = "syntax", related: tuple[Related, ...] = ()
) -> Diagnostic:
    return Diagnostic(rule, Severity.ERROR, span, message, related)
