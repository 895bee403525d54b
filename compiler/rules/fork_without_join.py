"""The branches of this fan-out do not meet at a fan-in.

That is allowed: join and merge then happen at the fan-out itself, and the node where the
branches meet runs once, if they succeeded. A fan-in shows where that happens, sees the
branches' results, and can route on them.

```bad
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  report [prompt="Report what was found"]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> report -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  verdict [shape=tripleoctagon]
  report [prompt="Report what was found"]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> report -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Severity
from ..graph.model import Graph
from ..graph.reach import misspelled
from ..graph.shape import RegionShape

RULE = "fork_without_join"
SEVERITY = Severity.INFO


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each fan-out whose branches meet at no fan-in, its own or another's."""
    slips = graph.once(misspelled)
    for shape in graph.regions.by_fan_out.values():
        join = graph.nodes.get(shape.join_at or "")
        joined = join is not None and join.kind == "parallel.fan_in"
        if joined or graph.regions.unclear(shape.fan_out) or _single(graph, shape):
            continue
        if join is not None and join.id in slips:
            continue  # the slip is an error of its own, and nobody meant to meet there
        where = f"meet at '{join.id}', which is no fan-in" if join else "meet nowhere"
        written = "fan_in" if graph.language == "yaml" else "shape=tripleoctagon"
        place = f"before '{join.id}'" if join else "for them to meet at"
        yield Diagnostic(
            RULE,
            SEVERITY,
            graph.nodes[shape.fan_out].span,
            f"the branches of '{shape.fan_out}' {where}; they are joined at '{shape.fan_out}'",
            help=f"put a fan-in ({written}) {place}, to see and merge their results there",
            node=shape.fan_out,
        )


def _single(graph: Graph, shape: RegionShape) -> bool:
    """Whether another rule speaks of this fan-out: it has no two branches."""
    return len(shape.branches) < 2 and "for_each" not in graph.nodes[shape.fan_out].attrs
