"""Each branch of a fan-out has an id of its own.

The id is the edge's `branch` attribute, else its label, else the node that it leads to.
Joins, winners and merged results name branches by it.

```bad
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  verdict [shape=tripleoctagon]
  exit [shape=Msquare]
  start -> checks
  checks -> unit [branch=fast]
  checks -> lint [branch=fast]
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
  start -> checks
  checks -> unit [branch=slow]
  checks -> lint [branch=fast]
  {unit lint} -> verdict -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Related, Severity
from ..graph.model import Graph
from ..graph.shape import SameId

RULE = "duplicate_branch_id"
SEVERITY = Severity.ERROR


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each branch whose id an earlier one has."""
    for fault in graph.regions.faults:
        if not isinstance(fault, SameId):
            continue
        first, second = fault.first, fault.second
        yield Diagnostic(
            RULE,
            SEVERITY,
            second.id_span,
            f"two branches of '{fault.fan_out}' have the id '{second.id}'",
            (Related("the first is here", first.id_span),),
            help="remove one of them, or give its edge an id of its own with the attribute branch",
            node=fault.fan_out,
            edge=(fault.fan_out, second.edge.target),
        )
