"""Which stage reads which key, and which writes it can see (semantics 3 and 6).

A read sees what was written before it, unless that was in a branch and no merge rule
brings the key out of there. Shared by the rules about data; where nothing is declared it
knows nothing. It must not know what any rule says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from ..policy import Merge, Winner
from .ahead import Ahead
from .effects import Writes, writes_of
from .elements import Attr, Node
from .model import Graph
from .patterns import meets, never_merged, rule_for
from .reach import carrying, reached
from .reads import Read, reads_of
from .shape import BranchShape, RegionShape
from .sight import Sight
from .slips import KeySlips, key_slips

_LEFT = ("isolate", "drop")
_APART = "parallel."


@dataclass(frozen=True, slots=True)
class BranchWrites:
    """What one branch brings to its join: the nodes that write each key, in their order.

    With `open_ended`, other keys may come, too.
    """

    nodes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    open_ended: bool = False


class DataFlow:
    """The reads and writes of one graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._forward = carrying(graph)
        self._order = {node: number for number, node in enumerate(graph.nodes)}
        self._known_writers: dict[str, tuple[str, ...]] = {}
        self.visited = reached(graph)
        written = {node.id: writes_of(node) for node in graph.nodes.values()}
        asked = tuple(
            read
            for node in graph.nodes.values()
            if node.id in self.visited
            for read in reads_of(graph, node)
        )
        self.slips = _slips(graph, written, asked)
        self.writes: Mapping[str, Writes] = {
            node: writes.meaning(self.slips.written) for node, writes in written.items()
        }
        self.reads: tuple[Read, ...] = tuple(
            replace(read, key=self.slips.read[read.key], spelled=read.key)
            if read.key in self.slips.read
            else read
            for read in asked
        )

    @cached_property
    def ahead(self) -> Ahead:
        """What lies ahead of each node in one run; one that starts anew brings no key along."""
        return Ahead(self._forward)

    @cached_property
    def sight(self) -> Sight:
        """Which reads see a write of any stage."""
        return Sight(self)

    @cached_property
    def _writers(self) -> Mapping[str, tuple[str, ...]]:
        """The nodes that write each pattern, if a run comes to them, in their order."""
        found: dict[str, list[str]] = {}
        for node, writes in self.writes.items():
            if node in self.visited:
                for pattern in writes.patterns:
                    found.setdefault(pattern, []).append(node)
        return {pattern: tuple(nodes) for pattern, nodes in found.items()}

    @cached_property
    def _starred(self) -> tuple[str, ...]:
        return tuple(pattern for pattern in self._writers if "*" in pattern)

    @cached_property
    def _open_ended(self) -> tuple[str, ...]:
        """The nodes that may write anything, if a run comes to them."""
        return tuple(
            node
            for node, writes in self.writes.items()
            if writes.open_ended and node in self.visited
        )

    def writers(self, key: str) -> tuple[str, ...]:
        """The nodes that are known to write a key, if a run comes to them."""
        known = self._known_writers.get(key)
        if known is None:
            patterns = self._writers if "*" in key else (key, *self._starred)
            nodes = {
                node
                for pattern in patterns
                if pattern == key or meets(key, pattern)
                for node in self._writers.get(pattern, ())
            }
            known = self._known_writers[key] = tuple(self.in_order(nodes))
        return known

    def sees(self, read: Read, writer: str) -> bool:
        """Whether what `writer` writes to the key can be there when it is read."""
        first = read.edge is not None and writer == read.node
        if not first and not self.ahead.leads(writer, read.node):
            return False
        return self.held_in(read, writer) is None

    def held_in(self, read: Read, writer: str) -> RegionShape | None:
        """The region around the writer, and not the reader, that keeps the key to itself."""
        regions = self.graph.regions
        around = set(regions.place(read.node))
        for fan_out, branch in regions.place(writer):
            shape = regions.by_fan_out[fan_out]
            if (fan_out, branch) not in around and not self.lets_out(shape, read.key):
                return shape
        return None

    def lets_out(self, shape: RegionShape, key: str) -> bool:
        """Whether a region's merge takes up the key; true where that cannot be known."""
        merge = self.merge_meant(shape)
        if merge is None:
            return True
        if never_merged(key):
            return False
        if "*" in key:
            return any(
                rule.strategy not in _LEFT and meets(rule.pattern, key) for rule in merge.rules
            )
        rule = rule_for(key, merge.rules)
        return rule is not None and rule.strategy not in _LEFT

    def merge_meant(self, shape: RegionShape) -> Merge | None:
        """The merge of a region as `merge_of` gives it, without slips of keys."""
        merge = merge_of(self.graph, shape)
        if merge is None or not self.slips.merged:
            return merge
        meant = self.slips.merged
        rules = (replace(r, pattern=meant.get(r.pattern, r.pattern)) for r in merge.rules)
        return replace(merge, rules=tuple(rules))

    def may_come_unseen(self, read: Read) -> bool:
        """Whether a stage that declares nothing may have written the key before it is read."""
        return any(self.sees(read, node) for node in self._open_ended)

    def branch_writes(self, shape: RegionShape, branch: BranchShape) -> BranchWrites:
        """What a branch brings to its join, with what regions inside it let out."""
        regions = self.graph.regions
        found: dict[str, list[str]] = {}
        open_ended = False
        for node in self.in_order(branch.nodes):
            inner = [
                regions.by_fan_out[fan_out]
                for fan_out, _ in regions.place(node)
                if fan_out in branch.nodes
            ]
            writes = self.writes[node]
            open_ended |= writes.open_ended
            for key in writes.patterns:
                if all(self.lets_out(each, key) for each in inner):
                    found.setdefault(key, []).append(node)
        return BranchWrites({key: tuple(nodes) for key, nodes in found.items()}, open_ended)

    def surely_writes(self, shape: RegionShape, branch: BranchShape, key: str) -> bool:
        """Whether the branch writes the key in each run in which it succeeds."""
        if branch.edge.condition is not None or branch.edge.broken:
            return False
        regions = self.graph.regions
        for node in self.in_order(branch.nodes):
            if key not in self.writes[node].certain:
                continue
            if regions.owner.get(node) == shape.fan_out and self._passed(shape, branch, node):
                return True
        return False

    def in_order(self, nodes: Iterable[str]) -> list[str]:
        """Nodes in the order in which the file names them."""
        return sorted(nodes, key=self._order.__getitem__)

    def _passed(self, shape: RegionShape, branch: BranchShape, node: str) -> bool:
        """Whether all ways of the branch to its join go through the node."""
        inside = {each: self._forward[each] for each in branch.nodes if each != node}
        pending, found = [branch.head], set()
        while pending:
            current = pending.pop()
            if current == shape.join_at:
                return False
            if current in inside and current not in found:
                found.add(current)
                pending.extend(inside[current])
        return True


