"""A merge rule should be for a key that some branch writes.

Every stage of the branches declares what it writes, and none of them writes a key that this
rule is for: the rule does nothing. Usually the key is written in another way.

```bad
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q", output=json, writes=coverage]
  lint [shape=parallelogram, tool_command="ruff check .", writes=findings]
  verdict [shape=tripleoctagon, merge="coverag: one; findings: one"]
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
  verdict [shape=tripleoctagon, merge="coverage: one; findings: one"]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Severity
from ..graph.dataflow import brought, merge_of, written
from ..graph.model import Graph
from ..graph.patterns import meets_any, never_merged, shadows
from ..graph.places import word_in
from ..graph.shape import RegionShape
from ..policy import Winner
from ..value import nearest

RULE = "merge_unused_rule"
SEVERITY = Severity.WARNING


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each rule that no write of a branch can fall under."""
    for shape in graph.regions.by_fan_out.values():
        merge, place = merge_of(graph, shape), written(graph, shape, "merge")
        writes = brought(graph, shape)
        if merge is None or place is None or writes is None:
            continue
        node, attr = place
        known = tuple(writes)
        compared = _compared(graph, shape)
        for rule in merge.rules:
            used = rule.pattern == "*" or meets_any(rule.pattern, known)
            if rule.pattern in compared:
                # winner_unknown_key tells it.
                continue
            if used or never_merged(rule.pattern) or shadows(merge.rules, rule) is not None:
                continue
            meant = nearest(rule.pattern, known)
            yield Diagnostic(
                RULE,
                SEVERITY,
                word_in(graph.source, attr, rule.pattern),
                f"no branch of '{shape.fan_out}' writes a key that the rule "
                f"'{rule.pattern}: {rule.strategy}' is for",
                help=f"did you mean '{meant}'?"
                if meant
                else "remove it, or add the key to the writes of a stage",
                node=node.id,
            )


def _compared(graph: Graph, shape: RegionShape) -> frozenset[str | None]:
    """The keys by which the winner is chosen."""
    place = written(graph, shape, "winner")
    if place is None or not isinstance(place[1].value, Winner):
        return frozenset()
    return frozenset(each.key for each in place[1].value.keys)
