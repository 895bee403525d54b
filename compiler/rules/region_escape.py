"""A branch leaves its region only by its join.

An edge, a retry target or a `loop_restart` leads from inside a branch to somewhere else.
The other branches of the fan-out would wait for one that went away, and what comes after
the join would run while the branches still do. The graph's own retry targets are fine: a
branch never takes them.

```bad
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change"]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  verdict [shape=tripleoctagon]
  exit [shape=Msquare]
  start -> plan -> checks -> {unit lint} -> verdict -> exit
  unit -> plan [condition="outcome=fail"]
}
```

```good
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change"]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  verdict [shape=tripleoctagon]
  exit [shape=Msquare]
  start -> plan -> checks -> {unit lint} -> verdict -> exit
  verdict -> plan [condition="outcome=fail"]
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Related, Severity
from ..graph.model import Graph
from ..graph.shape import WrongEdge, WrongTarget

RULE = "region_escape"
SEVERITY = Severity.ERROR


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each edge or retry target that leads away."""
    for fault in graph.regions.faults:
        if isinstance(fault, WrongEdge) and fault.kind == RULE:
            yield _edge(graph, fault)
        elif isinstance(fault, WrongTarget) and fault.kind == RULE:
            yield _target(graph, fault)


def _edge(graph: Graph, fault: WrongEdge) -> Diagnostic:
    edge, fan_out, branch = fault.edge, fault.fan_out, fault.branch
    join_at = graph.regions.by_fan_out[fan_out].join_at
    message = f"edge '{edge.source}' -> '{edge.target}' "
    mend = f"lead it to '{join_at}', where the branches meet, and decide there where to go"
    if join_at is None:
        mend = "let the branches meet at a fan-in, and lead on from there"
    if edge.value("loop_restart", False):
        message += f"restarts the run from inside branch '{branch}' of '{fan_out}'"
        mend = "restart from an edge after the join"
    elif edge.source == fan_out:
        message += f"starts branch '{branch}' of '{fan_out}' at a node outside the region"
        mend = "let its condition ask for the outcome, if it is to be taken after the join"
    elif edge.target == fan_out:
        message += f"leads from branch '{branch}' back to its own fan-out"
    else:
        message += f"leaves branch '{branch}' of '{fan_out}' other than to its join"
    return Diagnostic(
        RULE,
        SEVERITY,
        edge.span,
        message,
        _related(graph, fan_out),
        help=mend,
        node=edge.source,
        edge=(edge.source, edge.target),
    )


def _target(graph: Graph, fault: WrongTarget) -> Diagnostic:
    attr, fan_out = fault.attr, fault.fan_out
    join_at = graph.regions.by_fan_out[fan_out].join_at
    end = f", or '{join_at}', where the branch ends" if join_at else ""
    return Diagnostic(
        RULE,
        SEVERITY,
        attr.value_span,
        f"the {attr.name} of '{fault.node}' leads out of branch '{fault.branch}' of '{fan_out}'",
        _related(graph, fan_out),
        help=f"name a node of the same branch{end}",
        node=fault.node,
    )


def _related(graph: Graph, fan_out: str) -> tuple[Related, ...]:
    join_at = graph.regions.by_fan_out[fan_out].join_at
    found = [Related("the fan-out", graph.nodes[fan_out].span)]
    if join_at is not None:
        found.append(Related("the join", graph.nodes[join_at].span))
    return tuple(found)
