"""What stands where in a YAML pipeline, from the nodes that ruamel.yaml composes.

Apart from DOT because YAML's document says what was meant, and an author deletes lines and
entries. For tests only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from .places import Field, Owner, Piece, Places, Reference, Stretch

_NAMED = ("retry_target", "fallback_retry_target", "human.default_choice")


def read(found: Places) -> None:
    """Fill the places of a YAML text."""
    root = YAML(pure=True).compose(found.text)  # type: ignore[no-untyped-call]
    for key, value in _pairs(root):
        if key.value == "nodes":
            for name, body in _pairs(value):
                found.declarations.append(Piece((name.value,), _whole(found, name, body)))
                _node(found, name.value, body)
        elif key.value == "start":
            found.references.append(Reference(value.value, "start", _at(value)))
        elif key.value != "pipeline":
            _field(found, "graph", "", key, value)


def _pairs(node: Node) -> Iterator[tuple[ScalarNode, Node]]:
    return iter(node.value if isinstance(node, MappingNode) else ())


def _node(found: Places, name: str, body: Node) -> None:
    for key, value in _pairs(body):
        if key.value == "next":
            _next(found, name, key, value)
        elif key.value == "choices":
            _choices(found, name, value)
        elif key.value == "parallel":
            _branches(found, name, value)
        elif key.value == "fan_in":
            for inner, setting in _pairs(value):
                _field(found, "node", name, inner, setting)
        else:
            _field(found, "node", name, key, value)


def _next(found: Places, name: str, key: ScalarNode, value: Node) -> None:
    if isinstance(value, ScalarNode):
        _edge(found, name, value, _whole(found, key, value))
    for item in value.value if isinstance(value, SequenceNode) else ():
        if isinstance(item, ScalarNode):
            _edge(found, name, item, _item(found, item))
        for inner, setting in _pairs(item):
            if inner.value == "to":
                _edge(found, name, setting, _item(found, item))
            else:
                _field(found, "edge", name, inner, setting)


def _choices(found: Places, name: str, value: Node) -> None:
    for label, target in _pairs(value):
        whole = _whole(found, label, target)
        _edge(found, name, target, whole)
        found.fields.append(Field("edge", name, "label", _at(label), _at(label), whole))


def _branches(found: Places, name: str, value: Node) -> None:
    for branch, target in _pairs(value):
        whole = _whole(found, branch, target)
        if isinstance(target, ScalarNode):
            _edge(found, name, target, whole)
        else:
            found.edges.append(Piece((name, branch.value), whole))
        for stage in target.value if isinstance(target, SequenceNode) else [target]:
            _node(found, branch.value, stage)


def _edge(found: Places, source: str, target: Node, whole: Stretch) -> None:
    found.edges.append(Piece((source, str(target.value)), whole))
    found.references.append(Reference(str(target.value), source, _at(target)))


def _field(found: Places, owner: Owner, of: str, key: ScalarNode, value: Node) -> None:
    whole = _whole(found, key, value)
    found.fields.append(Field(owner, of, key.value, _at(key), _at(value), whole))
    if key.value in _NAMED:
        found.references.append(Reference(str(value.value), of, _at(value)))
    for inner, setting in _pairs(value):
        if key.value == "merge":
            found.rules.append(Piece((inner.value,), _whole(found, inner, setting)))
        else:
            _field(found, owner, of, inner, setting)


def _at(node: Node) -> Stretch:
    marks = cast(Any, node)
    end = marks.end_mark.index
    return Stretch(marks.start_mark.index, end)


def _whole(found: Places, key: ScalarNode, value: Node) -> Stretch:
    start, end = _at(key).start, _at(value).end
    end = start + len(found.text[start:end].rstrip())
    return found.with_lines(Stretch(start, end))


def _item(found: Places, item: Node) -> Stretch:
    place = _at(item)
    dash = found.text.rfind("- ", 0, place.start)
    alone = dash >= 0 and not found.text[dash + 1 : place.start].strip()
    start = dash if alone else place.start
    end = start + len(found.text[start : place.end].rstrip())
    return found.with_lines(Stretch(start, end))
