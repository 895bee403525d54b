"""An edge from a stage to itself should ask for something.

Without a condition, a label to choose by, or `max_visits`, the stage runs again and again,
until it fails or names another way by itself. To try a failed stage again, write `max_retries`.

```bad
digraph review {
  start [shape=Mdiamond]
  build [prompt="Build it"]
  exit [shape=Msquare]
  start -> build -> exit
  build -> build [weight=1]
}
```

```good
digraph review {
  start [shape=Mdiamond]
  build [prompt="Build it"]
  exit [shape=Msquare]
  start -> build -> exit
  build -> build [weight=1, condition="outcome=partial_success"]
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Severity
from ..graph.loops import endless
from ..graph.model import Graph

RULE = "self_loop"
SEVERITY = Severity.WARNING


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each stage that comes back to itself whatever happens."""
    for loop in endless(graph):
        if len(loop) == 1:
            edge = loop[0]
            yield Diagnostic(
                RULE,
                SEVERITY,
                edge.span,
                f"'{edge.source}' leads back to itself, and nothing in the file ends that",
                help="give this edge a condition, or write max_retries to try a failure again",
                node=edge.source,
                edge=(edge.source, edge.target),
            )
