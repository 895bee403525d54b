"""A fan-out has at least two branches.

With one branch nothing runs in parallel: an ordinary edge does the same. With none the
fan-out fails whenever it runs. A fan-out with `for_each` makes many of its one branch.

```bad
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q"]
  verdict [shape=tripleoctagon]
  exit [shape=Msquare]
  start -> checks -> unit -> verdict -> exit
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

RULE = "single_branch"
SEVERITY = Severity.WARNING


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each fan-out with a single branch that does something, or with none."""
    for shape in graph.regions.by_fan_out.values():
        node = graph.nodes[shape.fan_out]
        if len(shape.branches) > 1 or "for_each" in node.attrs:
            continue
        if graph.regions.unclear(node.id) or not graph.outgoing[node.id]:
            continue
        if not shape.branches:
            message = f"'{node.id}' has no branch: all its edges ask for its own outcome"
            mend = f"add an edge from '{node.id}' to the first node of each branch"
        elif shape.branches[0].nodes:
            message = f"'{node.id}' has only one branch, '{shape.branches[0].id}'"
            mend = f"add another branch, or go to '{shape.branches[0].head}' without a fan-out"
        else:
            continue
        yield Diagnostic(RULE, SEVERITY, node.span, message, help=mend, node=node.id)
