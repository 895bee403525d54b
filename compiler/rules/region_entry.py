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
from ..graph.shape import Fault


RULE = "region_entry"
SEVERITY = Severity.ERROR


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each edge or retry target that comes from outside."""
    for fault in graph.regions.of(RULE):
        assert fault.fan_out is not None, "a region has a fan-out"
        yield _jump(graph, fault, fault.fan_out) if fault.attr else _edge(graph, fault)


def _edge(graph: Graph, fault: Fault) -> Diagnostic:
    edge, fan_out = fault.edge, fault.fan_out
    assert edge is not None, "an entry by an edge has one"
    assert fan_out is not None, "a region has a fan-out"
    said = f"edge '{edge.source}' -> '{edge.target}'"
    if edge.source == fan_out:
        message = (
            f"{said} asks for the outcome of '{fan_out}', so it is taken after the join, "
            f"but leads back into branch '{fault.branches[0]}'"
        )
        mend = "do not ask for the outcome, if it is to start a branch"
    elif not fault.branches:
        message = f"{said} leads to the fan-in of '{fan_out}' without passing '{fan_out}'"
        mend = f"lead it to '{fan_out}', or to a node after '{edge.target}'"
    else:
        message = (
            f"{said} enters branch '{fault.branches[0]}' of '{fan_out}' from outside; "
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


def _jump(graph: Graph, fault: Fault, fan_out: str) -> Diagnostic:
    attr = fault.attr
    assert attr is not None, "an entry by a retry target has one"
    whose = f"of '{fault.node}'" if fault.node is not None else "of the graph"
    where = (
        f"into branch '{fault.branches[0]}' of '{fan_out}' from outside"
        if fault.branches
        else f"to the fan-in of '{fan_out}' without passing '{fan_out}'"
    )
    return Diagnostic(
        RULE,
        SEVERITY,
        attr.value_span,
        f"the {attr.name} {whose} leads {where}",
        (Related("the fan-out", graph.nodes[fan_out].span),),
        help=f"name '{fan_out}', which starts all its branches, or a node outside",
        node=fault.node,
    )
