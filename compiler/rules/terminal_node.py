"""A pipeline needs exactly one exit node.

A run is over when it comes to the one node with `shape=Msquare`, or with the id `exit` or
`end`. Goal gates are checked there. Where several endings are meant, let them all lead to
one exit node.

```bad
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change"]
  start -> plan
}
```

```good
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change"]
  exit [shape=Msquare]
  start -> plan -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Related, Severity
from ..graph.model import Graph

RULE = "terminal_node"
SEVERITY = Severity.ERROR


def check(graph: Graph) -> Iterator[Diagnostic]:
    """At most one finding: at the graph's name, or at the second exit node."""
    if graph.exit is not None:
        return
    exits = [node for node in graph.nodes.values() if node.kind == "exit"]
    if not exits:
        yield Diagnostic(
            RULE,
            SEVERITY,
            graph.name_span,
            "the pipeline has no exit node",
            help="add a node that ends it: exit [shape=Msquare]",
        )
        return
    first, second, *_ = exits
    named = next((node for node in exits if not node.declared), None)
    mend = f"let '{second.id}' be an ordinary stage that leads to '{first.id}'"
    if named is not None and len(exits) == 2:
        meant = first if named is second else second
        mend = f"'{named.id}' is declared nowhere; did you mean '{meant.id}'?"
    yield Diagnostic(
        RULE,
        SEVERITY,
        second.span,
        f"the pipeline has {len(exits)} exit nodes; a run must end at one",
        tuple(
            Related(f"'{node.id}' is an exit node too", node.span)
            for node in exits
            if node is not second
        ),
        help=mend,
        node=second.id,
    )
