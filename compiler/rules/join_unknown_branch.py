"""Joins and winners name branches that exist.

A formula or a `priority(...)` names something that is no branch of its fan-out. A branch's
id is its edge's `branch` attribute, else its label, else the node that it leads to.

```bad
digraph review {
  start [shape=Mdiamond]
  checks [shape=component, join="unit && lnt"]
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
  checks [shape=component, join="unit && lint"]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  verdict [shape=tripleoctagon]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> exit
}
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..diagnostic import Diagnostic, Related, Severity
from ..frontend.joins import no_such_policy
from ..frontend.small import narrowed
from ..graph.elements import Attr, Node
from ..graph.model import Graph
from ..graph.shape import RegionShape
from ..policy import Atom, Join, Winner, branches_named
from ..source import Span
from ..value import nearest

RULE = "join_unknown_branch"
SEVERITY = Severity.ERROR
_SHOWN = 8


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each name, once an attribute."""
    for shape in graph.regions.by_fan_out.values():
        fan_out = graph.nodes[shape.fan_out]
        if shape.fan_out in graph.regions.unsure or "for_each" in fan_out.attrs:
            continue
        join = fan_out.attrs.get("join")
        if join is not None and isinstance(join.value, Join) and join.value.formula is not None:
            names = tuple(branches_named(join.value.formula))
            yield from _unknown(graph, shape, fan_out, join, names)
        places = [fan_out]
        if shape.meeting == "fan_in" and shape.join_at is not None:
            places.append(graph.nodes[shape.join_at])
        for node in places:
            winner = node.attrs.get("winner")
            if winner is not None and isinstance(winner.value, Winner):
                names = tuple(name for key in winner.value.keys for name in key.branches)
                yield from _unknown(graph, shape, node, winner, names)


def _unknown(
    graph: Graph, shape: RegionShape, node: Node, attr: Attr, names: tuple[str, ...]
) -> Iterator[Diagnostic]:
    ids = tuple(branch.id for branch in shape.branches)
    for name in dict.fromkeys(names):
        if name in ids:
            continue
        message = f"'{name}' is no branch of '{shape.fan_out}'; its branches are {_listed(ids)}"
        mend = None
        if isinstance(attr.value, Join) and attr.value.formula == Atom(name):
            problem = no_such_policy(name)
            message, mend = f"{problem.message} ({_listed(ids)})", problem.help
        meant = nearest(name, ids)
        yield Diagnostic(
            RULE,
            SEVERITY,
            _place(graph, attr, name),
            message,
            (Related("the fan-out", graph.nodes[shape.fan_out].span),),
            help=f"did you mean '{meant}'?" if meant is not None else mend,
            node=node.id,
        )


def _listed(ids: tuple[str, ...]) -> str:
    shown = ", ".join(f"'{branch}'" for branch in ids[:_SHOWN])
    return f"{shown} and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else shown


def _place(graph: Graph, attr: Attr, name: str) -> Span:
    """The name inside the attribute's value, if it is found there as one word."""
    found = re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", attr.text)
    if found is None:
        return attr.value_span
    return narrowed(graph.source, attr.value_span, attr.text, *found.span())
