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
from ..graph.elements import Attr, Edge
from ..graph.shape import Fault


RULE = "region_escape"
SEVERITY = Severity.ERROR


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each edge or retry target that leads away."""
    for fault in graph.regions.of(RULE):
        if fault.fan_out is None:
            continue
        join_at = graph.regions.by_fan_out[fault.fan_out].join_at
        if fault.edge is not None:
            yield _edge(graph, fault, fault.edge, fault.fan_out, join_at)
        elif fault.attr is not None:
            yield _jump(graph, fault, fault.attr, fault.fan_out, join_at)


def _edge(
    graph: Graph, fault: Fault, edge: Edge, fan_out: str, join_at: str | None
) -> Diagnostic:
    said = f"edge '{edge.source}' -> '{edge.target}'"
    branch = fault.branches[0]
    past = f"without passing the join '{join_at}'" if join_at else f"of '{fan_out}'"
    mend = f"lead it to '{join_at}', and decide there where to go"
    if edge.value("loop_restart", False):
        message = f"{said} restarts the run from inside branch '{branch}' of '{fan_out}'"
        mend = "restart from an edge after the join"
    elif edge.target == fan_out:
        message = f"{said} leads back to the fan-out of its own branch '{branch}'"
        if join_at is None:
            mend = "let the branches meet at a fan-in, and lead back from there"
    elif edge.source == fan_out:
        message = f"branch '{branch}' of '{fan_out}' starts outside the region, at '{edge.target}'"
        mend = "let it ask for the outcome, if it is to be taken after the join"
    else:
        message = f"{said} leaves branch '{branch}' of '{fan_out}' {past}".removesuffix(
            f" of '{fan_out}' of '{fan_out}'"
        )
    return Diagnostic(
        RULE,
        SEVERITY,
        edge.span,
        message,
        _related(graph, fan_out, join_at),
        help=mend,
        node=edge.source,
        edge=(edge.source, edge.target),
    )


def _jump(
    graph: Graph, fault: Fault, attr: Attr, fan_out: str, join_at: str | None
) -> Diagnostic:
    ends = f", or '{join_at}', where the branch ends" if join_at else ""
    return Diagnostic(
        RULE,
        SEVERITY,
        attr.value_span,
        f"the {attr.name} of '{fault.node}' leads out of branch '{fault.branches[0]}' "
        f"of '{fan_out}', to '{attr.value}'",
        _related(graph, fan_out, join_at),
        help=f"name a node of the same branch{ends}",
        node=fault.node,
    )


def _related(graph: Graph, fan_out: str, join_at: str | None) -> tuple[Related, ...]:
    found = [Related("the fan-out", graph.nodes[fan_out].span)]
    if join_at is not None:
        found.append(Related("the join", graph.nodes[join_at].span))
    return tuple(found)
