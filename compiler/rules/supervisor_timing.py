"""Where a supervisor stops or steers its pipeline, it depends on the clock how a run goes.

A supervisor looks every `manager.poll_interval`, and how far its pipeline is then differs from
run to run. What it saw is kept, so that a resume and a replay decide as the run did; another
run may stop or be steered elsewhere, whatever its stages did. Leave the stop condition and the
steering out if equal outcomes are to give equal runs; a condition on an edge of the pipeline
itself ends it at the same place each time.

```bad
digraph example {
  start [shape=Mdiamond]
  more [shape=hexagon, label="Once more?"]
  build [shape=house, "stack.child_dotfile"="example.dot",
         "manager.stop_condition"="stack.child.stages>20"]
  exit [shape=Msquare]
  start -> more
  more -> build [label="[Y] Yes"]
  more -> exit [label="[N] No"]
  build -> exit
}
```

```good
digraph example {
  start [shape=Mdiamond]
  more [shape=hexagon, label="Once more?"]
  build [shape=house, "stack.child_dotfile"="example.dot"]
  exit [shape=Msquare]
  start -> more
  more -> build [label="[Y] Yes"]
  more -> exit [label="[N] No"]
  build -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Related, Severity
from ..graph.elements import Attr, Node
from ..graph.model import Graph

RULE = "supervisor_timing"
SEVERITY = Severity.INFO

_STOP = "manager.stop_condition"
_STEER = ("manager.steer_prompt", "manager.steer_command")


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One note for each supervisor that may change how its pipeline goes."""
    for node in graph.nodes.values():
        if node.kind != "stack.manager_loop":
            continue
        stop, steer = node.attrs.get(_STOP), _steering(node)
        first = stop or steer
        if first is None:
            continue
        does = "stops" if steer is None else "steers" if stop is None else "stops and steers"
        yield Diagnostic(
            RULE,
            SEVERITY,
            first.value_span,
            f"when '{node.id}' {does} its pipeline depends on the clock; another run may go "
            "otherwise",
            (Related("the steering", steer.value_span),) if stop and steer else (),
            help="leave it out if equal outcomes should give equal runs",
            node=node.id,
        )


def _steering(node: Node) -> Attr | None:
    """What steers, unless the actions leave it out."""
    if "manager.actions" in node.attrs and "steer" not in node.attrs["manager.actions"].value:
        return None
    return next((node.attrs[name] for name in _STEER if name in node.attrs), None)
