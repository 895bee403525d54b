"""Under `decide=arrival` it depends on speed how a run goes.

The ends of branches are taken as they come. Which of them are there when the join is decided,
and so the winner, the merge and the way on, can differ between two runs whose stages did the
same; under `winner=arrival` the winner can, whatever the join waits for. A resume and a replay
decide as the run did. Leave `decide` out if equal outcomes are to give equal runs; the join
then waits for earlier branches before later ones count.

```bad
digraph review {
  start [shape=Mdiamond]
  checks [shape=component, join=first_success, decide=arrival]
  unit [shape=parallelogram, tool_command="pytest -q", writes=failures]
  lint [shape=parallelogram, tool_command="ruff check .", writes=findings]
  verdict [shape=tripleoctagon]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  checks [shape=component, join=first_success, decide=declared]
  unit [shape=parallelogram, tool_command="pytest -q", writes=failures]
  lint [shape=parallelogram, tool_command="ruff check .", writes=findings]
  verdict [shape=tripleoctagon]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Related, Severity
from ..graph.dataflow import written
from ..graph.early import may_decide_early
from ..graph.judges import winner_of
from ..graph.model import Graph

RULE = "arrival_dependent"
SEVERITY = Severity.INFO


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One note for each fan-out that takes its branches as they come."""
    for shape in graph.regions.by_fan_out.values():
        node = graph.nodes[shape.fan_out]
        attr = node.attrs.get("decide")
        if attr is None or attr.value != "arrival" or graph.regions.unclear(shape.fan_out):
            continue
        join, winner = node.attrs.get("join"), None
        if any(key.kind == "arrival" for key in winner_of(graph, shape).keys):
            place = written(graph, shape, "winner")
            winner = None if place is None else place[1]
            message = (
                f"which branch of '{node.id}' wins depends on how fast they run; "
                "another run may decide otherwise"
            )
            mend = "leave arrival out of the winner, too, if equal outcomes should give equal runs"
        elif may_decide_early(graph, shape):
            message = (
                f"which branches of '{node.id}' count depends on how fast they run; "
                "another run may decide otherwise"
            )
            mend = "leave it out if equal outcomes should give equal runs"
        else:
            message = f"'{node.id}' waits for all its branches, so their order decides nothing"
            mend = "leave decide=arrival out"
        yield Diagnostic(
            RULE,
            SEVERITY,
            attr.value_span,
            message,
            tuple(
                Related(said, attr.value_span)
                for said, attr in (("the join", join), ("the winner", winner))
                if attr is not None
            ),
            help=mend,
            node=node.id,
        )
