"""Composes the parser's events into values: scalars, lists, mappings, each with its place.

Iterative, and bounded in depth and in what aliases expand to, because files come from
anywhere. Keys must be text and unique; tags and merge keys are refused. It must not know
what a pipeline is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..diagnostic import Diagnostic, Related, Severity
from ..source import Source, Span
from ..syntax import Mapping, Name, Scalar, Sequence, Value
from .yaml_complaint import bad_escape, complain
from .yaml_events import Broken, Event
from .yaml_keys import no_key, wrong_key
from .yaml_layout import Layout
from .yaml_places import behind_properties, end_of_block, place_of_nothing
from .yaml_scalars import scalar_type

MAX_DEPTH = 64
MAX_ALIASED = 100_000

_SURROGATE = re.compile("[\ud800-\udfff]")
_ANCHOR = re.compile(r"[0-9A-Za-z_-]+")


class GaveUp(Exception):
    """The file goes beyond a limit; `finding` says which, and where."""

    def __init__(self, finding: Diagnostic) -> None:
        super().__init__(finding.message)
        self.finding = finding


@dataclass(slots=True)
class _Anchored:
    """What an alias stands for; `value` is None while it is still open."""

    span: Span
    value: Value | None = None
    size: int = 1
    height: int = 0


@dataclass(slots=True)
class _Open:
    """A list or mapping that is being read. `end` is where its last part so far ended."""

    start: int
    end: int
    is_mapping: bool
    anchor: str | None
    items: list[Value] = field(default_factory=list)
    entries: list[tuple[Name, Value]] = field(default_factory=list)
    keys: dict[str, Name] = field(default_factory=dict)
    key: Name | None = None
    awaits_value: bool = False
    size: int = 1
    height: int = 1

    def reach(self, span: Span) -> None:
        """Notes where its last part ends; an alias's value may stand before it."""
        if span.end > self.end:
            self.end = span.end


