"""The default choice of a human gate is one of its choices.

`human.default_choice` is taken when nobody answers in time. It names the node that an edge of
the gate leads to, or that edge's label, or its key.

```bad
digraph review {
  start [shape=Mdiamond]
  ask [shape=hexagon, label="Ship it?", timeout="2h", "human.default_choice"=hold]
  exit [shape=Msquare]
  fix [prompt="Fix it"]
  start -> ask
  ask -> exit [label="[Y] Yes"]
  ask -> fix [label="[N] No"]
  fix -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  ask [shape=hexagon, label="Ship it?", timeout="2h", "human.default_choice"=fix]
  exit [shape=Msquare]
  fix [prompt="Fix it"]
  start -> ask
  ask -> exit [label="[Y] Yes"]
  ask -> fix [label="[N] No"]
  fix -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Severity
from ..graph.model import Graph
from ..plan.labels import accelerator, match_text
from ..value import nearest

RULE = "unknown_choice"
SEVERITY = Severity.ERROR


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each default that no edge of its gate answers to."""
    for node in graph.nodes.values():
        attr = node.attrs.get("human.default_choice")
        edges = graph.outgoing[node.id]
        if attr is None or not attr.value or node.kind != "wait.human" or not edges:
            continue
        choice = str(attr.value)
        labels = [edge.label for edge in edges if edge.label]
        targets = [edge.target for edge in edges]
        if (
            choice in targets
            or match_text(choice) in map(match_text, labels)
            or choice.lower() in (accelerator(label).lower() for label in labels)
        ):
            continue
        meant = nearest(choice, (*targets, *labels))
        listed = ", ".join(f"'{edge.label or edge.target}'" for edge in edges)
        yield Diagnostic(
            RULE,
            SEVERITY,
            attr.value_span,
            f"'{choice}' is no choice of '{node.id}'; its choices are {listed}",
            help=f"did you mean '{meant}'?" if meant else "write the node that an edge leads to",
            node=node.id,
        )
