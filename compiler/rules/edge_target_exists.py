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

from ..diagnostic import Diagnostic, Related, Severity
from ..graph.elements import Edge
from ..graph.model import Graph
from ..graph.reach import missing, misspelled
from ..source import Span

RULE = "edge_target_exists"
SEVERITY = Severity.ERROR
_SHOWN = 6


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each name that edges lead to and nothing has, where it stands first."""
    meant = graph.once(misspelled)
    unknown = {*missing(graph), *meant}
    unknown.update(edge.target for edge in graph.edges if edge.target not in graph.nodes)
    places: dict[str, dict[Span, Edge]] = {}
    for edge in graph.edges:
        if edge.target in unknown:
            places.setdefault(edge.target, {}).setdefault(edge.target_span, edge)
    for name, edges in places.items():
        first, *others = edges.values()
        known = meant.get(name)
        yield Diagnostic(
            RULE,
            SEVERITY,
            first.target_span,
            f"the edge from '{first.source}' leads to '{name}', which is declared nowhere",
            tuple(
                Related(f"'{edge.source}' leads there, too", edge.target_span)
                for edge in others[:_SHOWN]
            ),
            help=f"did you mean '{known}'?" if known else _declare(graph, name),
            node=name,
            edge=(first.source, name),
        )


def _declare(graph: Graph, node: str) -> str:
    if graph.language == "yaml":
        return f"add '{node}' under nodes, or correct the name"
    return f"""declare it, for example: {node} [prompt="..."], or correct the name"""
