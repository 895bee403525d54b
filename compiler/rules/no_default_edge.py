"""The conditions on a node's edges should leave no case open.

Where every edge out of a node has a condition, and none of them holds, the run has no way
on and fails with `no_route`. Add an edge without a condition, or one for the open case.
That a failed stage fails the run needs no edge; only a `diamond` is asked about it.
Of a script that prints one of a few plain words (`printf 'ready'`, `echo stale`) and nothing
else, no other words are expected.

```bad
digraph review {
  start [shape=Mdiamond]
  judge [prompt="Set verdict to ship or fix"]
  exit [shape=Msquare]
  start -> judge
  judge -> exit [condition="context.verdict=ship"]
  judge -> judge [condition="context.verdict=fix"]
}
```

```good
digraph review {
  start [shape=Mdiamond]
  judge [prompt="Set verdict to ship or fix"]
  exit [shape=Msquare]
  start -> judge
  judge -> exit [condition="context.verdict=ship"]
  judge -> judge
}
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..diagnostic import Diagnostic, Severity
from ..graph.arrival import arrival
from ..graph.coverage import OTHER
from ..graph.elements import Node
from ..graph.model import Graph
from ..graph.uncovered import odd_outcome, open_case

RULE = "no_default_edge"
SEVERITY = Severity.WARNING


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each node that has a case in which no edge is taken."""
    for node in graph.nodes.values():
        case = open_case(graph, node)
        if case is None:
            continue
        conditions = [edge.condition for edge in graph.outgoing[node.id] if edge.condition]
        if all(odd_outcome(condition) is None for condition in conditions):
            # What compares outcome with a text that it never is has a finding of its own.
            yield _finding(graph, node, case)


def _finding(graph: Graph, node: Node, case: Mapping[str, str]) -> Diagnostic:
    told = " and ".join(f"{key} is {_said(value)}" for key, value in case.items())
    return Diagnostic(
        RULE,
        SEVERITY,
        node.span,
        f"no edge leaves '{node.id}' when {told}",
        arrival(graph, node.id),
        help="add an edge without a condition, or one for this case",
        node=node.id,
    )


def _said(value: str) -> str:
    return "anything else" if value == OTHER else f"'{value}'"
