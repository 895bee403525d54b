"""Two edges that say the same: the second is never taken.

They have the same source, target, condition and label, so wherever one could be taken the
other could, too. Usually one of them was meant to lead elsewhere, or to have a condition.

```bad
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change"]
  exit [shape=Msquare]
  start -> plan -> exit
  plan -> exit [weight=2]
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
from ..graph.elements import Edge
from ..graph.model import Graph

RULE = "duplicate_edge"
SEVERITY = Severity.WARNING


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each edge that repeats an earlier one; branches have their own rules."""
    first: dict[object, Edge] = {}
    for edge in graph.edges:
        if edge.broken or graph.is_branch_edge(edge):
            continue
        key = (edge.source, edge.target, edge.condition, edge.label)
        earlier = first.setdefault(key, edge)
        if earlier is edge:
            continue
        yield Diagnostic(
            RULE,
            SEVERITY,
            edge.span,
            f"this edge from '{edge.source}' to '{edge.target}' repeats an earlier one",
            (Related("the first stands", earlier.span),),
            help="remove one of them, or give it another condition or label",
            node=edge.source,
            edge=(edge.source, edge.target),
        )
