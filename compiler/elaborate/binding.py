"""Binds the attributes of one statement to the table: names resolved, values typed.

Done once for each statement, before it is known which nodes or edges the statement is
about, so that a fault in a default block is found once. It must not know scopes or kinds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from ..attributes import Row, Where, elsewhere, is_drawing, is_synonym, lookup, suggest
from ..diagnostic import Edit, Fix, Related
from ..graph.elements import Attr
from ..source import Source
from ..syntax import Attribute, Mapping, Name, Scalar, Value
from .findings import Findings
from .values import Place, read_value


@dataclass(frozen=True, slots=True)
class Bound:
    """Attributes by canonical name, unknown ones by the name as written."""

    attrs: dict[str, Attr] = field(default_factory=dict)
    extra: dict[str, Attr] = field(default_factory=dict)


_OF = {"graph": "a graph", "subgraph": "a subgraph", "node": "a node", "edge": "an edge"}
_RETRY_KEYS = {"max": "max_retries", "backoff": "retry_policy"}


class Binder:
    """Binds the statements of one document."""

    def __init__(
        self, source: Source, language: Literal["dot", "yaml"], findings: Findings
    ) -> None:
        self._source = source
        self._language = language
        self._findings = findings

    def bind(self, where: Where, attributes: tuple[Attribute, ...], own: bool = True) -> Bound:
        """The attributes that a statement gives to its nodes, edges or graph."""
        bound = Bound()
        if not attributes:
            return bound
        for attribute in self._expanded(attributes):
            key, value = attribute.key, attribute.value
            row = lookup(where, key.text)
            if row is None:
                if not is_drawing(key.text):
                    from ..frontend.inputs import plain

                    self._unknown(where, key)
                    bound.extra[key.text] = self._attr(key.text, plain(value), key, value, own)
                continue
            if not is_synonym(row, key.text):
                self._other_spelling(row, key)
            if row.name in bound.attrs:
                self._twice(row, key, bound.attrs[row.name])
            name = attribute.written or key.text
            typed = read_value(value, Place(row, name, self._source, self._findings))
            bound.attrs[row.name] = self._attr(row.name, typed, key, value, own)
        return bound

    def _attr(self, name: str, typed: object, key: Name, value: Value, own: bool) -> Attr:
        if isinstance(value, Scalar):
            text = value.text
        else:
            text = self._source.text[value.span.start : value.span.end]
        return Attr(name, typed, text, key.span, value.span, own)

    def _expanded(self, attributes: tuple[Attribute, ...]) -> Iterator[Attribute]:
        """`retry: {max: 2, backoff: patient}` and `retry: 2` as the attributes they stand for."""
        for attribute in attributes:
            value = attribute.value
            if attribute.key.text != "retry":
                yield attribute
            elif isinstance(value, Scalar) and re.fullmatch(r"[0-9]+", value.text):
                yield Attribute(Name("max_retries", attribute.key.span), value)
            elif isinstance(value, Mapping):
                for name, inner in value.entries:
                    meant = _RETRY_KEYS.get(name.text)
                    if meant:
                        yield Attribute(Name(meant, name.span), inner)
                    else:
                        self._findings.add(
                            "unknown_attribute",
                            name.span,
                            f"'retry' has no '{name.text}', only {' and '.join(_RETRY_KEYS)}",
                        )
            else:
                yield attribute

    def _unknown(self, where: Where, key: Name) -> None:
        """Reports a name once a file and place: one of another place, or none at all."""
        if not self._findings.first_of(where, key.text):
            return
        places = elsewhere(key.text)
        if places:
            mend = None
            if where == "subgraph" and "node" in places:
                mend = f"write node [{key.text}=...] for the nodes inside"
            message = f"'{key.text}' is read from {_listed(places)}, never from {_OF[where]}"
            self._findings.add("ignored_attribute", key.span, message, help=mend)
            return
        meant = suggest(where, key.text)
        message = f"'{key.text}' is no attribute of {_OF[where]}; it is kept, but nothing reads it"
        mend = f"did you mean '{meant}'?" if meant else None
        self._findings.add("unknown_attribute", key.span, message, help=mend)

    def _other_spelling(self, row: Row, key: Name) -> None:
        plain_name = re.fullmatch(r"\w+", row.name) is not None
        written = row.name if plain_name or self._language == "yaml" else f'"{row.name}"'
        edit = Edit(key.span.start, key.span.end, written)
        self._findings.add(
            "deprecated_spelling",
            key.span,
            f"'{key.text}' is spelled '{row.name}' here",
            fix=Fix(f"write {written}", (edit,), safe=True),
        )

    def _twice(self, row: Row, key: Name, first: Attr) -> None:
        self._findings.add(
            "duplicate_attribute",
            key.span,
            f"'{row.name}' stands twice here; the last one counts",
            related=(Related("the first one", first.key_span),),
        )


def _listed(places: tuple[Where, ...]) -> str:
    return " or ".join(_OF[place] for place in places)
