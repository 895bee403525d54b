"""A branch does not lead to the exit past its join.

Only the trunk ends a run. A branch that led to the exit while its siblings meet before it
would end the run under their feet. Branches that all meet at the exit itself are fine.

```bad
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  verdict [shape=tripleoctagon]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> exit
  lint -> exit [condition="outcome=fail"]
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

from ..diagnostic import Diagnostic, Related, Severity
from ..graph.model import Graph
from ..graph.shape import WrongEdge

RULE = "exit_in_branch"
SEVERITY = Severity.ERROR


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each edge from inside a branch to an exit."""
    for fault in graph.regions.faults:
        if not isinstance(fault, WrongEdge) or fault.kind != RULE:
            continue
        edge, fan_out = fault.edge, fault.fan_out
        join_at = graph.regions.by_fan_out[fan_out].join_at
        yield Diagnostic(
            RULE,
            SEVERITY,
            edge.span,
            f"edge '{edge.source}' -> '{edge.target}' leads branch '{fault.branch}' of "
            f"'{fan_out}' to the exit, past its join '{join_at}'",
            (Related("the fan-out", graph.nodes[fan_out].span),),
            help=f"lead it to '{join_at}', and from there to the exit",
            node=edge.source,
            edge=(edge.source, edge.target),
        )
