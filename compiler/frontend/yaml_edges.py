"""Reads where a YAML stage goes next: `next`, `choices`, `start`.

Apart from the stages, because targets are written in the same forms wherever they stand.
It must not know what kind of stage they leave.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..source import Span
from ..syntax import Attribute, EdgeStatement, Mapping, Name, Scalar, Sequence, Value
from .yaml_shapes import EDGE_NAMES, Findings, attributes, word


@dataclass(frozen=True, slots=True)
class Target:
    """One way on: the node it leads to and the edge's attributes, by canonical name."""

    to: Name
    attributes: tuple[Attribute, ...]
    span: Span

    @property
    def conditional(self) -> bool:
        """Whether the way is taken only if something holds."""
        return any(attribute.key.text == "condition" for attribute in self.attributes)

    def edge(self, source: Name) -> EdgeStatement:
        """The edge from `source`."""
        return EdgeStatement((source, self.to), self.attributes, self.span)


def targets(key: Name, value: Value, findings: Findings) -> tuple[Target, ...]:
    """`next`: a node id, a mapping `{to, when, ...}`, or a list of these."""
    items = value.items if isinstance(value, Sequence) else (value,)
    if not items:
        findings.error(value.span, f"'{key.text}' names no node; write one, or remove the key")
    found = (_target(key.text, item, findings) for item in items)
    return tuple(target for target in found if target is not None)


def choices(value: Value, findings: Findings) -> tuple[Target, ...]:
    """`choices`: label to target, a node id or `{to, when, ...}`."""
    mapping = findings.mapping(value, "'choices'")
    found: list[Target] = []
    for label, item in mapping.entries if mapping is not None else ():
        target = _target(f"choices: {label.text}", item, findings)
        if target is None:
            continue
        if any(attribute.key.text == "label" for attribute in target.attributes):
            findings.error(item.span, f"the choice '{label.text}' is its own label; remove 'label'")
            continue
        caption = Attribute(Name("label", label.span), word(label.text, label.span))
        found.append(
            Target(target.to, (caption, *target.attributes), label.span.through(item.span))
        )
    return tuple(found)


def _target(key: str, item: Value, findings: Findings) -> Target | None:
    match item:
        case Scalar():
            to = _node_id(key, item, findings)
            return None if to is None else Target(to, (), item.span)
        case Mapping():
            return _mapped(key, item, findings)
        case Sequence():
            findings.error(item.span, f"'{key}' leads to a node or a mapping with 'to', not a list")
            return None


def _node_id(key: str, item: Value, findings: Findings) -> Name | None:
    if isinstance(item, Scalar) and not item.quoted and item.scalar != "str":
        what = f"'{item.text}'" if item.text else "nothing"
        findings.error(item.span, f"'{key}' leads to a node's id, not {what}")
        return None
    return findings.name(item, f"what '{key}' leads to")


def _mapped(key: str, item: Mapping, findings: Findings) -> Target | None:
    to = item.get("to")
    if to is None:
        place = item.entries[0][0].span if item.entries else item.span
        findings.error(place, f"'{key}' does not say where to go; add 'to: <node>'")
        return None
    name = _node_id(key, to, findings)
    rest = [(each, value) for each, value in item.entries if each.text != "to"]
    read = attributes(rest, EDGE_NAMES, findings)
    return None if name is None else Target(name, tuple(read), item.span)
