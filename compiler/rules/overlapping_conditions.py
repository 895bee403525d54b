"""Where two conditions can both hold, the file should say which edge is taken.

Of two edges whose conditions hold, the heavier is taken; with equal weights that one whose
target comes first in the alphabet. Renaming a node would then change the way of a run. Give
one of them a greater `weight`, or make the conditions exclude each other.

```bad
digraph review {
  start [shape=Mdiamond]
  judge [prompt="Judge the change"]
  fix [prompt="Fix it"]
  ship [prompt="Ship it"]
  exit [shape=Msquare]
  start -> judge
  judge -> ship [condition="outcome=success"]
  judge -> fix [condition="outcome=success && risk>3"]
  judge -> exit
  fix -> ship -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  judge [prompt="Judge the change"]
  fix [prompt="Fix it"]
  ship [prompt="Ship it"]
  exit [shape=Msquare]
  start -> judge
  judge -> ship [condition="outcome=success"]
  judge -> fix [condition="outcome=success && risk>3", weight=1]
  judge -> exit
  fix -> ship -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..diagnostic import Diagnostic, Related, Severity
from ..graph.model import Graph
from ..graph.possible import ELSE
from ..graph.reach import reached
from ..graph.selection import Tie, chances

RULE = "overlapping_conditions"
SEVERITY = Severity.WARNING


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each edge that loses to another by nothing but its target's name."""
    visited = reached(graph)
    for node in graph.nodes.values():
        if node.id not in visited or node.kind == "exit":
            continue
        told: set[int] = set()
        for tie in chances(graph, node).ties:
            if tie.loser.index not in told:
                told.add(tie.loser.index)
                yield _finding(tie)


def _finding(tie: Tie) -> Diagnostic:
    edge, other = tie.loser, tie.winner
    case = " and ".join(f"{key} is {_said(value)}" for key, value in _shown(tie.case).items())
    when = f" when {case}" if case else ""
    return Diagnostic(
        RULE,
        SEVERITY,
        edge.span,
        f"the conditions of the edges to '{edge.target}' and '{other.target}' both hold{when}; "
        f"'{other.target}' is taken, only because it comes first in the alphabet",
        (Related(f"the edge to '{other.target}'", other.span),),
        help="give the edge that is meant a greater weight",
        node=edge.source,
        edge=(edge.source, edge.target),
    )


def _shown(case: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in case.items() if ELSE not in value}


def _said(value: str) -> str:
    return f"'{value}'" if value else "not set"