class Composer:
    """Composes one file: `feed` it the events, then read the fields.

    `root` is the first document's value. `broken` tells that a value is missing, so that
    what follows from it should not be looked at; `findings` say why.
    """

    def __init__(self, source: Source) -> None:
        self.root: Value | None = None
        self.layout = Layout()
        self.findings: list[Diagnostic] = []
        self.broken = False
        self.finished = False
        self.end = 0
        self._source = source
        self._text = source.text
        self._open: list[_Open] = []
        self._anchors: dict[str, _Anchored] = {}
        self._aliased = 0
        self._documents: list[Span] = []

    def feed(self, event: Event) -> None:
        """Takes the next event; raises `GaveUp` beyond a limit."""
        match type(event).__name__:
            case "ScalarEvent":
                self._scalar(event)
            case "MappingStartEvent":
                self._begin(event, is_mapping=True)
            case "SequenceStartEvent":
                self._begin(event, is_mapping=False)
            case "MappingEndEvent" | "SequenceEndEvent":
                self._close(event)
            case "AliasEvent":
                self._alias(event)
            case "DocumentStartEvent":
                self._document(event)

    # Nodes

    def _scalar(self, event: Event) -> None:
        start, end = event.start_mark.index, min(event.end_mark.index, len(self._text))
        tagged = False
        if event.tag is not None or event.anchor:
            start, tagged = self._properties(event, is_scalar=True)
        if event.style in ("|", ">"):
            below, end = end_of_block(self._text, start, end)
            self.layout.add(below, end, plain=False)
        elif start < end:
            self.layout.add(start, end, plain=not event.style)
        elif not self._open:
            start = end
        elif not (event.anchor or tagged):
            around = self._open[-1]
            start = end = place_of_nothing(self._text, around.end, in_mapping=around.is_mapping)
        text = event.value
        quoted = bool(event.style) or tagged
        if event.style == '"' and _SURROGATE.search(text):
            raise GaveUp(bad_escape(self._source, start))
        span = self._source.span(start, max(start, end))
        if self._open and self._open[-1].is_mapping and not self._open[-1].awaits_value:
            self._anchored(event.anchor, span, Scalar(text, span, True))
            self._key(text, span, quoted)
            return
        scalar = Scalar(text, span, quoted, "str" if quoted else scalar_type(text))
        self._anchored(event.anchor, span, scalar)
        self._put(scalar, 1, 0)

    def _begin(self, event: Event, *, is_mapping: bool) -> None:
        start = event.start_mark.index
        if event.tag is not None or event.anchor:
            start, _ = self._properties(event, is_scalar=False)
        if len(self._open) >= MAX_DEPTH:
            self._too_deep(self._source.span(start, start + 1))
        if event.anchor:
            self._anchored(event.anchor, self._source.span(start, start), None)
        self._open.append(_Open(start, start, is_mapping, event.anchor))

    def _close(self, event: Event) -> None:
        done = self._open.pop()
        end = done.end
        if self._text[done.start : done.start + 1] in ("[", "{") and event.end_mark.index > end:
            end = event.end_mark.index
        span = self._source.span(done.start, max(end, done.start))
        value: Value
        if done.is_mapping:
            value = Mapping(tuple(done.entries), span)
        else:
            value = Sequence(tuple(done.items), span)
        if done.anchor:
            self._anchors[done.anchor] = _Anchored(span, value, done.size, done.height)
        self._put(value, done.size, done.height)

    def _alias(self, event: Event) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        name, span = event.anchor, self._source.span(start, end)
        self._check_name(name, start)
        meant = self._anchors.get(name)
        if meant is None or meant.value is None:
            message = f"no anchor '&{name}' stands above"
            mend = None if meant else "put a text that begins with '*' in quotes"
            if meant is not None:
                message = f"'*{name}' stands inside of '&{name}'; a value cannot hold itself"
            self._error("syntax", span, message, help_=mend)
            self.broken = True
            self._put(Scalar("", span, scalar="null"), 1, 0)
            return
        self._aliased += meant.size
        if self._aliased > MAX_ALIASED:
            message = f"the aliases of this file expand to more than {MAX_ALIASED} values"
            raise GaveUp(Diagnostic("alias_bomb", Severity.ERROR, span, message))
        if len(self._open) + meant.height > MAX_DEPTH:
            self._too_deep(span)
        self._put(meant.value, meant.size, meant.height, span)

    def _put(self, value: Value, size: int, height: int, span: Span | None = None) -> None:
        """Puts a finished value, or an alias's at `span`, where it belongs."""
        if not self._open:
            self.root = value
            return
        around = self._open[-1]
        around.size += size
        if height >= around.height:
            around.height = height + 1
        if not around.is_mapping:
            around.items.append(value)
        elif not around.awaits_value:
            self._value_as_key(value, span or value.span)
            return
        elif around.key is not None:
            around.entries.append((around.key, value))
        around.awaits_value = False
        around.reach(span or value.span)

    # Keys

    def _value_as_key(self, value: Value, span: Span) -> None:
        if isinstance(value, Scalar):
            self._key(value.text, span, value.quoted)
            return
        self.findings.append(no_key(value, span, self._source))
        self.broken = True
        self._await_value(None, span)

    def _key(self, text: str, span: Span, quoted: bool) -> None:
        wrong, serves = wrong_key(text, span, quoted)
        if wrong is not None:
            self.findings.append(wrong)
        self.broken = self.broken or not serves
        key = Name(text, span) if serves else None
        if key is not None:
            first = self._open[-1].keys.setdefault(text, key)
            if first is not key:
                related = (Related("the first one", first.span),)
                message = f"the key '{text}' stands twice"
                self._error("duplicate_key", span, message, related, help_="remove one")
                key = None
        self._await_value(key, span)

    def _await_value(self, key: Name | None, span: Span) -> None:
        around = self._open[-1]
        around.key, around.awaits_value = key, True
        around.reach(span)

    # Tags, anchors, documents

    def _properties(self, event: Event, *, is_scalar: bool) -> tuple[int, bool]:
        """Where a node begins behind its tag and its anchor, and whether it has a tag."""
        if event.anchor:
            self._check_name(event.anchor, max(self._text.find("&", event.start_mark.index), 0))
        start, tag = behind_properties(self._text, event, is_scalar=is_scalar)
        written = self._text[tag[0] : tag[1]] if tag else "!"
        if tag and not (is_scalar and written in ("!", "!!str")):
            message = f"the tag '{written}' is refused: a pipeline is plain data"
            mend = "remove it; a text that begins with '!' needs quotes"
            self._error("yaml_tag", self._source.span(*tag), message, help_=mend)
        return start, tag is not None

    def _check_name(self, name: str, start: int) -> None:
        """The name of an anchor or alias must be one that both parsers take."""
        after = self._text[start + 1 + len(name) : start + 2 + len(name)]
        if not _ANCHOR.fullmatch(name) or (after and not after.isspace() and after not in ",[]{}"):
            raise GaveUp(complain(self._source, Broken("", start, "while scanning an alias")))

    def _anchored(self, name: str | None, span: Span, value: Value | None) -> None:
        if not name:
            return
        first = self._anchors.get(name)
        if first is not None:
            related = (Related("the first one", first.span),)
            message = f"the anchor '&{name}' is set twice; give this one another name"
            self._error("syntax", span, message, related)
        self._anchors[name] = _Anchored(span, value)

    @property
    def unclosed(self) -> int | None:
        """The offset of the innermost bracket that is still open."""
        brackets = (each.start for each in reversed(self._open))
        return next((at for at in brackets if self._text[at : at + 1] in ("[", "{")), None)

    def _document(self, event: Event) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        span = self._source.span(start, min(end, len(self._text)))
        if self._documents and start == end:
            raise GaveUp(complain(self._source, Broken("expected <document start>", start)))
        if self._documents:
            self.finished, self.end = True, start
            message = "a file holds one pipeline; this second document is not read"
            self._error("syntax", span, message, help_="use a file for each")
        self._documents.append(span)

    # Findings

    def _too_deep(self, span: Span) -> None:
        message = f"lists and mappings are nested more than {MAX_DEPTH} deep here"
        raise GaveUp(Diagnostic("too_large", Severity.ERROR, span, message))

    def _error(
        self,
        rule: str,
        span: Span,
        message: str,
        related: tuple[Related, ...] = (),
        *,
        help_: str | None = None,
    ) -> None:
        self.findings.append(Diagnostic(rule, Severity.ERROR, span, message, related, help_))
