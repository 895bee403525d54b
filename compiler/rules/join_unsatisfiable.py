"""A join can be satisfied.

It asks for more branches than there are, or its formula is false whatever happens: the
fan-out would fail in every run.

```bad
digraph review {
  start [shape=Mdiamond]
  checks [shape=component, join="k_of_n(3)"]
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
  checks [shape=component, join="k_of_n(2)"]
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
from ..graph.shape import RegionShape
from ..graph.truth import parts, values
from ..policy import AtLeast, Atom, Join, branches_named

RULE = "join_unsatisfiable"
SEVERITY = Severity.ERROR


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each join that no ends of its branches can satisfy."""
    for shape in graph.regions.by_fan_out.values():
        node = graph.nodes[shape.fan_out]
        attr = node.attrs.get("join")
        if attr is None or not isinstance(attr.value, Join) or "for_each" in node.attrs:
            continue
        found = None if shape.fan_out in graph.regions.unsure else _reason(shape, attr.value)
        if found is not None:
            message, mend = found
            asked = node.attrs.get("k", attr) if attr.value.kind == "k_of_n" else attr
            yield Diagnostic(
                RULE,
                SEVERITY,
                asked.value_span,
                message,
                (Related("the fan-out", node.span),),
                help=mend,
                node=node.id,
            )


def _reason(shape: RegionShape, join: Join) -> tuple[str, str] | None:
    """Why the join cannot be satisfied, and what to do."""
    number = len(shape.branches)
    if join.kind == "k_of_n" and join.k is not None and not 1 <= join.k <= number:
        return (
            f"the join of '{shape.fan_out}' asks for {join.k} of its branches, but it has {number}",
            f"write a k from 1 to {number}" if number else "add branches",
        )
    skippable = {branch.id: branch.edge.condition is not None for branch in shape.branches}
    if join.formula is None or not skippable.keys() >= set(branches_named(join.formula)):
        return None
    for part in parts(join.formula):
        if isinstance(part, AtLeast) and part.k > len(set(part.branches)):
            return (
                f"'{part.k} of (...)' in the join of '{shape.fan_out}' is never true: "
                f"it names {len(set(part.branches))} branches",
                "lower the number, or name more branches",
            )
    if True in values(join.formula, skippable) or not values(join.formula, skippable):
        return None
    never = [
        part.branch
        for part in parts(join.formula)
        if isinstance(part, Atom) and part.state == "skipped" and not skippable[part.branch]
    ]
    return (
        f"the join of '{shape.fan_out}' is false however its branches end",
        f"'{never[0]}' is never skipped: its edge has no condition"
        if never
        else "write a formula that some ends satisfy",
    )
