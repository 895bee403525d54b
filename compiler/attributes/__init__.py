"""The attribute table: every attribute that means something, once.

The compiler reads it, and so do suggestions, the JSON Schema, the reference page and
editor hovers. Rows are data in the files beside this one; here are the lookups. It must
not know how a document is written or what a graph is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from ..value import nearest
from .drawing import DRAWING
from .regions import CHILDREN, REGIONS
from .row import Row, ValueType, Where
from .stages import EDGES, GRAPH, STAGES, SUBGRAPHS

__all__ = [
    "DRAWING",
    "TABLE",
    "Row",
    "ValueType",
    "Where",
    "elsewhere",
    "is_drawing",
    "is_synonym",
    "lookup",
    "suggest",
]

TABLE: tuple[Row, ...] = (*GRAPH, *SUBGRAPHS, *STAGES, *REGIONS, *CHILDREN, *EDGES)

_PLACES: tuple[Where, ...] = get_args(Where)


def _spellings(row: Row) -> tuple[str, ...]:
    """Every name under which a row is found, with underscores for its dots."""
    dotted = (row.name, *row.synonyms, *row.aliases)
    return (*dotted, *(name.replace(".", "_") for name in dotted if "." in name))


def _index() -> Mapping[tuple[Where, str], Row]:
    found: dict[tuple[Where, str], Row] = {}
    for row in TABLE:
        for where in row.where:
            for name in _spellings(row):
                if found.setdefault((where, name), row) is not row:
                    raise AssertionError(f"two rows claim {name!r} of a {where}")
    return found


_INDEX = _index()


def lookup(where: Where, name: str) -> Row | None:
    """The row that `name` means in that place, under any spelling; None if there is none."""
    return _INDEX.get((where, name))


def is_synonym(row: Row, name: str) -> bool:
    """Whether a spelling of a row needs no note: its own name, or a silent synonym."""
    return name == row.name or name in row.synonyms


def is_drawing(name: str) -> bool:
    """Whether it is one of Graphviz's own attributes, which a run never reads."""
    return name in DRAWING


def suggest(where: Where, name: str) -> str | None:
    """The attribute of that place that `name` most likely meant, by its canonical name."""
    return nearest(name, (row.name for row in TABLE if where in row.where))


def elsewhere(name: str) -> tuple[Where, ...]:
    """The places where `name` does mean something; () if nowhere."""
    return tuple(where for where in _PLACES if (where, name) in _INDEX)
