"""A winner should be chosen by a key that some branch writes.

Every stage of the branches declares what it writes, and none of them writes the key that
`max(...)`, `min(...)` or `vote(...)` compares: all branches rank last, and the first one wins.

```bad
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q", output=json, writes=coverage]
  lint [shape=parallelogram, tool_command="ruff check .", writes=findings]
  verdict [shape=tripleoctagon, winner="max(covrage)"]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q", output=json, writes=coverage]
  lint [shape=parallelogram, tool_command="ruff check .", writes=findings]
  verdict [shape=tripleoctagon, winner="max(coverage)"]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Severity
from ..graph.dataflow import brought, written
from ..graph.model import Graph
from ..graph.patterns import meets_any
from ..graph.places import word_in
from ..policy import Winner
from ..value import nearest

RULE = "winner_unknown_key"
SEVERITY = Severity.WARNING


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each key of a winner rule that no branch can have written."""
    for shape in graph.regions.by_fan_out.values():
        place, writes = written(graph, shape, "winner"), brought(graph, shape)
        if place is None or writes is None or not isinstance(place[1].value, Winner):
            continue
        node, attr = place
        for each in attr.value.keys:
            if each.key is None or meets_any(each.key, writes):
                continue
            meant = nearest(each.key, writes)
            yield Diagnostic(
                RULE,
                SEVERITY,
                word_in(graph.source, attr, each.key),
                f"no branch of '{shape.fan_out}' writes '{each.key}', by which {each.kind} "
                "is to choose the winner",
                help=f"did you mean '{meant}'?"
                if meant
                else "add it to the writes of the stage that sets it, or choose by another key",
                node=node.id,
            )
