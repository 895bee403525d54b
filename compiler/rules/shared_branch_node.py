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

RULE = "shared_branch_node"
SEVERITY = Severity.ERROR


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each node where two branches run together."""
    for fault in graph.regions.of(RULE):
        node, fan_out = fault.node, fault.fan_out
        if node is None or fan_out is None:
            continue
        shape = graph.regions.by_fan_out[fan_out]
        one, other = fault.branches
        before = f" before they meet at '{shape.join_at}'" if shape.join_at else ""
        mend = f"give each branch its own node, or lead both to '{shape.join_at}'"
        yield Diagnostic(
            RULE,
            SEVERITY,
            graph.nodes[node].span,
            f"'{node}' is reached by branches '{one}' and '{other}' of '{fan_out}'{before}",
            tuple(
                Related("reached from here", edge.span)
                for edge in graph.incoming[node]
                if edge.source in shape.nodes or edge.source == fan_out
            ),
            help=mend if shape.join_at else "give each branch its own node",
            node=node,
        )
