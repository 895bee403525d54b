"""The conditions on a node's edges should leave no case open.

Where every edge out of a node has a condition, and none of them holds, the run has no way
on and fails with `no_route`. Add an edge without a condition, or one for the open case.
That a failed stage fails the run needs no edge; only a `diamond` is asked about it.

```bad
digraph review {
  start [shape=Mdiamond]
  judge [prompt="Set verdict to ship or fix"]
  exit [shape=Msquare]
  start -> judge
  judge -> exit [condition="context.verdict=ship"]
  judge -> judge [condition="context.verdict=fix"]
}
```

```good
digraph review {
  start [shape=Mdiamond]
  judge [prompt="Set verdict to ship or fix"]
  exit [shape=Msquare]
  start -> judge
  judge -> exit [condition="context.verdict=ship"]
  judge -> judge
}
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..diagnostic import Diagnostic, Severity
from ..expr import Comparison, Expr
from ..graph.coverage import OTHER, leaves, uncovered
from ..graph.elements import Node
from ..graph.model import Graph
from ..graph.reach import reached, retry_targets
from ..value import nearest

RULE = "no_default_edge"
SEVERITY = Severity.WARNING
OUTCOMES = ("success", "partial_success", "fail", "retry", "skipped")


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each node that has a case in which no edge is taken."""
    visited = reached(graph)
    for node in graph.nodes.values():
        if node.kind in ("parallel", "wait.human", "start", "exit") or node.id not in visited:
            continue
        edges = graph.outgoing[node.id]
        if not edges or any(edge.condition is None or edge.broken for edge in edges):
            continue
        conditions = [edge.condition for edge in edges if edge.condition is not None]
        case = uncovered(conditions, {"outcome": _outcomes(graph, node)})
        if case is not None:
            yield _finding(node, case, _no_outcome(conditions))


def _outcomes(graph: Graph, node: Node) -> tuple[str, ...]:
    """The outcomes that need a way on: a stage's own failure may well end the run."""
    if node.kind == "conditional" and not retry_targets(graph, node):
        return ("success", "fail")
    return ("success",)


def _no_outcome(conditions: Sequence[Expr]) -> str | None:
    """A text that outcome is compared with, though no stage ever ends so."""
    asked = (leaf for condition in conditions for leaf in leaves(condition))
    texts = (
        leaf.literal
        for leaf in asked
        if isinstance(leaf, Comparison) and leaf.key == "outcome" and leaf.operator == "="
    )
    return next((text for text in texts if text not in OUTCOMES), None)


def _finding(node: Node, case: Mapping[str, str], no_outcome: str | None) -> Diagnostic:
    told = " and ".join(f"{key} is {_said(value)}" for key, value in case.items())
    help_ = "add an edge without a condition, or one for this case"
    if no_outcome is not None:
        meant = nearest(no_outcome, OUTCOMES)
        hint = f"did you mean '{meant}'?" if meant else f"it is one of {', '.join(OUTCOMES)}"
        help_ = f"outcome is never '{no_outcome}'; {hint}"
    return Diagnostic(
        RULE,
        SEVERITY,
        node.span,
        f"no edge leaves '{node.id}' when {told}",
        help=help_,
        node=node.id,
    )


def _said(value: str) -> str:
    return "anything else" if value == OTHER else f"'{value}'"
