"""Each choice of a human gate should have a key of its own.

The key is what stands in `[Y] Yes`, `Y) Yes` or `Y - Yes`, else the label's first letter. A
key that two choices have chooses neither: who types it is asked again.

```bad
digraph review {
  start [shape=Mdiamond]
  ask [shape=hexagon, label="Ship it?"]
  fix [prompt="Fix it"]
  exit [shape=Msquare]
  start -> ask
  ask -> exit [label="[A] Accept"]
  ask -> fix [label="[A] Amend"]
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
  ask -> exit [label="[A] Accept"]
  ask -> fix [label="[M] Amend"]
  fix -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Related, Severity
from ..graph.elements import Edge
from ..graph.model import Graph
from ..plan.labels import accelerator, match_text

RULE = "ambiguous_accelerator"
SEVERITY = Severity.WARNING


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each choice whose key an earlier one has, if one of them writes it."""
    for node in graph.nodes.values():
        if node.kind != "wait.human" or node.value("human.type", "choice") != "choice":
            continue
        first: dict[str, Edge] = {}
        for edge in graph.outgoing[node.id]:
            key = accelerator(edge.label or edge.target).casefold()
            earlier = first.setdefault(key, edge)
            if earlier is edge or not key or not (_writes_key(edge) or _writes_key(earlier)):
                continue
            if match_text(edge.label) == match_text(earlier.label):
                continue
            attr, other = edge.attrs.get("label"), earlier.attrs.get("label")
            yield Diagnostic(
                RULE,
                SEVERITY,
                edge.target_span if attr is None else attr.value_span,
                f"two choices of '{node.id}' have the key '{key.upper()}'",
                (Related("the first", earlier.target_span if other is None else other.value_span),),
                help="give one of them another, such as [X] in front of its label",
                node=node.id,
                edge=(edge.source, edge.target),
            )


def _writes_key(edge: Edge) -> bool:
    """Whether the label says its key itself."""
    label = edge.label.strip()
    return bool(label) and match_text(label) != label.lower()
