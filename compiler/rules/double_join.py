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
from ..graph.shape import SharedNode, TwoRegions

RULE = "double_join"
SEVERITY = Severity.ERROR


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each fan-in that would fire twice."""
    for fault in graph.regions.faults:
        if isinstance(fault, TwoRegions) and fault.kind == RULE:
            yield _finding(
                graph,
                fault.node or fault.other,
                f"the branches of '{fault.fan_out}' and those of '{fault.other}' both meet at "
                f"'{fault.node}'; a fan-in joins one fan-out",
                (fault.fan_out, fault.other),
                "give each fan-out a fan-in of its own",
            )
        elif isinstance(fault, SharedNode) and fault.kind == RULE:
            one, other = fault.branches
            join_at = graph.regions.by_fan_out[fault.fan_out].join_at
            where = f", which meet only at '{join_at}'" if join_at else ""
            yield _finding(
                graph,
                fault.node,
                f"fan-in '{fault.node}' would run for branch '{one}' and again for branch "
                f"'{other}' of '{fault.fan_out}'{where}",
                (fault.fan_out,),
                f"lead all branches to '{fault.node}', or give these a fan-out of their own",
            )


def _finding(
    graph: Graph, node: str, message: str, fan_outs: tuple[str, ...], mend: str
) -> Diagnostic:
    return Diagnostic(
        RULE,
        SEVERITY,
        graph.nodes[node].span,
        message,
        tuple(Related(f"fan-out '{fan_out}'", graph.nodes[fan_out].span) for fan_out in fan_outs),
        help=mend,
        node=node,
    )
