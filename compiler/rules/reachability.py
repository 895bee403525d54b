"""Every node must be reachable from the start node.

A node that no path leads to can never run, so it is either a leftover or an edge is
missing. Retry targets count as paths. Only the first node of an unreachable part is
reported: what hangs on it is reachable again as soon as it is.

```bad
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change"]
  tests [shape=parallelogram, tool_command="pytest -q"]
  exit [shape=Msquare]
  start -> plan -> exit
  tests -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change"]
  tests [shape=parallelogram, tool_command="pytest -q"]
  exit [shape=Msquare]
  start -> plan -> tests -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Related, Severity
from ..graph.elements import Node
from ..graph.model import Graph
from ..graph.reach import (
    misspelled,
    path_to,
    reached,
    retry_targets,
    spread,
    told_path,
    ways,
)

RULE = "reachability"
SEVERITY = Severity.ERROR


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each part of the graph that no path leads to, at its first node."""
    if graph.start is None:
        return
    stranded = set(graph.nodes) - reached(graph)
    slips = {
        written: meant
        for written, meant in graph.once(misspelled).items()
        if not graph.incoming[written] and not _is_retry_target(graph, written)
    }
    forward = ways(graph) if stranded else {}
    for node in _heads(graph, {*stranded, *slips}):
        if node.id in slips:
            yield _finding(graph, node, graph.start, slips[node.id])
        elif node.id in stranded:
            stranded -= spread(forward, [node.id])
            yield _finding(graph, node, graph.start, None)


def _is_retry_target(graph: Graph, name: str) -> bool:
    owners: list[Graph | Node] = [graph, *graph.nodes.values()]
    return any(name in retry_targets(graph, owner) for owner in owners)


def _heads(graph: Graph, stranded: set[str]) -> list[Node]:
    """Stranded nodes that nothing leads to first, then the others, for cycles."""
    inside = {edge.target for edge in graph.edges if edge.source in stranded}
    nodes = [node for node in graph.nodes.values() if node.id in stranded]
    return [
        *(node for node in nodes if node.id not in inside),
        *(node for node in nodes if node.id in inside),
    ]


def _end_of_the_way(graph: Graph) -> tuple[Related, ...]:
    """Where a run ends that does not come to the exit: the first node that nothing leaves."""
    forward, came_to = ways(graph), reached(graph)
    for node in graph.nodes.values():
        if node.id in came_to and not forward[node.id] and node.id != graph.start:
            way = told_path(path_to(graph, node.id))
            return (Related(f"a run ends here, by {way}", node.span),)
    return ()


def _finding(graph: Graph, node: Node, start: str, meant: str | None) -> Diagnostic:
    return Diagnostic(
        RULE,
        SEVERITY,
        node.span,
        f"no path leads from '{start}' to '{node.id}'",
        _end_of_the_way(graph) if node.kind == "exit" else (),
        help=(
            f"'{node.id}' is declared nowhere; did you mean '{meant}'?"
            if meant
            else f"add an edge that leads to '{node.id}', or remove the node"
        ),
        node=node.id,
    )
