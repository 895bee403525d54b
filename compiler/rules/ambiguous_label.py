"""Edges of one node should have labels that can be told apart.

A stage, or a person, chooses an edge by its label: without the accelerator, in lower case.
Of two edges with the same label the first in the file is always taken.

```bad
digraph review {
  start [shape=Mdiamond]
  ask [shape=hexagon, label="Ship it?"]
  fix [prompt="Fix it"]
  exit [shape=Msquare]
  start -> ask
  ask -> exit [label="Ship"]
  ask -> fix [label="ship"]
  fix -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  ask [shape=hexagon, label="Ship it?"]
  fix [prompt="Fix it"]
  exit [shape=Msquare]
  start -> ask
  ask -> exit [label="Ship"]
  ask -> fix [label="Fix it first"]
  fix -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Related, Severity
from ..graph.elements import Edge
from ..graph.model import Graph
from ..plan.labels import match_text

RULE = "ambiguous_label"
SEVERITY = Severity.WARNING


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each edge whose label an earlier one to another node has."""
    for node in graph.nodes.values():
        first: dict[str, Edge] = {}
        for edge in graph.outgoing[node.id]:
            name = match_text(edge.label)
            if not name or edge.condition or edge.broken or graph.is_branch_edge(edge):
                continue
            earlier = first.setdefault(name, edge)
            if earlier.target == edge.target:
                continue
            yield Diagnostic(
                RULE,
                SEVERITY,
                edge.attrs["label"].value_span,
                f"two edges of '{node.id}' have the label '{name}'; "
                f"the one to '{earlier.target}' is always chosen",
                (Related("the first", earlier.attrs["label"].value_span),),
                help="give each edge a label of its own",
                node=node.id,
                edge=(edge.source, edge.target),
            )
