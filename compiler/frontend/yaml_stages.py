"""Reads one node of a YAML pipeline: its kind, its attributes, its ways on, its branches.

The kind is the key that the node has; every form becomes the attributes that DOT would
have. Inline branch nodes are read here too, since they are nodes. It must not know how the
branches of a fan-out get to their fan-in.
"""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from itertools import pairwise

from ..diagnostic import Related
from ..source import Span
from ..syntax import Attribute, Mapping, Name, Scalar, Sequence, Value
from .yaml_edges import Target, choices, targets
from .yaml_shapes import (
    NODE_NAMES,
    Findings,
    attributes,
    is_nothing,
    shape,
    word,
)

# The key that makes a node's kind, and the type that DOT would write ('' for an agent).
KINDS: Table[str, str] = {
    "prompt": "",
    "run": "tool",
    "ask": "wait.human",
    "parallel": "parallel",
    "fan_in": "parallel.fan_in",
    "route": "conditional",
    "supervise": "stack.manager_loop",
    "pipeline": "",
    "uses": "",
}
# The specification's own names, which say a node's kind as well.
_SPOKEN = {"tool_command": "run"}
_DECLARED = ("type", "shape")
_FLOW = ("next", "choices")
_CHILD = {
    "pipeline": "stack.child_dotfile",
    "workdir": "stack.child_workdir",
    "autostart": "stack.child_autostart",
}
_LISTED = ", ".join(f"'{kind}'" for kind in KINDS)


@dataclass(slots=True)
class Stage:
    """A node as far as it is read.

    `targets` are its edges; of a fan-out, `branches` are its branch edges and `joins` the node
    that its branches go to.
    """

    id: Name
    span: Span
    kind: str = ""
    attributes: list[Attribute] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    branches: list[Target] = field(default_factory=list)
    joins: Target | None = None

    def has(self, key: str, *values: str) -> bool:
        """Whether an attribute has one of these values."""
        return any(
            attribute.key.text == key
            and isinstance(attribute.value, Scalar)
            and attribute.value.text in values
            for attribute in self.attributes
        )

    @property
    def is_start(self) -> bool:
        """Whether this is the pipeline's entry."""
        return self.id.text == "start" or self.has("shape", "Mdiamond") or self.has("type", "start")

    @property
    def is_exit(self) -> bool:
        """Whether this is the pipeline's exit."""
        return self.id.text == "exit" or self.has("shape", "Msquare") or self.has("type", "exit")


