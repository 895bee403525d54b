"""Regions stand one inside the other, or side by side.

A fan-out starts inside a branch of another one, but its branches meet outside that branch;
or two regions share nodes and neither contains the other. Then a branch would be over for
one of them and still run for the other.

```bad
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  deep [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  types [shape=parallelogram, tool_command="mypy ."]
  verdict [shape=tripleoctagon]
  last [shape=tripleoctagon]
  exit [shape=Msquare]
  start -> checks -> {deep lint}
  deep -> {unit types}
  unit -> verdict
  types -> last
  lint -> verdict -> last -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  deep [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  types [shape=parallelogram, tool_command="mypy ."]
  verdict [shape=tripleoctagon]
  last [shape=tripleoctagon]
  exit [shape=Msquare]
  start -> checks -> {deep lint}
  deep -> {unit types} -> verdict -> last
  lint -> last -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Related, Severity
from ..graph.model import Graph
from ..graph.shape import TwoRegions

RULE = "crossing_regions"
SEVERITY = Severity.ERROR


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each pair of regions that overlap."""
    for fault in graph.regions.faults:
        if not isinstance(fault, TwoRegions) or fault.kind != RULE:
            continue
        outer, other = fault.fan_out, fault.other
        shape = graph.regions.by_fan_out[outer]
        if other in shape.nodes:
            message = (
                f"the regions of '{outer}' and '{other}' cross: '{other}' starts inside a branch "
                f"of '{outer}', but its branches meet outside, at '{fault.node}'"
            )
            mend = f"let the branches of '{other}' meet before '{shape.join_at}'"
        else:
            message = (
                f"the regions of '{outer}' and '{other}' share nodes, "
                "but neither is inside a branch of the other"
            )
            mend = "give each region nodes of its own"
        yield Diagnostic(
            RULE,
            SEVERITY,
            graph.nodes[other].span,
            message,
            (Related(f"fan-out '{outer}'", graph.nodes[outer].span),),
            help=mend,
            node=other,
        )
