"""A goal gate should say where to go when it does not hold.

A run may not leave while a visited stage with `goal_gate=true` has not succeeded. It then
goes to the stage's `retry_target` or `fallback_retry_target`, else to the pipeline's. With
none of them the run just fails at the exit.

```bad
digraph review {
  start [shape=Mdiamond]
  build [prompt="Build it"]
  tests [shape=parallelogram, tool_command="pytest -q", goal_gate=true]
  exit [shape=Msquare]
  start -> build -> tests -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  build [prompt="Build it"]
  tests [shape=parallelogram, tool_command="pytest -q", goal_gate=true, retry_target=build]
  exit [shape=Msquare]
  start -> build -> tests -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Severity
from ..graph.model import Graph
from ..graph.reach import RETRY_TARGETS
from ..source import Span

RULE = "goal_gate_has_retry"
SEVERITY = Severity.WARNING


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each goal gate without any retry target, at `goal_gate`."""
    if any(graph.value(name) for name in RETRY_TARGETS):
        return
    seen: set[Span] = set()
    for node in graph.nodes.values():
        gate = node.attrs.get("goal_gate")
        if gate is None or gate.value is not True or gate.key_span in seen:
            continue
        if any(node.value(name) for name in RETRY_TARGETS):
            continue
        seen.add(gate.key_span)
        yield Diagnostic(
            RULE,
            SEVERITY,
            gate.key_span.through(gate.value_span),
            f"the goal gate '{node.id}' has no retry_target, so the run fails if it does not hold",
            help="add retry_target, the node to go back to",
            node=node.id,
        )
