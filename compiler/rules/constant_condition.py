"""A condition should be able to be true, and to be false.

One that never holds makes its edge useless; one that always holds is no condition. `outcome`
is one of success, partial_success, fail, retry and skipped; what else a stage finds out
belongs into a context key. For an edge that is always allowed, leave the condition out:
`otherwise` would be asked for as a context key.

```bad
digraph review {
  start [shape=Mdiamond]
  judge [prompt="Judge the change"]
  exit [shape=Msquare]
  start -> judge -> exit
  judge -> judge [condition="tries<3 && tries>5"]
}
```

```good
digraph review {
  start [shape=Mdiamond]
  judge [prompt="Judge the change"]
  exit [shape=Msquare]
  start -> judge -> exit
  judge -> judge [condition="tries<3"]
}
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..diagnostic import Diagnostic, Related, Severity
from ..expr import Expr, Truth
from ..graph.arrival import arrival
from ..graph.elements import Edge
from ..graph.model import Graph
from ..graph.places import word_in
from ..graph.possible import OUTCOMES
from ..graph.selection import chances
from ..graph.uncovered import odd_outcome
from ..value import nearest

RULE = "constant_condition"
SEVERITY = Severity.WARNING
_WORDS = frozenset({"always", "never", "else", "otherwise", "default"})
_SHOWN = 6
_MEANT: Mapping[str, str] = {
    "succeeded": "success",
    "ok": "success",
    "pass": "success",
    "passed": "success",
    "error": "fail",
    "partial": "partial_success",
}


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each condition whose value is known beforehand; once for an odd outcome."""
    odd_ones: dict[str, list[Edge]] = {}
    for node in graph.nodes.values():
        constant = {edge.index: (edge, value) for edge, value in chances(graph, node).constant}
        edges = graph.outgoing[node.id]
        for edge in edges:
            if edge.condition is None or "condition" not in edge.attrs:
                continue
            word = _word(edge.condition)
            odd = odd_outcome(edge.condition)
            if word is not None:
                yield _of_word(edge, word)
            elif odd is not None:
                odd_ones.setdefault(odd, []).append(edge)
            elif edge.index in constant:
                yield _of_whole(graph, edge, constant[edge.index][1])
    for literal, asking in odd_ones.items():
        yield _of_outcome(graph, asking, literal)


def _word(condition: Expr) -> str | None:
    if isinstance(condition, Truth) and condition.key.lower() in _WORDS:
        return condition.key
    return None


def _of_word(edge: Edge, word: str) -> Diagnostic:
    mend = "remove the edge" if word.lower() == "never" else "leave it out"
    message = f"the condition '{word}' asks whether a context key of that name is set"
    return _finding(edge, message, f"{mend}, or ask for a key that a stage writes")


def _of_outcome(graph: Graph, edges: list[Edge], literal: str) -> Diagnostic:
    meant = _MEANT.get(literal.lower()) or nearest(literal, OUTCOMES)
    mend = f"it is one of {', '.join(OUTCOMES)}; ask for a context key that the stage writes"
    places = [word_in(graph.source, edge.attrs["condition"], literal) for edge in edges]
    found = _finding(
        edges[0],
        f"outcome is never '{literal}'",
        f"did you mean '{meant}'?" if meant else mend,
    )
    related = tuple(Related("and here", place) for place in places[1:_SHOWN])
    return replace(found, span=places[0], related=related)


def _of_whole(graph: Graph, edge: Edge, value: bool) -> Diagnostic:
    which = "always" if value else "never"
    mend = "leave it out" if value else "remove the edge, or ask for something that can be"
    message = f"the condition of '{edge.source}' -> '{edge.target}' {which} holds"
    return replace(_finding(edge, message, mend), related=arrival(graph, edge.source))


def _finding(edge: Edge, message: str, mend: str) -> Diagnostic:
    return Diagnostic(
        RULE,
        SEVERITY,
        edge.attrs["condition"].value_span,
        message,
        help=mend,
        node=edge.source,
        edge=(edge.source, edge.target),
    )
