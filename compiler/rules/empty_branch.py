"""A branch has a stage of its own.

An edge leads from the fan-out straight to where its branches meet. As a branch it does
nothing, and ends at once with success, which a join like `first_success` takes for a result.

```bad
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  verdict [shape=tripleoctagon]
  exit [shape=Msquare]
  start -> checks -> {unit lint verdict}
  {unit lint} -> verdict -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  verdict [shape=tripleoctagon]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Severity
from ..graph.model import Graph

RULE = "empty_branch"
SEVERITY = Severity.WARNING


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each branch that leads straight to its join."""
    for shape in graph.regions.by_fan_out.values():
        if shape.join_at is None or graph.regions.unclear(shape.fan_out):
            continue
        for branch in shape.branches:
            if branch.head == shape.join_at:
                yield Diagnostic(
                    RULE,
                    SEVERITY,
                    branch.edge.target_span,
                    f"branch '{branch.id}' of '{shape.fan_out}' does nothing: "
                    f"it leads straight to '{branch.head}', where the branches meet",
                    help="put a stage on it, or remove the edge",
                    node=shape.fan_out,
                    edge=(shape.fan_out, branch.head),
                )
