"""A fan-in is where the branches of a fan-out meet.

No fan-out's branches meet at this one, so it has no results to look at and no decision to
carry; a run could not execute it.

```bad
digraph review {
  start [shape=Mdiamond]
  unit [shape=parallelogram, tool_command="pytest -q"]
  verdict [shape=tripleoctagon]
  exit [shape=Msquare]
  start -> unit -> verdict -> exit
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
from ..graph.shape import LoneJoin

RULE = "join_without_fork"
SEVERITY = Severity.ERROR


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each fan-in without a fan-out."""
    for fault in graph.regions.faults:
        if not isinstance(fault, LoneJoin):
            continue
        node, fan_out = fault.node, fault.fan_out
        message = f"no fan-out's branches meet at the fan-in '{node}'"
        mend = f"lead the branches of a fan-out to '{node}', or make it an ordinary node"
        related: tuple[Related, ...] = ()
        if fan_out is not None:
            mend = f"lead every branch of '{fan_out}' to '{node}', or make it an ordinary node"
            related = (Related(f"fan-out '{fan_out}'", graph.nodes[fan_out].span),)
            join_at = graph.regions.by_fan_out[fan_out].join_at
            if fault.branch is not None:
                message += f": of '{fan_out}', only branch '{fault.branch}' comes there"
            else:
                message += f": those of '{fan_out}' meet before it, at '{join_at}'"
        yield Diagnostic(
            RULE, SEVERITY, graph.nodes[node].span, message, related, help=mend, node=node
        )
