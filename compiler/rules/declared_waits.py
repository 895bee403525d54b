"""Under the default `decide=declared` the first success is the first in order, not in time.

The ends of branches are taken in declared order, so that equal outcomes give equal runs. A later
branch that succeeds early does not win, and a later failure does not end a `fail_fast` join,
before the earlier branches are known. Put the branch that is most likely to decide first, write
`decide=arrival` for a race, which may come out otherwise the next time, or `decide=declared` to
say that the order is meant.

```bad
digraph review {
  start [shape=Mdiamond]
  checks [shape=component, join=first_success]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  verdict [shape=tripleoctagon]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  checks [shape=component, join=first_success, decide=declared]
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

from ..diagnostic import Diagnostic, Severity
from ..graph.early import is_template
from ..graph.elements import Attr, Node
from ..graph.model import Graph
from ..policy import Join

RULE = "declared_waits"
SEVERITY = Severity.INFO


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One note for each fan-out that sounds like a race and is none."""
    for shape in graph.regions.by_fan_out.values():
        node = graph.nodes[shape.fan_out]
        if "decide" in node.attrs or "decide" in node.broken or graph.regions.unclear(node.id):
            continue
        several = len(shape.branches) > 1 or is_template(graph, shape)
        found = _racing(node) if several else None
        if found is None:
            continue
        attr, what = found
        yield Diagnostic(
            RULE,
            SEVERITY,
            attr.value_span,
            f"{what} before all branches in front of it have ended: '{node.id}' takes their ends "
            "in declared order",
            help="write decide=declared if that is meant, decide=arrival for a race",
            node=node.id,
        )


def _racing(node: Node) -> tuple[Attr, str] | None:
    """The attribute that promises a race, and what does not happen at once."""
    join, errors = node.attrs.get("join"), node.attrs.get("error_policy")
    if join is not None and isinstance(join.value, Join) and join.value.kind == "first_success":
        return join, "a success does not win"
    if errors is not None and errors.value == "fail_fast":
        return errors, "a failure does not end the others"
    return None
