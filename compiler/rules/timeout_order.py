"""A limit inside another one should be the shorter, or it never ends anything.

A `branch_timeout` runs from the first attempt of its branch, a `join_timeout` from the
fan-out, and a stage is ended with its branch. So what is meant to end a stage, a branch or
an inner region by itself must be shorter than every limit around it. A timeout from a
default block is a ceiling for all stages and says nothing about one region.

```bad
digraph review {
  start [shape=Mdiamond]
  checks [shape=component, join_timeout="10m", branch_timeout="15m"]
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
  checks [shape=component, join_timeout="10m", branch_timeout="8m"]
  unit [shape=parallelogram, tool_command="pytest -q", timeout="5m"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  verdict [shape=tripleoctagon]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..attributes import REGION_KINDS, lookup
from ..diagnostic import Diagnostic, Related, Severity
from ..graph.asking import asked_by
from ..graph.dataflow import mergers
from ..graph.elements import Attr, Node
from ..graph.judges import winner_of
from ..graph.model import Graph

RULE = "timeout_order"
SEVERITY = Severity.WARNING


@dataclass(frozen=True, slots=True)
class _Limit:
    """A time after which what is inside is ended, and who says so."""

    fan_out: str
    attr: Attr

    @property
    def told(self) -> str:
        return f"the {self.attr.name} of '{self.fan_out}'"


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each timeout that another one always forestalls."""
    limiting = ("branch_timeout", "join_timeout")
    if not any(name in node.attrs for node in graph.nodes.values() for name in limiting):
        return
    silent = _silent(graph)
    for node in graph.nodes.values():
        around = _shortest(_around(graph, node.id))
        own = _own(node, "timeout") if node.id not in silent else None
        # Equal ones may be meant: the attempt is then ended with its branch.
        if own is not None and around is not None and own.value > around.attr.value:
            yield _finding(node, own, around)
        if node.kind != "parallel":
            continue
        join, branch = _own(node, "join_timeout"), _own(node, "branch_timeout")
        if join is not None and around is not None and join.value >= around.attr.value:
            yield _finding(node, join, around)
        inner = around if join is None else _shortest([_Limit(node.id, join), *_all(around)])
        if branch is not None and inner is not None and branch.value >= inner.attr.value:
            yield _finding(node, branch, inner)


def _silent(graph: Graph) -> frozenset[str]:
    """Fan-outs and fan-ins that ask nobody for a winner: they have no attempt to end."""
    ends = {node.id for node in graph.nodes.values() if node.kind in REGION_KINDS}
    shapes = graph.regions.by_fan_out.values()
    asking = (shape for shape in shapes if asked_by(winner_of(graph, shape)))
    return frozenset(ends - {mergers(graph, shape)[0].id for shape in asking})


def _all(limit: _Limit | None) -> list[_Limit]:
    return [] if limit is None else [limit]


def _around(graph: Graph, node: str) -> Iterator[_Limit]:
    """The limits of the regions around a node."""
    for fan_out, _ in graph.regions.place(node):
        if graph.regions.unclear(fan_out):
            continue
        for name in ("branch_timeout", "join_timeout"):
            attr = graph.nodes[fan_out].attrs.get(name)
            if attr is not None:
                yield _Limit(fan_out, attr)


def _shortest(limits: Iterator[_Limit] | list[_Limit]) -> _Limit | None:
    return min(limits, key=lambda limit: int(limit.attr.value), default=None)


def _own(node: Node, name: str) -> Attr | None:
    """A limit that stands at the node itself, and that a node of its kind reads."""
    attr, row = node.attrs.get(name), lookup("node", name)
    read = row is not None and (not row.kinds or node.kind in row.kinds)
    return attr if attr is not None and attr.own and read else None


def _finding(node: Node, attr: Attr, limit: _Limit) -> Diagnostic:
    same = attr.value == limit.attr.value
    return Diagnostic(
        RULE,
        SEVERITY,
        attr.value_span,
        f"the {attr.name} of '{node.id}' ({attr.text}) never ends anything: {limit.told} "
        f"({limit.attr.text}) {'is as short' if same else 'comes first'}",
        (Related(f"{limit.told}", limit.attr.value_span),),
        help=f"make it shorter than {limit.attr.text}, or {limit.attr.name} longer",
        node=node.id,
    )
