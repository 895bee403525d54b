"""What is written and declared should be read by somebody.

Every stage that can come later declares what it `reads`, and none of them, no condition and no
prompt reads this key. Usually one of the two names is misspelled. What the last stages of a
run write is its result and is never noted, nor is anything that a stage without `reads`
could still look at.

```bad
digraph review {
  start [shape=Mdiamond]
  unit [shape=parallelogram, tool_command="pytest -q", writes=failures]
  report [prompt="Explain what is wrong", reads="tool.output"]
  exit [shape=Msquare]
  start -> unit -> report -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  unit [shape=parallelogram, tool_command="pytest -q", writes=failures]
  report [prompt="Explain what is wrong", reads=failures]
  exit [shape=Msquare]
  start -> unit -> report -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Severity
from ..graph.dataflow import DataFlow
from ..graph.effects import reads_anything
from ..graph.judges import winner_of
from ..graph.model import Graph
from ..graph.patterns import meets, never_written
from ..graph.places import word_in
from ..source import Span
from ..value import nearest

RULE = "unused_write"
SEVERITY = Severity.WARNING


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each declared key that nothing after its stage can read."""
    data = graph.data
    yield from _slips(graph, data)
    if not any("reads" in node.attrs for node in graph.nodes.values()):
        return
    for node in graph.nodes.values():
        attr = node.attrs.get("writes")
        if attr is None or node.id not in data.visited or node.kind in ("start", "exit"):
            continue
        after = [graph.nodes[each] for each in data.after(node.id)]
        if any(map(reads_anything, after)) or not any("reads" in each.attrs for each in after):
            continue
        for key in attr.value:
            if "*" in key or never_written(key) or key in data.slips.written:
                continue
            if _read(graph, data, node.id, key):
                continue
            asked = {read.key: read for read in data.reads if not data.writers(read.key)}
            meant = nearest(key, asked)
            if meant is not None and not data.may_come_unseen(asked[meant]):
                # undefined_read tells it at the other end.
                continue
            yield Diagnostic(
                RULE,
                SEVERITY,
                word_in(graph.source, attr, key),
                f"'{node.id}' writes '{key}', which nothing after it reads",
                help=f"is it the '{meant}' that is read?"
                if meant
                else "add it to the reads of a later stage, or leave it out",
                node=node.id,
            )


def _slips(graph: Graph, data: DataFlow) -> Iterator[Diagnostic]:
    """Keys that nothing asks for, and that are evidently not what was meant."""
    told: set[Span] = set()
    for node in graph.nodes.values():
        attr = node.attrs.get("writes")
        for key in attr.value if attr is not None else ():
            meant = data.slips.written.get(key)
            place = word_in(graph.source, attr, key) if attr is not None else None
            # A default block gives one list to many nodes.
            if meant is None or place is None or place in told or node.id not in data.visited:
                continue
            told.add(place)
            yield Diagnostic(
                RULE,
                SEVERITY,
                place,
                f"'{node.id}' writes '{key}', which nothing after it reads",
                help=f"did you mean '{meant}'?",
                node=node.id,
            )


def _read(graph: Graph, data: DataFlow, node: str, key: str) -> bool:
    """Whether something asks for the key: after the node, or to compare its branch."""
    for read in data.reads:
        if meets(read.key, key) and (read.node == node or node in data.before(read.node)):
            return True
        if read.key.startswith("parallel.") and meets(read.key, f"*.context.{key}"):
            return True
    for fan_out, _ in graph.regions.place(node):
        # An agent that is asked for the winner is told everything that the branches wrote.
        for chosen in winner_of(graph, graph.regions.by_fan_out[fan_out]).keys:
            if chosen.key == key or chosen.kind == "prompt":
                return True
    return False
