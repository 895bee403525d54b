"""A pipeline that names itself needs a way to its exit that does not.

A pipeline may run itself as a stage, to go one level deeper. Where every way from its start to
its exit leads through such a stage, each run starts another one inside itself, until the
sixteenth is refused: no run can succeed.

```bad
digraph example {
  start [shape=Mdiamond]
  plan [prompt="Plan the next part"]
  deeper [pipeline="example.dot"]
  exit [shape=Msquare]
  start -> plan -> deeper -> exit
}
```

```good
digraph example {
  start [shape=Mdiamond]
  plan [prompt="Plan the next part", writes=more]
  deeper [pipeline="example.dot"]
  exit [shape=Msquare]
  start -> plan
  plan -> deeper [condition="more=yes"]
  plan -> exit
  deeper -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ..diagnostic import Diagnostic, Severity
from ..graph.model import Graph

RULE = "endless_recursion"
SEVERITY = Severity.ERROR


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding, at the first stage that every way to the exit goes through."""
    if not graph.own or graph.start is None or graph.exit is None:
        return
    if _leads(graph, graph.start, graph.exit, graph.own):
        return
    if not _leads(graph, graph.start, graph.exit, ()):
        return  # told by the rules about ways
    node = next(node for node in graph.nodes.values() if node.id in graph.own)
    attr = node.attrs.get("pipeline") or node.attrs.get("stack.child_dotfile")
    yield Diagnostic(
        RULE,
        SEVERITY,
        node.span if attr is None else attr.value_span,
        f"'{node.id}' runs this pipeline inside itself, and every way to the exit leads through"
        " such a stage: no run can end",
        help="lead an edge round it, with a condition",
        node=node.id,
    )


def _leads(graph: Graph, start: str, end: str, without: Collection[str]) -> bool:
    seen, pending = {start}, [start]
    while pending:
        for edge in graph.outgoing.get(pending.pop(), ()):
            if edge.target not in seen and edge.target not in without:
                seen.add(edge.target)
                pending.append(edge.target)
    return end in seen
