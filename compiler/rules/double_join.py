"""A fan-in joins one fan-out, and once.

Either two fan-outs that stand side by side lead to the same fan-in, or only some branches
of a fan-out do, so that it would run once for each of them before all of them meet.
Regions inside one another may end at the same fan-in: it then belongs to the outermost.

```bad
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  more [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  types [shape=parallelogram, tool_command="mypy ."]
  docs [shape=parallelogram, tool_command="make docs"]
  verdict [shape=tripleoctagon]
  how [shape=hexagon, label="Which checks?"]
  exit [shape=Msquare]
  start -> how
  how -> checks [label="Quick"]
  how -> more [label="Full"]
  checks -> {unit lint} -> verdict
  more -> {types docs} -> verdict
  verdict -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  more [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  types [shape=parallelogram, tool_command="mypy ."]
  docs [shape=parallelogram, tool_command="make docs"]
  verdict [shape=tripleoctagon]
  all [shape=tripleoctagon]
  how [shape=hexagon, label="Which checks?"]
  exit [shape=Msquare]
  start -> how
  how -> checks [label="Quick"]
  how -> more [label="Full"]
  checks -> {unit lint} -> verdict -> exit
  more -> {types docs} -> all -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Related, Severity
from ..graph.model import Graph

RULE = "double_join"
SEVERITY = Severity.ERROR


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each fan-in that would fire twice."""
    for fault in graph.regions.of(RULE):
        node, fan_out = fault.node, fault.fan_out
        if node is None or fan_out is None:
            continue
        related = [Related("the fan-out", graph.nodes[fan_out].span)]
        if fault.other is not None:
            message = (
                f"the branches of '{fan_out}' and those of '{fault.other}' meet at '{node}', "
                "but a fan-in joins one fan-out"
            )
            mend = "give each fan-out a fan-in of its own"
            related.append(Related("the other fan-out", graph.nodes[fault.other].span))
        else:
            one, other = fault.branches
            join_at = graph.regions.by_fan_out[fan_out].join_at
            where = f", which meet only at '{join_at}'" if join_at else ""
            message = (
                f"fan-in '{node}' would run once for branch '{one}' and once for branch "
                f"'{other}' of '{fan_out}'{where}"
            )
            mend = f"lead all branches to '{node}', or give these a fan-out of their own"
        yield Diagnostic(
            RULE,
            SEVERITY,
            graph.nodes[node].span,
            message,
            tuple(related),
            help=mend,
            node=node,
        )
