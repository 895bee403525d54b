"""What the language has and this version does not run yet: one error for each, once a file.

Deleting a row here is part of building what it names. It must not know anything else
about the attributes that it lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..graph.elements import Attr, Kind
from ..source import Span
from .findings import Findings

_VERSION = "is not implemented in this version of attractorc"


def _always(value: Any) -> bool:
    return True


_ATTRIBUTES: Mapping[str, tuple[Callable[[Any], bool], str, str]] = {}
REFUSED: Mapping[str, str] = {name: row[1] for name, row in _ATTRIBUTES.items()}
"""The attributes that are refused, or some value of them, and what that would be."""

_KINDS: Mapping[Kind, str] = {}


def unsupported_kind(node: str, kind: Kind, span: Span, findings: Findings) -> None:
    """Reports a node of a kind that cannot be run."""
    what = _KINDS.get(kind)
    if what:
        _report(what, span, "leave the node out", findings, node)


def _report(what: str, span: Span, mend: str, findings: Findings, node: str | None = None) -> None:
    if findings.first_of("unsupported", what):
        findings.add("unsupported", span, f"{what} {_VERSION}", help=mend, node=node)


def unsupported_attributes(attrs: Iterable[Attr], findings: Findings) -> None:
    """Reports the attributes that would have to be ignored."""
    for attr in attrs:
        row = _ATTRIBUTES.get(attr.name)
        if row and row[0](attr.value):
            _report(row[1], attr.value_span, row[2], findings)
