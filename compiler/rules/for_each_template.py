"""A fan-out with `for_each` has one branch edge, which every element follows.

`for_each` makes one branch for each element of a collection, so its branches have no names
before the run: the nodes behind its one branch edge are their template, and a formula or a
`priority(...)` cannot name them. Count them instead (`k_of_n`, `quorum`, `majority`), and choose
by what they write. Another edge may ask for `outcome`: it is a route to take after the join.

```bad
digraph translate {
  start [shape=Mdiamond]
  list [shape=parallelogram, tool_command="ls docs", output=lines, writes=files]
  each [shape=component, for_each=files]
  draft [prompt="Translate ${item}"]
  proof [prompt="Proof-read ${item}"]
  gather [shape=tripleoctagon]
  exit [shape=Msquare]
  start -> list -> each -> {draft proof} -> gather -> exit
}
```

```good
digraph translate {
  start [shape=Mdiamond]
  list [shape=parallelogram, tool_command="ls docs", output=lines, writes=files]
  each [shape=component, for_each=files]
  draft [prompt="Translate ${item}"]
  proof [prompt="Proof-read ${item}"]
  gather [shape=tripleoctagon]
  exit [shape=Msquare]
  start -> list -> each -> draft -> proof -> gather -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Related, Severity
from ..graph.dataflow import mergers
from ..graph.elements import Attr, Node
from ..graph.model import Graph
from ..graph.shape import RegionShape
from ..policy import Join, Winner

RULE = "for_each_template"
SEVERITY = Severity.ERROR


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each second edge, formula or priority of a fan-out with `for_each`."""
    for shape in graph.regions.by_fan_out.values():
        node = graph.nodes[shape.fan_out]
        collection = node.attrs.get("for_each")
        if collection is None or node.kind != "parallel":
            continue
        yield from _edges(graph, shape, node, collection)
        join = node.attrs.get("join")
        if join is not None and isinstance(join.value, Join) and join.value.kind == "formula":
            yield _named(node, join, "a formula", "write k_of_n(2), quorum(2/3) or majority")
        for each in mergers(graph, shape):
            winner = each.attrs.get("winner")
            if winner is None or not isinstance(winner.value, Winner):
                continue
            if any(key.kind == "priority" for key in winner.value.keys):
                yield _named(each, winner, "a priority", "choose by max(key), vote(key) or first")


def _edges(graph: Graph, shape: RegionShape, node: Node, collection: Attr) -> Iterator[Diagnostic]:
    if not shape.branches:
        if graph.outgoing[node.id] and not graph.regions.unclear(node.id):
            yield Diagnostic(
                RULE,
                SEVERITY,
                collection.value_span,
                f"'{node.id}' has no branch edge for the elements of '{collection.value}'",
                help=f"add an edge from '{node.id}' to the first node of the branch",
                node=node.id,
            )
        return
    first, *more = shape.branches
    for branch in more:
        yield Diagnostic(
            RULE,
            SEVERITY,
            branch.edge.span,
            f"'{node.id}' has for_each, so every element follows one branch edge; "
            f"'{node.id}' -> '{branch.edge.target}' is another",
            (Related("the branch edge", first.edge.span),),
            help=f"lead '{first.edge.target}' on to '{branch.edge.target}', or put a fan-out "
            "of its own inside the branch",
            node=node.id,
        )


def _named(node: Node, attr: Attr, what: str, mend: str) -> Diagnostic:
    return Diagnostic(
        RULE,
        SEVERITY,
        attr.value_span,
        f"{what} names branches, and the branches of for_each have no names before the run",
        help=mend,
        node=node.id,
    )
