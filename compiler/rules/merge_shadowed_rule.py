"""A merge rule should have keys that no other rule takes from it.

An exact key goes before a pattern, and a longer pattern before a shorter one. Where two rules
are for the same keys, only the one that is tried first is ever used.

```bad
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q", output=json, writes=coverage]
  lint [shape=parallelogram, tool_command="ruff check .", writes=findings]
  verdict [shape=tripleoctagon, merge="findings: append; coverage: one; findings: union"]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q", output=json, writes=coverage]
  lint [shape=parallelogram, tool_command="ruff check .", writes=findings]
  verdict [shape=tripleoctagon, merge="findings: append; coverage: one"]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Severity
from ..graph.dataflow import merge_of, written
from ..graph.model import Graph
from ..graph.patterns import shadows
from ..graph.places import word_in

RULE = "merge_shadowed_rule"
SEVERITY = Severity.WARNING


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each rule that another one always goes before."""
    for shape in graph.regions.by_fan_out.values():
        merge, place = merge_of(graph, shape), written(graph, shape, "merge")
        if merge is None or place is None:
            continue
        node, attr = place
        for rule in merge.rules:
            other = shadows(merge.rules, rule)
            if other is None:
                continue
            yield Diagnostic(
                RULE,
                SEVERITY,
                word_in(graph.source, attr, rule.pattern, last=True),
                f"the rule '{rule.pattern}: {rule.strategy}' is never used: "
                f"'{other.pattern}: {other.strategy}' goes before it",
                help="remove one of them",
                node=node.id,
            )
