"""Which keys stand where in YAML: the names to offer, and those that are accepted as well.

A node of a kind is offered what its kind reads. Other spellings, attributes that do no harm
there, and Graphviz's own drawing attributes are accepted and not offered, as the compiler
accepts them. It must not know what a value looks like.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..attributes import DRAWING, TABLE, Row, Where, is_synonym, never_read, spellings
from ..frontend.yaml_kinds import KINDS
from ..frontend.yaml_shapes import EDGE_NAMES, GRAPH_NAMES, NODE_NAMES
from ..value import Json
from .schema_policies import retry
from .schema_texts import Schema, ref, words
from .schema_values import attribute

_NAMES: Mapping[Where, Mapping[str, str]] = {
    "graph": GRAPH_NAMES,
    "node": NODE_NAMES,
    "edge": EDGE_NAMES,
}
_NOT_OFFERED = ("shape", "type", "branch", "max_retries")
PLACES: tuple[Where, ...] = ("graph", "node", "edge")


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one mapping: those to offer, those to accept, each with its row.

    `spelled` are further names of both, whose values `spelled_otherwise` describes.
    """

    where: Where
    offered: Mapping[str, Row]
    accepted: Mapping[str, Row]
    spelled: tuple[str, ...]

    def closed(self, **more: Json) -> Schema:
        """The properties of a mapping with these keys and no others.

        `more` are keys that are no attributes.
        """
        properties = dict(more)
        for name, row in self.offered.items():
            properties[name] = _meant(self.where, name, row)
        for name, row in self.accepted.items():
            properties[name] = _meant(f"{self.where}.accepted", name, row)
        spelled = [name for name in self.spelled if name not in properties]
        drawing = DRAWING - {*properties, *spelled}
        patterns: Schema = {f"^({words(spelled)})$": True} if spelled else {}
        return {
            "properties": properties,
            "patternProperties": {**patterns, f"^({words(sorted(drawing))})$": ref("drawing")},
            "additionalProperties": False,
        }


def _meant(place: str, name: str, row: Row) -> Schema:
    return ref(f"{place}.{'retry' if name == 'retry' else row.name}")


def rows(where: Where) -> tuple[Row, ...]:
    """The rows of a place."""
    return tuple(row for row in TABLE if where in row.where)


def yaml_name(where: Where, row: Row) -> str:
    """What a YAML author writes for a row."""
    if where == "node" and row.name == "retry_policy":
        return "retry"
    names = (name for name, meant in _NAMES[where].items() if meant == row.name)
    return next((name for name in names if where != "node" or name not in KINDS), row.name)


def keys(where: Where, *, without: Iterable[str] = ()) -> Keys:
    """The keys of a graph or an edge."""
    offered = [row for row in rows(where) if row.name not in _NOT_OFFERED]
    return _keys(where, offered, rows(where), without)


def node_keys(
    *kinds: str,
    without: Iterable[str] = (),
    within: Iterable[str] = (),
    only: Iterable[str] = (),
) -> Keys:
    """The keys that fit a node beside the key that says its kind.

    Accepted is what the first of `kinds` does not mind, offered what all of them read, but
    for the rows in `within`, which belong into the kind's own mapping. Of that mapping,
    `only` these are offered. Without any kind it is the keys of all nodes.
    """
    hidden = {*_NOT_OFFERED, *within}
    if only:
        hidden.update(row.name for row in rows("node") if row.name not in only)
    every = [row for row in rows("node") if not (kinds and never_read(kinds[0], row.name))]
    offered = [
        row
        for row in every
        if row.name not in hidden and all(not row.kinds or each in row.kinds for each in kinds)
    ]
    return _keys("node", offered, every, (*without, *KINDS))


def _keys(
    where: Where, offered: Iterable[Row], every: Iterable[Row], without: Iterable[str]
) -> Keys:
    fitting = {yaml_name(where, row): row for row in offered}
    known = {yaml_name(where, row): row for row in every}
    spelled = sorted({name for row in every for name in _spelled(where, row)})
    closed = set(without)
    return Keys(
        where,
        {name: row for name, row in fitting.items() if name not in closed},
        {n: row for n, row in known.items() if n not in closed and n not in fitting},
        tuple(name for name in spelled if name not in closed),
    )


def _spelled(where: Where, row: Row) -> Iterator[str]:
    """Every further name of a row."""
    own = yaml_name(where, row)
    for name in (*spellings(row), *_NAMES[where]):
        if name != own and _NAMES[where].get(name, row.name) == row.name:
            yield name


def definitions() -> Schema:
    """A definition for every row of every place, by place and canonical name.

    Those of `accepted` keys are not offered by an editor.
    """
    found: Schema = {"node.retry": retry()}
    for where in PLACES:
        for row in rows(where):
            found[f"{where}.{row.name}"] = attribute(row, yaml_name(where, row))
    for name in tuple(found):
        place, _, own = name.partition(".")
        found[f"{place}.accepted.{own}"] = {"doNotSuggest": True, "allOf": [ref(name)]}
    return found


def spelled_otherwise(where: Where) -> Schema:
    """Every further name of a place's rows, none of them offered.

    No `deprecationMessage`: editors show it as an error, and the compiler has only a note.
    """
    found: Schema = {}
    for row in rows(where):
        for name in _spelled(where, row):
            if where == "node" and name in KINDS:
                continue
            meant: Schema = {"doNotSuggest": True, "allOf": [ref(f"{where}.{row.name}")]}
            if name not in _NAMES[where] and not is_synonym(row, name):
                meant["description"] = f"'{name}' is spelled '{row.name}' here."
            found[name] = meant
    return {"properties": dict(sorted(found.items()))}
