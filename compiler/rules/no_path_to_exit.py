"""From every node a path should lead to the exit.

A run that comes to a dead end, or into a loop that nothing leads out of, never gets to the
exit: goal gates are not checked, and nobody is told that it is finished. A branch may well
end nowhere, if its fan-out has another way to the exit and no other branch goes on.

```bad
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change"]
  report [prompt="Report what went wrong"]
  exit [shape=Msquare]
  start -> plan -> exit
  plan -> report [condition="outcome=fail"]
}
```

```good
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change"]
  report [prompt="Report what went wrong"]
  exit [shape=Msquare]
  start -> plan -> exit
  plan -> report [condition="outcome=fail"]
  report -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..diagnostic import Diagnostic, Severity
from ..graph.arrival import arrival
from ..graph.elements import Node
from ..graph.model import Graph
from ..graph.reach import backwards, missing, reached, spread, ways

RULE = "no_path_to_exit"
SEVERITY = Severity.WARNING


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each dead end, and for each loop without a way out."""
    came_to = reached(graph)
    if graph.start is None or graph.exit is None or graph.exit not in came_to:
        return
    forward = ways(graph)
    back = backwards(forward)
    leads_out = spread(back, (graph.exit, *missing(graph)))
    stuck = came_to - leads_out - _loose_branches(graph, forward, leads_out)
    ends = [node for node in graph.nodes.values() if node.id in stuck and not forward[node.id]]
    for node in ends:
        yield _finding(graph, node, f"'{node.id}' is a dead end: no edge leaves it")
    stuck -= spread(back, [node.id for node in ends])
    for node in graph.nodes.values():
        if node.id in stuck:
            stuck -= spread(back, spread(forward, [node.id]))
            yield _finding(graph, node, f"no path leads from '{node.id}' to '{graph.exit}'")


def _loose_branches(
    graph: Graph, forward: Mapping[str, Sequence[str]], leads_out: set[str]
) -> set[str]:
    """What is met only by branches that are all allowed to end nowhere."""
    heads: list[str] = []
    for node in graph.nodes.values():
        if node.kind == "parallel" and node.id in leads_out:
            edges = graph.outgoing[node.id]
            targets = [edge.target for edge in edges if graph.is_branch_edge(edge)]
            if leads_out.isdisjoint(targets):
                heads += targets
    return spread(forward, [head for head in heads if head in graph.nodes])


def _finding(graph: Graph, node: Node, message: str) -> Diagnostic:
    return Diagnostic(
        RULE,
        SEVERITY,
        node.span,
        message,
        arrival(graph, node.id, least=2),
        help=f"add an edge that leads from '{node.id}' on, or straight to the exit",
        node=node.id,
    )
