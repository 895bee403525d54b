"""A join depends on how its branches end.

The formula is true whatever happens, so nothing that a branch does can make the fan-out
fail. Who wants that writes `all_done`, or asks for `.done` alone.

```bad
digraph review {
  start [shape=Mdiamond]
  checks [shape=component, join="unit || unit.failed"]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  verdict [shape=tripleoctagon]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  checks [shape=component, join="unit || lint.failed"]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  verdict [shape=tripleoctagon]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Related, Severity
from ..graph.model import Graph
from ..graph.truth import parts, values
from ..policy import AtLeast, Atom, Formula, Join, branches_named

RULE = "join_always_true"
SEVERITY = Severity.WARNING


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each formula that no ends of the branches make false."""
    for shape in graph.regions.by_fan_out.values():
        node = graph.nodes[shape.fan_out]
        attr = node.attrs.get("join")
        if attr is None or not isinstance(attr.value, Join) or attr.value.formula is None:
            continue
        if shape.fan_out in graph.regions.unsure or "for_each" in node.attrs:
            continue
        formula = attr.value.formula
        skippable = {branch.id: branch.edge.condition is not None for branch in shape.branches}
        if not skippable.keys() >= set(branches_named(formula)) or _only_done(formula):
            continue
        if values(formula, skippable) == {True}:
            yield Diagnostic(
                RULE,
                SEVERITY,
                attr.value_span,
                f"the join of '{node.id}' is true however its branches end",
                (Related("the fan-out", node.span),),
                help="write all_done, if it is only to wait for them",
                node=node.id,
            )


def _only_done(formula: Formula) -> bool:
    """Whether a formula asks for nothing but that branches are done: true on purpose."""
    leaves = [part for part in parts(formula) if isinstance(part, Atom | AtLeast)]
    return all(isinstance(leaf, Atom) and leaf.state == "done" for leaf in leaves)
