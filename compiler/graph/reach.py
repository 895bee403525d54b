"""Which nodes a run can come to, and from which it can come to another.

Retry targets count as ways, and a name that is evidently a slip of another counts as that
other, so that one slip of the pen is one finding and not five. Shared by the rules about
flow. It must not know what any rule says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Final

from ..value import nearest
from .elements import Edge, Node
from .model import Graph

_COMPARISONS_LIMIT = 20_000
_SHOWN = 7
_MORE = "..."
RETRY_TARGETS: Final = ("retry_target", "fallback_retry_target")


def missing(graph: Graph) -> tuple[str, ...]:
    """Ids that edges lead to and nothing else knows: no declaration, no way on."""
    return tuple(node for node in graph.nodes if is_missing(graph, node))


def is_missing(graph: Graph, node: str) -> bool:
    """Whether an id is one of `missing`."""
    known = graph.nodes.get(node)
    return known is not None and _unknown(known) and not graph.outgoing[node]


def misspelled(graph: Graph) -> dict[str, str]:
    """Ids that stand only in edges, each with the declared id that it evidently means.

    Evidently: the id leads nowhere, or nothing leads to it, or else nothing leads to the node
    that it is like. In a very large graph only the first: each guess looks at all ids.
    """
    declared = [node.id for node in graph.nodes.values() if not _unknown(node)]
    unknown = (node.id for node in graph.nodes.values() if _unknown(node))
    found: dict[str, str] = {}
    for node in islice(unknown, _COMPARISONS_LIMIT // max(1, len(declared))):
        meant = nearest(node, declared)
        if meant is None:
            continue
        loose = not (graph.outgoing[node] and graph.incoming[node])
        left = not graph.incoming[meant] and meant != graph.start
        if loose or left:
            found[node] = meant
    return found


def _unknown(node: Node) -> bool:
    if node.declared or node.implicit:
        return False
    # A default block may give it a shape, and with a command all that it needs.
    return node.kind == "codergen" or (node.kind == "tool" and "tool_command" not in node.attrs)


def retry_targets(graph: Graph, of: Graph | Node) -> tuple[str, ...]:
    """The existing nodes that a node's, or the graph's, retry targets name."""
    named = (of.value(name) for name in RETRY_TARGETS)
    return tuple(str(target) for target in named if target in graph.nodes)


def ways(graph: Graph) -> Mapping[str, Sequence[str]]:
    """For every node, the nodes that a run can come to next."""
    return graph.once(_ways)


def carrying(graph: Graph) -> Mapping[str, Sequence[str]]:
    """Those of `ways` on which what was written is carried along: none that starts anew."""
    return graph.once(_carrying)


def _ways(graph: Graph) -> Mapping[str, Sequence[str]]:
    return _along(graph, graph.edges)


def _carrying(graph: Graph) -> Mapping[str, Sequence[str]]:
    kept = [edge for edge in graph.edges if not edge.value("loop_restart", False)]
    return ways(graph) if len(kept) == len(graph.edges) else _along(graph, kept)


def _along(graph: Graph, edges: Iterable[Edge]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {node: [] for node in graph.nodes}
    for edge in edges:
        if edge.target in found and edge.source in found:
            found[edge.source].append(edge.target)
    for node in graph.nodes.values():
        found[node.id].extend(retry_targets(graph, node))
    for written, meant in graph.once(misspelled).items():
        found[written].append(meant)
        found[meant].append(written)
    return found


def backwards(forward: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """The same ways, turned round."""
    found: dict[str, list[str]] = {node: [] for node in forward}
    for node, targets in forward.items():
        for target in targets:
            found[target].append(node)
    return found


def spread(forward: Mapping[str, Iterable[str]], starts: Iterable[str]) -> set[str]:
    """Everything that can be come to from `starts`, themselves included."""
    found = set(starts)
    pending = list(found)
    while pending:
        for target in forward[pending.pop()]:
            if target not in found:
                found.add(target)
                pending.append(target)
    return found


def path_to(graph: Graph, node: str) -> tuple[str, ...]:
    """The last stops of the shortest way on which a run comes to a node; () if there is none.

    Where there are more, it begins with `...`.
    """
    before = graph.once(_arrivals)
    found: list[str] = []
    step = node if node in before else None
    while step is not None:
        if len(found) == _SHOWN - 1 and before[step] is not None:
            found.append(_MORE)
            break
        found.append(step)
        step = before[step]
    return tuple(reversed(found))


def _arrivals(graph: Graph) -> Mapping[str, str | None]:
    """For every node that a run comes to, the node before it on the shortest way."""
    forward = ways(graph)
    starts = () if graph.start is None else (graph.start, *retry_targets(graph, graph))
    before: dict[str, str | None] = dict.fromkeys(starts)
    pending = list(before)
    for current in pending:
        for target in forward[current]:
            if target not in before:
                before[target] = current
                pending.append(target)
    return before


def told_path(nodes: Sequence[str]) -> str:
    """A way in words, its middle left out where it is long."""
    shown = nodes if len(nodes) <= _SHOWN else (*nodes[: _SHOWN - 2], _MORE, nodes[-1])
    return " -> ".join(f"'{node}'" if node != _MORE else node for node in shown)


def reached(graph: Graph) -> frozenset[str]:
    """The nodes that a run can come to; all of them where there is no one start."""
    return graph.once(_reached)


def _reached(graph: Graph) -> frozenset[str]:
    if graph.start is None:
        return frozenset(graph.nodes)
    return frozenset(spread(ways(graph), (graph.start, *retry_targets(graph, graph))))
