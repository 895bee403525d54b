"""A thread joins sessions, and only `fidelity=full` goes on with a session.

With any other fidelity (`compact`, unless the file says otherwise) every agent stage starts
afresh, and a `thread_id` changes nothing. What counts is the fidelity of the edge by which
the stage is come to, else the stage's own, else the graph's `default_fidelity`.

```bad
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan it", thread_id=work]
  build [prompt="Build it"]
  exit [shape=Msquare]
  start -> plan -> build -> exit
}
```

```good
digraph review {
  default_fidelity=full
  start [shape=Mdiamond]
  plan [prompt="Plan it", thread_id=work]
  build [prompt="Build it", thread_id=work]
  exit [shape=Msquare]
  start -> plan -> build -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Severity
from ..graph.elements import Attr, Edge, Node
from ..graph.model import Graph
from ..graph.reach import retry_targets
from ..source import Span

RULE = "thread_without_full"
SEVERITY = Severity.WARNING
_AGENTS = ("codergen", "parallel.fan_in", "custom", "stack.manager_loop")


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each place that names a thread which no stage goes on with."""
    if "default_fidelity" in graph.broken:
        return
    places: dict[Span, tuple[Attr, str | None]] = {}
    full: set[Span] = set()
    for node, edge in _entries(graph):
        is_full = _is_full(graph, node, edge)
        for attrs in (node.attrs, graph.attrs, {} if edge is None else edge.attrs):
            attr = attrs.get("thread_id")
            if attr is not None:
                owner = node.id if attrs is node.attrs and attr.own else None
                places.setdefault(attr.value_span, (attr, owner))
                if is_full:
                    full.add(attr.value_span)
    for span, (attr, owner) in places.items():
        if span not in full:
            yield _finding(graph, attr, owner)


def _entries(graph: Graph) -> Iterator[tuple[Node, Edge | None]]:
    """Each agent stage with each edge that leads to it; None for a way without an edge."""
    jumped = set(retry_targets(graph, graph))
    for node in graph.nodes.values():
        jumped.update(retry_targets(graph, node))
    for node in graph.nodes.values():
        if node.kind in _AGENTS:
            yield from ((node, edge) for edge in graph.incoming[node.id])
            if node.id in jumped or not graph.incoming[node.id]:
                yield node, None


def _is_full(graph: Graph, node: Node, edge: Edge | None) -> bool:
    """Whether the stage is told everything, also where a faulty value leaves that open."""
    if edge is not None and "fidelity" in edge.unread:
        return True
    of_edge = None if edge is None else edge.value("fidelity")
    if of_edge is None and "fidelity" in node.broken:
        return True
    fidelity = of_edge or node.value("fidelity") or graph.value("default_fidelity")
    return bool(fidelity == "full")


def _finding(graph: Graph, attr: Attr, owner: str | None) -> Diagnostic:
    key = "fidelity: full" if graph.language == "yaml" else "fidelity=full"
    if owner is None:
        mend = f"write {key} where the stages of the thread are"
    else:
        mend = f"add {key} to '{owner}'"
    return Diagnostic(
        RULE,
        SEVERITY,
        attr.value_span,
        f"no stage goes on with the thread '{attr.text}', because none of them has full fidelity",
        help=f"{mend}, or leave the thread out",
        node=owner,
    )
