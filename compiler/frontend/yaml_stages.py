"""Reads one node of a YAML pipeline: its kind, its attributes, its ways on, its branches.

The kind is the key that the node has; every form becomes the attributes that DOT would
have. Inline branch nodes are read here too, since they are nodes. It must not know how the
branches of a fan-out get to their fan-in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from ..diagnostic import Related
from ..expr import asks_outcome
from ..source import Span
from ..syntax import Attribute, Mapping, Name, Scalar, Sequence, Value
from .condition import parse_condition
from .small import Problem
from .yaml_edges import Target, choices, parted, targets
from .yaml_kinds import ENDS, KINDS, declares_kind, kind_of, stands_for
from .yaml_shapes import NODE_NAMES, Findings, attributes, is_nothing, word

FLOW = ("next", "choices")


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
        if is_nothing(body) and name.text in ENDS:
            body = Mapping((), body.span)
        if not name.text:
            self._findings.error(name.span, "a node's id cannot be empty")
            return None
        what = f"the node '{name.text}'"
        mapping = self._findings.mapping(body, what, "for example {prompt: What to do}")
        if mapping is None:
            return None
        after = mapping.span.end > name.span.start
        stage = Stage(name, name.span.through(mapping.span) if after else name.span)
        self.stages[name.text] = stage
        stage.kind, kind_key = kind_of(name, mapping, self._findings)
        plain: list[tuple[Name, Value]] = []
        for key, value in mapping.entries:
            if key is kind_key:
                plain.extend(stands_for(stage.kind, key, value, self._findings))
                if stage.kind == "parallel":
                    self._branches(stage, value)
            elif key.text in FLOW or (key.text in KINDS and kind_key is not None):
                continue
            else:
                plain.append((key, value))
        stage.attributes.extend(attributes(plain, NODE_NAMES, self._findings))
        if name.text in ENDS and kind_key is None and not declares_kind(mapping):
            shaped = word(ENDS[name.text], name.span)
            stage.attributes.insert(0, Attribute(Name("shape", name.span), shaped))
        self._ways_on(stage, mapping)
        return stage

    # Ways on

    def _ways_on(self, stage: Stage, mapping: Mapping) -> None:
        for key, value in mapping.entries:
            if key.text == "choices":
                if stage.kind != "ask":
                    message = "'choices' belongs to a node with 'ask'"
                    mend = "write next: [{to: <node>, label: <text>}]"
                    self._findings.error(key.span, message, node=stage.id.text, mend=mend)
                stage.targets.extend(choices(value, self._findings))
            elif key.text == "next":
                found = targets(key, value, self._findings)
                if stage.kind == "parallel":
                    self._after_fan_out(stage, found)
                else:
                    stage.targets.extend(found)

    def _after_fan_out(self, stage: Stage, found: tuple[Target, ...]) -> None:
        """A fan-out's `next` is where its branches meet; with `when`, a way on after that."""
        for target in found:
            if target.condition is not None:
                self._check_condition(target, asks=True)
                stage.targets.append(target)
            elif stage.joins is not None:
                message = "the branches of a fan-out meet at one node; another way needs 'when'"
                self._findings.error(target.span, message, node=stage.id.text)
            else:
                stage.joins = target
                for attribute in target.attributes:
                    message = f"'{attribute.written}' means nothing here: no edge leads there"
                    mend = "write it on the branches' last nodes"
                    self._findings.error(attribute.key.span, message, mend=mend)

    def _check_condition(self, target: Target, *, asks: bool) -> None:
        """Only a condition that asks for the outcome can lead a fan-out on after its join."""
        condition = target.condition
        if not isinstance(condition, Scalar):
            return
        parsed = parse_condition(condition.text)
        if isinstance(parsed, Problem) or asks_outcome(parsed) is asks:
            return
        message = "the outcome of a fan-out is not known before its branches have run"
        if asks:
            message = "a way on after the join must ask for the outcome of the fan-out"
        mend = "write for example when: outcome=fail" if asks else "write it under 'next'"
        self._findings.error(condition.span, message, mend=mend)

    # Branches

    def _branches(self, stage: Stage, value: Value) -> None:
        mapping = self._findings.mapping(value, "'parallel'", "{<branch id>: <its first node>}")
        if mapping is not None and not mapping.entries:
            self._findings.error(mapping.span, "'parallel' names no branch", node=stage.id.text)
        for branch, form in mapping.entries if mapping is not None else ():
            if not branch.text:
                self._findings.error(branch.span, "a branch's id cannot be empty")
                continue
            given: tuple[Attribute, ...] = ()
            if isinstance(form, Mapping) and form.get("to") is not None:
                form, given = parted(branch.text, form, self._findings) or (form, ())
            entry = self._chain(branch, form)
            if entry is None:
                continue
            named = Attribute(Name("branch", branch.span), word(branch.text, branch.span))
            after = form.span.end > branch.span.start
            span = branch.span.through(form.span) if after else branch.span
            target = Target(entry, (named, *given), span)
            self._check_condition(target, asks=False)
            stage.branches.append(target)

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
        return self._findings.node_id(item, f"a node of the branch '{branch.text}'")

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
            ways = [stage.joins] if stage.joins else stage.targets
            if any(way.to.text == following.text for way in ways):
                continue
            link = Target(following, (), following.span)
            if ways:
                place = (Related("the next one in the list", following.span),)
                message = (
                    f"'{name.text}' leads on by itself, so a list cannot lead it "
                    f"to '{following.text}'"
                )
                self._findings.error(ways[0].to.span, message, related=place, node=name.text)
            elif stage.kind == "parallel":
                stage.joins = link
            else:
                stage.targets.append(link)
