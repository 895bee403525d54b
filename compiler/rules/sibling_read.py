"""A branch does not see what another branch writes.

Branches run at the same time, each over the context as it was at the fan-out. A stage that
reads a key which only a branch beside it writes finds nothing, or the value from before. Put
the reader behind the join, or into the same branch as the writer.

```bad
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q", writes=failures]
  explain [prompt="Explain what is wrong", reads=failures]
  verdict [shape=tripleoctagon]
  exit [shape=Msquare]
  start -> checks -> {unit explain} -> verdict -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q", writes=failures]
  lint [shape=parallelogram, tool_command="ruff check .", writes=style]
  explain [prompt="Explain what is wrong", reads=failures]
  verdict [shape=tripleoctagon]
  exit [shape=Msquare]
  start -> checks -> {unit lint}
  unit -> explain
  {explain lint} -> verdict -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Related, Severity
from ..graph.dataflow import DataFlow
from ..graph.model import Graph
from ..graph.places import word_in
from ..graph.reads import Read

RULE = "sibling_read"
SEVERITY = Severity.WARNING


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each read of a key that only branches beside it are known to write."""
    if not graph.regions.by_fan_out:
        return
    for read in graph.data.reads:
        found = _sibling(graph, graph.data, read)
        if found is None:
            continue
        writer, mine, theirs, fan_out = found
        attr = graph.nodes[writer].attrs.get("writes")
        place = graph.nodes[writer].span
        if attr is not None:
            place = word_in(graph.source, attr, read.key)
        yield Diagnostic(
            RULE,
            SEVERITY,
            read.span,
            f"'{read.node}' reads '{read.key}' in branch '{mine}' of '{fan_out}', but only "
            f"branch '{theirs}' writes it, and no branch sees what another writes",
            (Related(f"written by '{writer}'", place),),
            help=f"read it after the join, or lead '{writer}' to '{read.node}' in one branch",
            node=read.node,
        )


def _sibling(graph: Graph, data: DataFlow, read: Read) -> tuple[str, str, str, str] | None:
    """A writer beside the read, both branches and their fan-out, if no writer is seen."""
    around = dict(graph.regions.place(read.node))
    if not around:
        return None
    if data.sight.sees_any(read):
        return None
    *_, outermost = around
    beside = data.sight.writers(read.key) & graph.regions.by_fan_out[outermost].nodes
    for writer in data.in_order(beside):
        for fan_out, branch in graph.regions.place(writer):
            mine = around.get(fan_out)
            if mine is not None and mine != branch and not graph.regions.unclear(fan_out):
                return writer, mine, branch, fan_out
    return None
