"""Every edge should be one that a run can take.

A matching condition goes before an edge without one; of several edges the heavier is taken,
and of equal ones that whose target comes first in the alphabet. An edge that loses in every
case is never taken: give it a condition that others leave open, a label, or more weight. Two
plain edges do not run side by side; that is what a fan-out (`shape=component`) is for.

```bad
digraph review {
  start [shape=Mdiamond]
  build [prompt="Build it"]
  mend [prompt="Mend it"]
  exit [shape=Msquare]
  start -> build -> exit
  build -> mend [condition="outcome=fail && tries<3"]
  build -> exit [condition="outcome=fail", weight=2]
  mend -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  build [prompt="Build it"]
  mend [prompt="Mend it"]
  exit [shape=Msquare]
  start -> build -> exit
  build -> mend [condition="outcome=fail && tries<3", weight=3]
  build -> exit [condition="outcome=fail", weight=2]
  mend -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Related, Severity
from ..graph.arrival import arrival
from ..graph.elements import Edge
from ..graph.loops import endless
from ..graph.model import Graph
from ..graph.reach import reached
from ..graph.selection import chances

RULE = "dead_edge"
SEVERITY = Severity.WARNING


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each edge that no run can take."""
    visited = reached(graph)
    endless_edges = {edge.index for loop in endless(graph) for edge in loop}
    for node in graph.nodes.values():
        if node.id not in visited or node.kind == "exit":
            continue
        for edge, taken in chances(graph, node).dead:
            if taken is not None and (taken.index in endless_edges or _repeats(edge, taken)):
                continue
            yield _finding(graph, edge, taken)


def _repeats(edge: Edge, taken: Edge) -> bool:
    """Whether it is duplicate_edge's: the same edge twice."""
    return (edge.target, edge.condition, edge.label) == (
        taken.target,
        taken.condition,
        taken.label,
    )


def _finding(graph: Graph, edge: Edge, taken: Edge | None) -> Diagnostic:
    if taken is None:
        reason = "the conditions of the other edges leave it no case"
        mend = "remove it, or narrow one of the conditions"
    elif taken.weight > edge.weight:
        reason = f"the edge to '{taken.target}' is heavier and is always taken instead"
        mend = "give it a greater weight, or the other one a narrower condition"
    else:
        reason = (
            f"'{taken.target}' has the same weight, comes first in the alphabet, "
            "and is always taken instead"
        )
        mend = "give one of them a condition or a weight; to run both, use a fan-out"
    instead = () if taken is None else (Related("taken instead", taken.span),)
    return Diagnostic(
        RULE,
        SEVERITY,
        edge.span,
        f"the edge '{edge.source}' -> '{edge.target}' is never taken: {reason}",
        (*instead, *arrival(graph, edge.source)),
        help=mend,
        node=edge.source,
        edge=(edge.source, edge.target),
    )
