"""A branch is entered only through its fan-out.

An edge or a retry target from outside leads into the middle of a branch, or to a fan-in
without its fan-out. A run that went there would be in a branch that nobody started, and
would come to a join that has nothing to decide.

```bad
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  verdict [shape=tripleoctagon]
  ship [shape=hexagon, label="Ship it?"]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> ship
  ship -> exit [label="Yes"]
  ship -> unit [label="Test again"]
}
```

```good
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  verdict [shape=tripleoctagon]
  ship [shape=hexagon, label="Ship it?"]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> ship
  ship -> exit [label="Yes"]
  ship -> checks [label="Test again"]
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Related, Severity
from ..graph.model import Graph
from ..graph.shape import WrongEdge, WrongTarget

RULE = "region_entry"
SEVERITY = Severity.ERROR


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each edge or retry target that comes from outside."""
    for fault in graph.regions.faults:
        if isinstance(fault, WrongEdge) and fault.kind == RULE:
            yield _edge(graph, fault)
        elif isinstance(fault, WrongTarget) and fault.kind == RULE:
            yield _target(graph, fault)


def _edge(graph: Graph, fault: WrongEdge) -> Diagnostic:
    edge, fan_out = fault.edge, fault.fan_out
    message = f"edge '{edge.source}' -> '{edge.target}' "
    if edge.source == fan_out:
        message += (
            f"asks for the outcome of '{fan_out}', so it is taken after the join, "
            f"but it leads back into branch '{fault.branch}'"
        )
        mend = "do not ask for the outcome, if it is to start a branch"
    elif fault.branch is None:
        message += f"leads to the fan-in of '{fan_out}' without passing '{fan_out}'"
        mend = f"lead it to '{fan_out}', or to a node after '{edge.target}'"
    else:
        message += (
            f"enters branch '{fault.branch}' of '{fan_out}' from outside; "
            "a branch is entered only through its fan-out"
        )
        mend = f"lead it to '{fan_out}', which starts all its branches, or to a node outside"
    return Diagnostic(
        RULE,
        SEVERITY,
        edge.span,
        message,
        (Related("the fan-out", graph.nodes[fan_out].span),),
        help=mend,
        node=edge.source,
        edge=(edge.source, edge.target),
    )


def _target(graph: Graph, fault: WrongTarget) -> Diagnostic:
    attr, fan_out = fault.attr, fault.fan_out
    whose = "the graph" if fault.node is None else f"'{fault.node}'"
    if fault.branch is None:
        where = f"to the fan-in of '{fan_out}' without passing '{fan_out}'"
    else:
        where = f"into branch '{fault.branch}' of '{fan_out}' from outside"
    return Diagnostic(
        RULE,
        SEVERITY,
        attr.value_span,
        f"the {attr.name} of {whose} leads {where}",
        (Related("the fan-out", graph.nodes[fan_out].span),),
        help=f"name '{fan_out}', which starts all its branches, or a node outside",
        node=fault.node,
    )
