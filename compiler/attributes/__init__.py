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
from .pipelines import EDGES, GRAPH, SUBGRAPHS
from .regions import CHILDREN, REGIONS
from .row import Row, ValueType, Where
from .stages import STAGES

__all__ = [
    "DRAWING",
    "JUDGED",
    "MODELS",
    "REGION_KINDS",
    "RETRIES",
    "TABLE",
    "Row",
    "ValueType",
    "Where",
    "elsewhere",
    "is_drawing",
    "is_synonym",
    "lookup",
    "never_read",
    "spellings",
    "suggest",
]

JUDGED: frozenset[str] = frozenset(
    {row.name for row in REGIONS}
    | {"tool_command", "output", "human.default_choice", "pipeline", "with"}
)
RETRIES = frozenset({"max_retries", "retry_policy"})
REGION_KINDS = ("parallel", "parallel.fan_in")
MODELS = frozenset(
    {"llm_model", "llm_provider", "reasoning_effort", "backend", "fidelity", "thread_id"}
)

TABLE: tuple[Row, ...] = (*GRAPH, *SUBGRAPHS, *STAGES, *REGIONS, *CHILDREN, *EDGES)

_PLACES: tuple[Where, ...] = get_args(Where)


def spellings(row: Row) -> tuple[str, ...]:
    """Every name under which a row is found, with underscores for its dots."""
    dotted = (row.name, *row.synonyms, *row.aliases)
    return (*dotted, *(name.replace(".", "_") for name in dotted if "." in name))


def _index() -> Mapping[tuple[Where, str], Row]:
    found: dict[tuple[Where, str], Row] = {}
    for row in TABLE:
        for where in row.where:
            for name in spellings(row):
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


def never_read(kind: str, name: str) -> bool:
    """Whether an attribute means nothing on a node of that kind, and is surely a mistake there.

    Only what says how a stage behaves is judged; a model or a timeout does no harm anywhere.
    What a region's ends read depends on their winner rule, and is judged with it.
    """
    if kind == "custom":
        return False
    row = lookup("node", name)
    if name not in JUDGED or row is None:
        return False
    return bool(row.kinds) and kind not in row.kinds


def elsewhere(name: str) -> tuple[Where, ...]:
    """The places where `name` does mean something; () if nowhere."""
    return tuple(where for where in _PLACES if (where, name) in _INDEX)
