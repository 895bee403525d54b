"""Keys that belong to the run itself are no stage's to write or to merge.

`outcome`, `preferred_label`, `current_node`, `internal.*`, `graph.*`, `parallel.*` and
`inputs.*` are set by the run: a stage's write to one of them is dropped. They are never
merged either, nor are `last_stage` and `last_response`; who wants the answer of an agent in a
branch gives its stage `writes` with one key. A fan-out must not have the name of something
that stands under `parallel.`, such as `results`.

```bad
digraph review {
  start [shape=Mdiamond]
  unit [shape=parallelogram, tool_command="pytest -q", writes=outcome]
  exit [shape=Msquare]
  start -> unit -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  unit [shape=parallelogram, tool_command="pytest -q", writes=unit_outcome]
  exit [shape=Msquare]
  start -> unit -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..diagnostic import Diagnostic, Severity
from ..graph.elements import Node
from ..graph.model import Graph
from ..graph.patterns import never_merged, never_written
from ..graph.places import word_in
from ..policy import Merge

RULE = "reserved_key"
SEVERITY = Severity.WARNING
_UNDER_PARALLEL: Final = frozenset(
    {
        "results",
        "branch",
        "fan_in",
        "branch_count",
        "success_count",
        "fail_count",
        "join_policy",
    }
)


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each such key, and for each fan-out with such a name."""
    for node in graph.nodes.values():
        writes, merge = node.attrs.get("writes"), node.attrs.get("merge")
        if writes is not None:
            for key in writes.value:
                if never_written(key):
                    yield Diagnostic(
                        RULE,
                        SEVERITY,
                        word_in(graph.source, writes, key),
                        f"'{key}' belongs to the run; what '{node.id}' writes to it is dropped",
                        help="write to a key with another name",
                        node=node.id,
                    )
        if merge is not None and isinstance(merge.value, Merge):
            yield from _merged(graph, node, merge.value)
        if node.kind == "parallel" and node.id in _UNDER_PARALLEL:
            yield Diagnostic(
                RULE,
                SEVERITY,
                node.span,
                f"a fan-out cannot well be called '{node.id}': the run keeps "
                f"'parallel.{node.id}' for itself",
                help="give it another name",
                node=node.id,
            )


def _merged(graph: Graph, node: Node, merge: Merge) -> Iterator[Diagnostic]:
    for rule in merge.rules:
        if rule.strategy in ("drop", "isolate") or not never_merged(rule.pattern):
            continue
        yield Diagnostic(
            RULE,
            SEVERITY,
            word_in(graph.source, node.attrs["merge"], rule.pattern),
            f"'{rule.pattern}' belongs to the run and is never merged",
            help="let the stages write to a key of their own, and merge that",
            node=node.id,
        )
