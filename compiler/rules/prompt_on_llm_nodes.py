"""An agent stage should have a prompt, or at least a label.

The prompt is what the agent is asked to do; without one it is the label. With neither the
agent is told nothing but the node's id.

```bad
digraph review {
  start [shape=Mdiamond]
  plan [shape=box]
  exit [shape=Msquare]
  start -> plan -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  plan [shape=box, prompt="Plan the change that $goal asks for"]
  exit [shape=Msquare]
  start -> plan -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Severity
from ..graph.elements import Node
from ..graph.model import Graph
from ..graph.reach import missing, misspelled
from ..value import Names

RULE = "prompt_on_llm_nodes"
SEVERITY = Severity.WARNING


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each agent stage with nothing to say to the agent."""
    declared = Names(each.id for each in graph.nodes.values() if each.declared)
    unknown = {*missing(graph), *graph.once(misspelled)}
    for node in graph.nodes.values():
        if node.kind != "codergen" or node.id in unknown:
            continue
        if any(node.value(name) for name in ("prompt", "label")):
            continue
        yield Diagnostic(
            RULE,
            SEVERITY,
            node.span,
            f"the agent stage '{node.id}' has neither a prompt nor a label",
            help=_mend(graph, node, declared),
            node=node.id,
        )


def _mend(graph: Graph, node: Node, declared: Names) -> str:
    mend = """add prompt="...", what the agent is to do"""
    if graph.language == "yaml":
        mend = "add prompt: what the agent is to do"
    if node.declared:
        return mend
    meant = declared.nearest(node.id)
    if meant is not None:
        return f"'{node.id}' is declared nowhere; did you mean '{meant}'?"
    return f"""declare it, for example: {node.id} [prompt="..."], or correct the name"""
