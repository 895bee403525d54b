"""No edge may leave the exit node.

The run is over there, so nothing behind it would ever run.

```bad
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change"]
  exit [shape=Msquare]
  start -> plan -> exit
  exit -> plan
}
```

```good
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change"]
  exit [shape=Msquare]
  start -> plan -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Severity
from ..graph.model import Graph

RULE = "exit_no_outgoing"
SEVERITY = Severity.ERROR


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each edge that leaves the exit node."""
    if graph.exit is None:
        return
    for edge in graph.outgoing[graph.exit]:
        yield Diagnostic(
            RULE,
            SEVERITY,
            edge.span,
            f"the edge to '{edge.target}' leaves the exit node '{graph.exit}', "
            "where the run is over",
            help=f"remove the edge, or let it leave a stage before '{graph.exit}'",
            node=graph.exit,
            edge=(edge.source, edge.target),
        )