def _slips(graph: Graph, written: Mapping[str, Writes], reads: tuple[Read, ...]) -> KeySlips:
    declared: dict[str, list[str]] = {}
    others: set[str] = set()
    for name, writes in written.items():
        for key in writes.declared:
            if "*" not in key:
                declared.setdefault(key, []).append(name)
        others.update(key for key in writes.patterns if key not in writes.declared or "*" in key)
    compared: list[str] = []
    merged: list[str] = []
    for node in graph.nodes.values():
        winner, merge = node.value("winner"), node.value("merge")
        if isinstance(winner, Winner):
            compared += [each.key for each in winner.keys if each.key is not None]
        if isinstance(merge, Merge):
            # `*` asks for nothing by its name.
            merged += [rule.pattern for rule in merge.rules if rule.pattern != "*"]
    asked = [read.key for read in reads if not read.key.startswith(_APART)] + compared
    given = {"goal", "item", "outcome", "preferred_label", "current_node"}
    asked += [key for read in reads if read.key.startswith(_APART) for key in _kept(read.key)]
    return key_slips(declared, sorted(others), asked, merged, sorted(given))


def _kept(key: str) -> list[str]:
    """The key whose values `parallel.<fan-out>.branch.<id>.context.<key>` keeps apart."""
    return [key.partition(".context.")[2]] if ".context." in key else []


def merge_of(graph: Graph, shape: RegionShape) -> Merge | None:
    """The merge of a region; None where it cannot be known, because it is a finding already."""
    if shape.meeting != "fan_in" and graph.once(_has_lone_fan_in):
        # A fan-in at which nothing meets may be just the one that was meant.
        return None
    for node in mergers(graph, shape):
        if "merge" in node.broken or "merge_from" in node.broken:
            return None
        if isinstance(merge := node.value("merge"), Merge):
            return merge
    return Merge()


def _has_lone_fan_in(graph: Graph) -> bool:
    fan_ins = (node.id for node in graph.nodes.values() if node.kind == "parallel.fan_in")
    return any(node not in graph.regions.fan_in_of for node in fan_ins)


def mergers(graph: Graph, shape: RegionShape) -> tuple[Node, ...]:
    """The nodes that may say how a region is merged, the one that is heard first in front."""
    fan_out = graph.nodes[shape.fan_out]
    if shape.meeting == "fan_in" and shape.join_at is not None:
        return (graph.nodes[shape.join_at], fan_out)
    return (fan_out,)


def written(graph: Graph, shape: RegionShape, name: str) -> tuple[Node, Attr] | None:
    """Where an attribute of a region's merge stands."""
    for node in mergers(graph, shape):
        if name in node.attrs:
            return node, node.attrs[name]
    return None


def brought(
    graph: Graph, shape: RegionShape, open_ended: bool = False
) -> Mapping[str, tuple[str, ...]] | None:
    """The nodes that write each key, over all branches of a region.

    None where the branches may write other keys, too, unless `open_ended` allows that, and
    where a fault leaves open which nodes are in them.
    """
    if graph.regions.unclear(shape.fan_out):
        return None
    found: dict[str, tuple[str, ...]] = {}
    for branch in shape.branches:
        writes = graph.data.branch_writes(shape, branch)
        if writes.open_ended and not open_ended:
            return None
        for key, nodes in writes.nodes.items():
            found[key] = (*found.get(key, ()), *nodes)
    return found
