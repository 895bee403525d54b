"""A node belongs to one branch only.

Two branches come to the same node before they meet. Each would run it for itself, at the
same time, and what it did could not be told apart. Give each branch a node of its own, or
let the branches meet there.

```bad
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  types [shape=parallelogram, tool_command="mypy ."]
  report [prompt="Report what was found"]
  verdict [shape=tripleoctagon]
  exit [shape=Msquare]
  start -> checks -> {unit lint types}
  unit -> report
  lint -> report -> verdict
  types -> verdict -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  types [shape=parallelogram, tool_command="mypy ."]
  report [prompt="Report what was found"]
  verdict [shape=tripleoctagon]
  exit [shape=Msquare]
  start -> checks -> {unit lint types} -> verdict -> report -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Related, Severity
from ..graph.model import Graph
from ..graph.shape import SharedNode

RULE = "shared_branch_node"
SEVERITY = Severity.ERROR


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each node where two branches run together."""
    for fault in graph.regions.faults:
        if not isinstance(fault, SharedNode) or fault.kind != RULE:
            continue
        shape = graph.regions.by_fan_out[fault.fan_out]
        one, other = fault.branches
        before = f", before they meet at '{shape.join_at}'" if shape.join_at else ""
        also = f", or lead both to '{shape.join_at}'" if shape.join_at else ""
        yield Diagnostic(
            RULE,
            SEVERITY,
            graph.nodes[fault.node].span,
            f"branches '{one}' and '{other}' of '{fault.fan_out}' both come to "
            f"'{fault.node}'{before}",
            tuple(
                Related(f"from '{edge.source}'", edge.span)
                for edge in graph.incoming[fault.node]
                if edge.source in shape.nodes or edge.source == fault.fan_out
            ),
            help=f"give each branch a node of its own{also}",
            node=fault.node,
        )
