"""`winner=arrival` needs a race: `decide=arrival` on the fan-out.

The key ranks branches by the order in which their ends were taken. In declared order, the
default, that is `first`, however fast each branch ran; nobody arrives before another. Write
`decide=arrival` on the fan-out if the fastest is to win: that is a race, and `check` says so.

```bad
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  verdict [shape=tripleoctagon, winner=arrival]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  verdict [shape=tripleoctagon, winner=first]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Severity
from ..graph.dataflow import written
from ..graph.model import Graph
from ..graph.places import word_in
from ..policy import Winner

RULE = "winner_by_arrival"
SEVERITY = Severity.ERROR


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each winner rule that asks for the order of a race that is none."""
    for shape in graph.regions.by_fan_out.values():
        place, fan_out = written(graph, shape, "winner"), graph.nodes[shape.fan_out]
        if place is None or "decide" in fan_out.broken or graph.regions.unclear(fan_out.id):
            continue
        node, attr = place
        if not isinstance(attr.value, Winner) or fan_out.value("decide") == "arrival":
            continue
        if any(key.kind == "arrival" for key in attr.value.keys):
            yield Diagnostic(
                RULE,
                SEVERITY,
                word_in(graph.source, attr, "arrival"),
                f"'{fan_out.id}' takes its branches in declared order, so none of them arrives "
                "before another",
                help=f"add decide=arrival to '{fan_out.id}', or write first",
                node=node.id,
            )
