"""A loop should have a way out that something decides.

No condition, no label, no human gate and no `max_visits` ever ends it: it runs until a stage
fails, or an agent names another way by itself. Give the edge that leads back a condition, or
a stage of the loop `max_visits`.

```bad
digraph review {
  start [shape=Mdiamond]
  build [prompt="Build it"]
  tests [shape=parallelogram, tool_command="pytest -q"]
  exit [shape=Msquare]
  start -> build -> tests -> build
  tests -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  build [prompt="Build it"]
  tests [shape=parallelogram, tool_command="pytest -q"]
  exit [shape=Msquare]
  start -> build -> tests
  tests -> build [condition="outcome=fail"]
  tests -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Severity
from ..graph.arrival import arrival
from ..graph.loops import endless
from ..graph.model import Graph
from ..graph.reach import told_path

RULE = "unbounded_loop"
SEVERITY = Severity.WARNING


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each loop of two or more stages, at the edge that leads back."""
    for loop in endless(graph):
        if len(loop) < 2:
            continue
        back = loop[-1]
        names = [edge.source for edge in loop]
        path = told_path((*names, names[0]))
        yield Diagnostic(
            RULE,
            SEVERITY,
            back.span,
            f"nothing in the file ends the loop {path}",
            arrival(graph, loop[0].source),
            help="give this edge a condition, or a stage of the loop max_visits",
            node=back.source,
            edge=(back.source, back.target),
        )