class StageReader:
    """Reads nodes; `stages` are all of them by id, inline ones included, in file order."""

    def __init__(self, findings: Findings, taken: frozenset[str]) -> None:
        self._findings = findings
        self._taken = {*taken, "start", "exit"}
        self._links: list[tuple[Name, Name]] = []
        self.stages: dict[str, Stage] = {}

    def read(self, name: Name, body: Value) -> Stage | None:
        """Read the node `name`; None, with a finding, if it is no mapping."""
        if is_nothing(body) and name.text in ("start", "exit"):
            body = Mapping((), body.span)
        mapping = self._findings.mapping(body, f"the node '{name.text}'")
        if mapping is None:
            return None
        stage = Stage(name, name.span.through(mapping.span))
        self.stages[name.text] = stage
        stage.kind, kind_key = self._kind(stage, mapping)
        plain: list[tuple[Name, Value]] = []
        for key, value in mapping.entries:
            if key is kind_key:
                plain.extend(self._form(stage, key, value))
            elif key.text in KINDS and kind_key is not None:
                continue  # a second kind, which has its finding
            elif key.text not in _FLOW:
                plain.append((key, value))
        stage.attributes.extend(attributes(plain, NODE_NAMES, self._findings))
        self._default_shape(stage, kind_key, mapping)
        self._ways_on(stage, mapping)
        return stage

    # Kinds

    def _kind(self, stage: Stage, mapping: Mapping) -> tuple[str, Name | None]:
        """The kind of a node, and the key that says it."""
        keys = [key for key, _ in mapping.entries if key.text in KINDS]
        if len(keys) > 1:
            names = " and ".join(f"'{key.text}'" for key in keys)
            message = f"the node '{stage.id.text}' has {names}; a node has one of {_LISTED}"
            self._findings.error(keys[1].span, message, rule="node_kind", node=stage.id.text)
        if keys:
            return keys[0].text, keys[0]
        declared = any(key.text in _DECLARED for key, _ in mapping.entries)
        for key, _ in mapping.entries:
            if key.text in _SPOKEN and not declared:
                return _SPOKEN[key.text], key
        if not declared and stage.id.text not in ("start", "exit"):
            message = (
                f"the node '{stage.id.text}' does not say what it is; give it one of {_LISTED}"
            )
            self._findings.error(stage.id.span, message, rule="node_kind", node=stage.id.text)
        return "", None

    def _form(self, stage: Stage, key: Name, value: Value) -> list[tuple[Name, Value]]:
        """The attributes that the kind's key and its value stand for."""
        kind = stage.kind
        made: list[tuple[Name, Value]] = []
        if KINDS[kind]:
            made.append((Name("type", key.span), word(KINDS[kind], key.span)))
        match kind:
            case "prompt" | "pipeline" | "run" | "ask" | "uses":
                text = self._findings.text(value, f"'{key.text}'")
                name = {"run": "tool_command", "ask": "label", "uses": "type"}.get(kind, kind)
                return made if text is None else [*made, (Name(name, key.span), text)]
            case "parallel":
                self._branches(stage, value)
            case "fan_in" | "supervise":
                made.extend(self._settings(kind, key, value))
            case _:
                if not (isinstance(value, Scalar) and value.text == "true"):
                    self._findings.error(value.span, f"'route' is 'true', not {shape(value)}")
        return made

    def _settings(self, kind: str, key: Name, value: Value) -> list[tuple[Name, Value]]:
        """What stands in the mapping of `fan_in` and `supervise`; `true` is an empty one."""
        if is_nothing(value) or (isinstance(value, Scalar) and value.text == "true"):
            return []
        mapping = self._findings.mapping(value, f"'{key.text}'")
        if mapping is None:
            return []
        if kind == "fan_in":
            return list(mapping.entries)
        return [(Name(_managed(name.text), name.span), given) for name, given in mapping.entries]

    def _default_shape(self, stage: Stage, key: Name | None, mapping: Mapping) -> None:
        """An entry or exit that says nothing else has its shape."""
        if key is not None or any(each.text in _DECLARED for each, _ in mapping.entries):
            return
        shapes = {"start": "Mdiamond", "exit": "Msquare"}
        if stage.id.text in shapes:
            at = stage.id.span
            shaped = word(shapes[stage.id.text], at)
            stage.attributes.insert(0, Attribute(Name("shape", at), shaped))

    # Ways on

    def _ways_on(self, stage: Stage, mapping: Mapping) -> None:
        for key, value in mapping.entries:
            if key.text == "choices":
                if stage.kind != "ask":
                    self._findings.error(key.span, "'choices' belongs to a node with 'ask'")
                stage.targets.extend(choices(value, self._findings))
            elif key.text == "next":
                found = targets(key, value, self._findings)
                if stage.kind == "parallel":
                    self._after_fan_out(stage, found)
                else:
                    stage.targets.extend(found)

    def _after_fan_out(self, stage: Stage, found: tuple[Target, ...]) -> None:
        """A fan-out's `next` is where its branches meet; with `when`, a way on after that."""
        stage.targets.extend(target for target in found if target.conditional)
        meetings = [target for target in found if not target.conditional]
        if not meetings:
            return
        stage.joins = meetings[0]
        for other in meetings[1:]:
            message = "the branches of a fan-out meet at one node; the others need 'when'"
            self._findings.error(other.span, message, node=stage.id.text)

    # Branches

    def _branches(self, stage: Stage, value: Value) -> None:
        mapping = self._findings.mapping(value, "'parallel'", "branch id: first node")
        for branch, form in mapping.entries if mapping is not None else ():
            entry = self._chain(branch, form)
            if entry is not None:
                named = Attribute(Name("branch", branch.span), word(branch.text, branch.span))
                span = branch.span.through(form.span)
                stage.branches.append(Target(entry, (named,), span))

    def _chain(self, branch: Name, form: Value) -> Name | None:
        """The first node of a branch: a node's id, an inline node, or a list of these."""
        items = form.items if isinstance(form, Sequence) else (form,)
        if not items:
            self._findings.error(form.span, f"the branch '{branch.text}' has no node")
        names = [self._link(branch, item, index, len(items)) for index, item in enumerate(items)]
        read = [name for name in names if name is not None]
        self._links.extend(pairwise(read))
        return read[0] if read else None

    def _link(self, branch: Name, item: Value, index: int, count: int) -> Name | None:
        if isinstance(item, Mapping):
            at = item.entries[0][0].span if item.entries else item.span
            name = Name(self._free(branch.text, index, count), at)
            return name if self.read(name, item) is not None else None
        return self._findings.name(item, f"a node of the branch '{branch.text}'")

    def _free(self, branch: str, index: int, count: int) -> str:
        """An id for an inline node: the branch's own, or with its place in the chain."""
        number = index + 1
        name = branch if count == 1 else f"{branch}_{number}"
        while name in self._taken:
            name = f"{branch}_{number}"
            number += 1
        self._taken.add(name)
        return name

    def link_chains(self) -> None:
        """Join the nodes of each branch's chain, once all nodes are read."""
        for name, following in self._links:
            stage = self.stages.get(name.text)
            if stage is None:
                continue  # an unknown node, which is told where edges are checked
            link = Target(following, (), following.span)
            if stage.targets or stage.joins is not None:
                place = (Related("it goes on to this in its branch", following.span),)
                message = f"'{name.text}' stands in a chain and goes on by itself; remove one"
                at = (stage.joins or stage.targets[0]).span
                self._findings.error(at, message, related=place, node=name.text)
            elif stage.kind == "parallel":
                stage.joins = link
            else:
                stage.targets.append(link)


def _managed(name: str) -> str:
    if "." in name:
        return name
    return _CHILD.get(name, f"manager.{name}")
