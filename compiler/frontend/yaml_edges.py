"""Reads where a YAML stage goes next: `next`, `choices`, `start`.

Apart from the stages, because targets are written in the same forms wherever they stand.
It must not know what kind of stage they leave.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..source import Span
from ..syntax import Attribute, EdgeStatement, Mapping, Name, Sequence, Value
from .yaml_shapes import EDGE_NAMES, Findings, attributes, word


@dataclass(frozen=True, slots=True)
class Target:
    """One way on: the node it leads to and the edge's attributes, by canonical name."""

    to: Name
    attributes: tuple[Attribute, ...]
    span: Span

    @property
    def condition(self) -> Value | None:
        """What must hold for this way to be taken, if anything must."""
        given = (each.value for each in self.attributes if each.key.text == "condition")
        return next(given, None)

    def edge(self, source: Name) -> EdgeStatement:
        """The edge from `source`, which stands where its target is written."""
        return EdgeStatement((Name(source.text, self.to.span), self.to), self.attributes, self.span)


def targets(key: Name, value: Value, findings: Findings) -> tuple[Target, ...]:
    """`next`: a node id, a mapping `{to, when, ...}`, or a list of these."""
    items = value.items if isinstance(value, Sequence) else (value,)
    if not items:
        findings.error(value.span, f"'{key.text}' names no node; write one, or remove the key")
    found = (_target(key.text, item, findings) for item in items)
    return tuple(target for target in found if target is not None)


def choices(value: Value, findings: Findings) -> tuple[Target, ...]:
    """`choices`: label to target, a node id or `{to, when, ...}`."""
    mapping = findings.mapping(value, "'choices'", '{"[Y] Yes": <node>, "[N] No": <node>}')
    found: list[Target] = []
    for label, item in mapping.entries if mapping is not None else ():
        target = _target(label.text, item, findings)
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
    if not isinstance(item, Mapping):
        to = findings.node_id(item, f"'{key}'")
        return None if to is None else Target(to, (), item.span)
    given = parted(key, item, findings)
    if given is None:
        return None
    to = findings.node_id(given[0], "'to'")
    return None if to is None else Target(to, given[1], item.span)


def parted(
    key: str, item: Mapping, findings: Findings
) -> tuple[Value, tuple[Attribute, ...]] | None:
    """What `{to, when, ...}` leads to, and the edge's attributes; None if there is no `to`."""
    to = item.get("to")
    rest = [(name, value) for name, value in item.entries if name.text != "to"]
    if to is None:
        place = rest[0][0].span if rest else item.span
        message = f"'{key}' does not say where it leads; add 'to: <node>'"
        findings.error(place, message)
        return None
    return to, tuple(attributes(rest, EDGE_NAMES, findings))
