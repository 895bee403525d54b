"""A pipeline needs exactly one start node.

A run begins at the one node with `shape=Mdiamond`, or with the id `start`. Without one
nobody can say where to begin; with two nobody can say which.

```bad
digraph review {
  plan [prompt="Plan the change"]
  exit [shape=Msquare]
  plan -> exit
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

from ..diagnostic import Diagnostic, Related, Severity
from ..graph.model import Graph

RULE = "start_node"
SEVERITY = Severity.ERROR


def check(graph: Graph) -> Iterator[Diagnostic]:
    """At most one finding: at the graph's name, or at the second start node."""
    if graph.start is not None:
        return
    starts = [node for node in graph.nodes.values() if node.kind == "start"]
    if not starts:
        yield Diagnostic(
            RULE,
            SEVERITY,
            graph.name_span,
            "the pipeline has no start node",
            help="add a node that begins it: start [shape=Mdiamond]",
        )
        return
    first, second, *_ = starts
    named = next((node for node in starts if not node.declared), None)
    mend = f"keep '{first.id}' and give '{second.id}' another shape or id"
    if named is not None and len(starts) == 2:
        meant = first if named is second else second
        mend = f"'{named.id}' is declared nowhere; did you mean '{meant.id}'?"
    yield Diagnostic(
        RULE,
        SEVERITY,
        second.span,
        f"the pipeline has {len(starts)} start nodes; a run can begin at one only",
        tuple(
            Related(f"'{node.id}' is a start node too", node.span)
            for node in starts
            if node is not second
        ),
        help=mend,
        node=second.id,
    )
