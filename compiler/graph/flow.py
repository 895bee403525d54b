"""Where control can go: edges as numbers, what reaches the exit, and where paths meet.

Apart from the regions, because it is about the normal flow alone: edges, not retry
targets. Edges out of an exit and into a start are left out, as both are findings of their
own. It must not know what a region or a branch is, beyond where to stop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from .dominators import DominatorTree, dominator_tree
from .elements import Attr, Edge

if TYPE_CHECKING:
    from .model import Graph

RETRY_TARGETS = ("retry_target", "fallback_retry_target")


def retry_targets(graph: Graph, attrs: Mapping[str, Attr]) -> list[str]:
    """The existing nodes that retry targets among these attributes name."""
    named = (str(attrs[name].value) for name in RETRY_TARGETS if name in attrs)
    return [target for target in named if target in graph.nodes]


class Flow:
    """The flow of a graph. Nodes are named by id; numbers stay inside.

    `live` are the nodes from which an exit can be reached (from which a node without
    outgoing edges can be, if there is no exit).
    """

    def __init__(self, graph: Graph) -> None:
        known = graph.nodes
        self._graph = graph
        self.ids = tuple(known)
        self.order = {node: number for number, node in enumerate(self.ids)}
        self.exits = frozenset(node.id for node in known.values() if node.kind == "exit")
        self.edges = tuple(
            edge
            for edge in graph.edges
            if edge.source in known
            and edge.target in known
            and known[edge.source].kind != "exit"
            and known[edge.target].kind != "start"
        )
        self.outgoing: dict[str, list[Edge]] = {node: [] for node in self.ids}
        self.incoming: dict[str, list[Edge]] = {node: [] for node in self.ids}
        for edge in self.edges:
            self.outgoing[edge.source].append(edge)
            self.incoming[edge.target].append(edge)

    @cached_property
    def started(self) -> frozenset[str]:
        """What a run can come to, retry targets included; all without a single start."""
        if self._graph.start is None:
            return frozenset(self.ids)
        found: set[str] = set()
        pending = [self._graph.start, *retry_targets(self._graph, self._graph.attrs)]
        while pending:
            node = pending.pop()
            if node not in found:
                found.add(node)
                pending.extend(edge.target for edge in self.outgoing[node])
                pending.extend(retry_targets(self._graph, self._graph.nodes[node].attrs))
        return frozenset(found)

    def ends(self) -> frozenset[str]:
        """The exits, or without any, the nodes that no edge leaves."""
        return self.exits or frozenset(node for node in self.ids if not self.outgoing[node])

    @cached_property
    def live(self) -> frozenset[str]:
        """The nodes that reach an end."""
        return frozenset(node for node in self.ids if self._meeting.reaches(self.order[node]))

    @cached_property
    def depth(self) -> dict[str, int]:
        """How many nodes dominate each node, seen from all nodes that no edge enters."""
        root = len(self.ids)
        successors: list[list[int]] = [
            [self.order[edge.target] for edge in self.outgoing[node]] for node in self.ids
        ]
        entered = {edge.target for edge in self.edges if edge.source != edge.target}
        successors.append([self.order[node] for node in self.ids if node not in entered])
        tree = dominator_tree(successors, root)
        depth = [0] * (root + 1)
        for node in sorted(range(root), key=lambda number: -tree.ranks[number]):
            if tree.reaches(node):
                depth[node] = depth[tree.parents[node]] + 1
        return {node: depth[number] for node, number in self.order.items()}

    @cached_property
    def _meeting(self) -> DominatorTree:
        """Post-dominators: the turned graph, seen from a virtual node behind all ends."""
        return self._turned(self.ids, self.ends())

    def _turned(self, nodes: Sequence[str], ends: Iterable[str]) -> DominatorTree:
        number = {node: position for position, node in enumerate(nodes)}
        turned: list[list[int]] = [[] for _ in nodes]
        for node in nodes:
            for edge in self.outgoing[node]:
                if edge.target in number:
                    turned[number[edge.target]].append(number[node])
        turned.append([number[end] for end in sorted(ends, key=self.order.__getitem__)])
        return dominator_tree(turned, len(nodes))

    def forward(self, heads: Iterable[str], stop: Callable[[str], bool]) -> frozenset[str]:
        """What the heads reach, themselves included, without any node that stops."""
        found: dict[str, None] = {}
        pending = [head for head in heads if not stop(head)]
        while pending:
            node = pending.pop()
            if node not in found:
                found[node] = None
                pending.extend(
                    edge.target
                    for edge in self.outgoing[node]
                    if edge.target not in found and not stop(edge.target)
                )
        return frozenset(found)

    def meeting_chain(self, heads: Sequence[str], fan_out: str) -> Iterator[str]:
        """Where all ways from the heads must pass, nearest first, up to the end of the run.

        Heads that reach no exit do not count, unless none does: then the ways end where no
        edge leads on. Empty where the ways meet nowhere, or only at the fan-out itself;
        the chain stops before the fan-out.
        """
        names: Sequence[str] = self.ids
        tree = self._meeting
        living = [head for head in dict.fromkeys(heads) if head in self.live]
        number = self.order
        if not living:
            names, tree = self._dead_ends(heads, fan_out)
            number = {node: position for position, node in enumerate(names)}
            living = [head for head in heads if head in number and tree.reaches(number[head])]
        if not living:
            return
        for place in tree.chain(tree.nearest_common(number[head] for head in living)):
            if place == tree.root or names[place] == fan_out:
                return
            yield names[place]

    def _dead_ends(self, heads: Sequence[str], fan_out: str) -> tuple[list[str], DominatorTree]:
        """What heads reach that reach no exit, and where ways meet among it."""
        reached = self.forward(heads, lambda node: node == fan_out)
        names = sorted(reached, key=self.order.__getitem__)
        ends = [n for n in names if all(edge.target == n for edge in self.outgoing[n])]
        return names, self._turned(names, ends)
