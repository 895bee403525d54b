"""No edge may lead to the start node.

A run begins there once. To begin again from the top, lead the edge to the first stage
after it.

```bad
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change"]
  exit [shape=Msquare]
  start -> plan -> exit
  plan -> start [condition="outcome=fail"]
}
```

```good
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change"]
  exit [shape=Msquare]
  start -> plan -> exit
  plan -> plan [condition="outcome=fail"]
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Severity
from ..graph.model import Graph
from ..source import Span

RULE = "start_no_incoming"
SEVERITY = Severity.ERROR


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each place where an edge leads to the start node."""
    if graph.start is None:
        return
    after = [edge.target for edge in graph.outgoing[graph.start] if edge.target != graph.start]
    seen: set[Span] = set()
    for edge in graph.incoming[graph.start]:
        if edge.target_span in seen:
            continue
        seen.add(edge.target_span)
        yield Diagnostic(
            RULE,
            SEVERITY,
            edge.target_span,
            f"the edge from '{edge.source}' leads back to the start node '{graph.start}'",
            help=f"lead it to '{after[0]}' instead" if after else "remove the edge",
            node=graph.start,
            edge=(edge.source, edge.target),
        )
