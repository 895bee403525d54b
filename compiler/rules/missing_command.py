"""A tool stage must have a command.

A node with `shape=parallelogram` or `type=tool` runs `tool_command` in a shell. Without it
there is nothing to run, and the stage could only fail.

```bad
digraph review {
  start [shape=Mdiamond]
  tests [shape=parallelogram, label="Run the tests"]
  exit [shape=Msquare]
  start -> tests -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  tests [shape=parallelogram, label="Run the tests", tool_command="pytest -q"]
  exit [shape=Msquare]
  start -> tests -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Severity
from ..graph.elements import Node
from ..graph.model import Graph

RULE = "missing_command"
SEVERITY = Severity.ERROR


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each tool stage without a command."""
    for node in graph.nodes.values():
        if node.kind != "tool" or str(node.value("tool_command", "")).strip():
            continue
        yield Diagnostic(
            RULE,
            SEVERITY,
            node.span,
            f"the tool stage '{node.id}' has no command to run",
            help=_help(graph, node),
            node=node.id,
        )


def _help(graph: Graph, node: Node) -> str:
    if not node.declared:
        return f"'{node.id}' is declared nowhere; declare it, or correct the name"
    if graph.language == "yaml":
        return "write the command after run:"
    if node.value("prompt"):
        return """add tool_command="...", or shape=box if an agent is to follow the prompt"""
    return """add tool_command="...", or another shape if it is no tool"""
