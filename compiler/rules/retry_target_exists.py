"""A retry target must be a node of the pipeline.

`retry_target` and `fallback_retry_target` name the node that a run goes to when a stage
has failed for good or a goal gate does not hold. A name that is no node is passed over
in silence, and the run fails instead.

```bad
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change"]
  build [prompt="Build it", retry_target=plann]
  exit [shape=Msquare]
  start -> plan -> build -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change"]
  build [prompt="Build it", retry_target=plan]
  exit [shape=Msquare]
  start -> plan -> build -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Severity
from ..graph.elements import Node
from ..graph.model import Graph
from ..graph.reach import RETRY_TARGETS
from ..source import Span
from ..value import Names

RULE = "retry_target_exists"
SEVERITY = Severity.WARNING


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each retry target that is no node, at its value."""
    seen: set[Span] = set()
    known = Names(graph.nodes)
    owners: list[Graph | Node] = [graph, *graph.nodes.values()]
    for owner in owners:
        node = None if isinstance(owner, Graph) else owner.id
        owned_by = f"'{node}'" if node else "the pipeline"
        for name in RETRY_TARGETS:
            attr = owner.attrs.get(name)
            if attr is None or not attr.value or attr.value in graph.nodes:
                continue
            if attr.value_span in seen:
                continue
            seen.add(attr.value_span)
            meant = known.nearest(str(attr.value))
            yield Diagnostic(
                RULE,
                SEVERITY,
                attr.value_span,
                f"{name} of {owned_by} names '{attr.value}', which is no node",
                help=f"did you mean '{meant}'?" if meant else "name a node of this pipeline",
                node=node,
            )
