"""What region analysis finds: regions with their branches, and what is wrong with them.

Plain records, apart from the analysis, so that rules and lowering can read them without
it. They must not know how they were found, nor the words of any finding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ..source import Span
from .branching import NamedBranch
from .elements import Attr, Edge

Meeting: TypeAlias = Literal["fan_in", "node", "none"]


@dataclass(frozen=True, slots=True)
class BranchShape:
    """One branch of a fan-out (semantics 1): its id, its edge, and its nodes.

    `head` is where it starts. `nodes` are those between the fan-out and the join, regions
    inside the branch included; none where the branch leads straight to the join.
    """

    id: str
    id_span: Span
    edge: Edge
    head: str
    nodes: frozenset[str]


@dataclass(frozen=True, slots=True)
class RegionShape:
    """A fan-out, its branches in declared order, and where and how they meet.

    With `meeting="fan_in"`, `join_at` is this region's own fan-in; with `"node"` any other
    node, also an enclosing region's fan-in; with `"none"` it is None. `parent` is the
    fan-out of the innermost region around this one; `nodes` are the nodes of all branches.
    """

    fan_out: str
    branches: tuple[BranchShape, ...]
    join_at: str | None
    meeting: Meeting
    parent: str | None
    nodes: frozenset[str]


@dataclass(frozen=True, slots=True)
class WrongEdge:
    """An edge that crosses a region's border; it is `edge`, the region that of `fan_out`.

    `branch` is the id of the branch that it leaves or enters, None for one that leads to the
    fan-in from outside.
    """

    kind: Literal["region_escape", "exit_in_branch", "region_entry", "loop_through_join"]
    fan_out: str
    branch: str | None
    edge: Edge


@dataclass(frozen=True, slots=True)
class WrongTarget:
    """A retry target that crosses a region's border: `attr` of `node`, None for the graph."""

    kind: Literal["region_escape", "region_entry"]
    fan_out: str
    branch: str | None
    node: str | None
    attr: Attr


@dataclass(frozen=True, slots=True)
class SharedNode:
    """A node that two branches (ids, in declared order) come to; `double_join` for a fan-in."""

    kind: Literal["shared_branch_node", "double_join"]
    fan_out: str
    branches: tuple[str, str]
    node: str


@dataclass(frozen=True, slots=True)
class TwoRegions:
    """Two fan-outs that claim the fan-in `node`, or whose regions overlap.

    Where regions overlap because `other` starts inside `fan_out`, its join is `node`.
    """

    kind: Literal["double_join", "crossing_regions"]
    fan_out: str
    other: str
    node: str | None


@dataclass(frozen=True, slots=True)
class SameId:
    """Two branches with one id, in the order of the file."""

    kind: Literal["duplicate_branch_id"]
    fan_out: str
    first: NamedBranch
    second: NamedBranch


@dataclass(frozen=True, slots=True)
class LoneJoin:
    """A fan-in, `node`, at which no branches meet.

    `fan_out` is the region that comes nearest, if one does: one whose `branch` alone leads
    there, or, without `branch`, one whose branches meet before.
    """

    kind: Literal["join_without_fork"]
    fan_out: str | None
    branch: str | None
    node: str


Fault: TypeAlias = WrongEdge | WrongTarget | SharedNode | TwoRegions | SameId | LoneJoin
"""Something that no run could execute. `kind` is the rule that words it."""


@dataclass(frozen=True, slots=True)
class Regions:
    """All regions of a graph.

    `by_fan_out` in the order of the nodes. `owner` is a node's innermost region (its
    fan-out), `branch_of` its branch there; nodes of the trunk are in neither. `fan_in_of`
    names the fan-out of each fan-in that has one. `unsure` are fan-outs of which rules say
    nothing: an edge of theirs has a condition that does not parse, or no run comes to them;
    `faulty` are those that a fault is about.
    While there are faults, the rest is the likeliest reading only.
    """

    by_fan_out: Mapping[str, RegionShape] = field(default_factory=dict)
    owner: Mapping[str, str] = field(default_factory=dict)
    branch_of: Mapping[str, str] = field(default_factory=dict)
    fan_in_of: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    unsure: frozenset[str] = frozenset()
    faulty: frozenset[str] = frozenset()

    def unclear(self, fan_out: str) -> bool:
        """Whether a fault is told about this region, or nothing can be said of it."""
        return fan_out in self.unsure or fan_out in self.faulty

    def place(self, node: str) -> tuple[tuple[str, str], ...]:
        """The (fan-out, branch) pairs around a node, innermost first; none on the trunk."""
        found: dict[str, str] = {}
        owner = self.owner.get(node)
        while owner is not None and owner not in found:
            found[owner] = self.branch_of[node]
            node, owner = owner, self.owner.get(owner)
        return tuple(found.items())
