"""A node should not be called what DOT uses for its own words.

`node`, `edge`, `graph`, `digraph`, `subgraph` and `strict` are words of the language, in upper
and lower case. attractorc reads `Node` as a name; Graphviz does not, and refuses the file. Give
the node another name, or write the name in quotes wherever it stands.

```bad
digraph review {
  start [shape=Mdiamond]
  Graph [prompt="Draw the graph"]
  exit [shape=Msquare]
  start -> Graph -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  draw_graph [prompt="Draw the graph"]
  exit [shape=Msquare]
  start -> draw_graph -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Severity
from ..graph.model import Graph

RULE = "keyword_as_id"
SEVERITY = Severity.INFO
_KEYWORDS = frozenset({"node", "edge", "graph", "digraph", "subgraph", "strict"})


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each node with such a name that is written without quotes."""
    for node in graph.nodes.values() if graph.language == "dot" else ():
        raw = graph.source.text[node.span.start : node.span.end]
        if node.id.lower() in _KEYWORDS and raw == node.id:
            yield Diagnostic(
                RULE,
                SEVERITY,
                node.span,
                f"'{node.id}' is a word of DOT itself; Graphviz takes it for no name",
                help=f'write "{node.id}" in quotes everywhere, or give the node another name',
                node=node.id,
            )
