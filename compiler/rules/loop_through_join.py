"""A join does not lead back into a branch of its own region.

Once the branches have met, they are over: a run cannot go on in one of them. To try again,
lead back to the fan-out, which starts all branches anew.

```bad
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  verdict [shape=tripleoctagon]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict
  verdict -> exit
  verdict -> unit [condition="outcome=fail"]
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
  start -> checks -> {unit lint} -> verdict
  verdict -> exit
  verdict -> checks [condition="outcome=fail"]
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Related, Severity
from ..graph.model import Graph
from ..graph.shape import WrongEdge

RULE = "loop_through_join"
SEVERITY = Severity.ERROR


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each edge from a join back into its region."""
    for fault in graph.regions.faults:
        if not isinstance(fault, WrongEdge) or fault.kind != RULE:
            continue
        edge, fan_out = fault.edge, fault.fan_out
        where = "to itself" if fault.branch is None else f"back into its branch '{fault.branch}'"
        yield Diagnostic(
            RULE,
            SEVERITY,
            edge.span,
            f"edge '{edge.source}' -> '{edge.target}' leads from the join of '{fan_out}' {where}",
            (Related("the fan-out", graph.nodes[fan_out].span),),
            help=f"lead it to '{fan_out}', which starts all its branches anew",
            node=edge.source,
            edge=(edge.source, edge.target),
        )
