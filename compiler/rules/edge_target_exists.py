"""An edge must lead to a node that exists.

A name that stands nowhere but at the end of an edge is nearly always a slip: the node has
no prompt, no command and no way on. A node that is declared only by its edges, but does
lead on, is accepted.

```bad
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change"]
  exit [shape=Msquare]
  start -> plan -> exit
  plan -> plam [condition="outcome=fail"]
}
```

```good
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change"]
  exit [shape=Msquare]
  start -> plan -> exit
  plan -> plan [condition="outcome=fail"]
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Severity
from ..graph.model import Graph
from ..graph.reach import missing, misspelled
from ..source import Span

RULE = "edge_target_exists"
SEVERITY = Severity.ERROR


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each place where an edge leads to nowhere, at the name of its target."""
    meant = graph.once(misspelled)
    unknown = {*missing(graph), *meant}
    unknown.update(edge.target for edge in graph.edges if edge.target not in graph.nodes)
    seen: set[Span] = set()
    for edge in graph.edges:
        if edge.target not in unknown or edge.target_span in seen:
            continue
        seen.add(edge.target_span)
        known = meant.get(edge.target)
        yield Diagnostic(
            RULE,
            SEVERITY,
            edge.target_span,
            f"the edge from '{edge.source}' leads to '{edge.target}', which is declared nowhere",
            help=f"did you mean '{known}'?" if known else _declare(graph, edge.target),
            node=edge.target,
            edge=(edge.source, edge.target),
        )


def _declare(graph: Graph, node: str) -> str:
    if graph.language == "yaml":
        return f"add '{node}' under nodes, or correct the name"
    return f"""declare it, for example: {node} [prompt="..."], or correct the name"""
