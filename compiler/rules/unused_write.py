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
from ..graph.patterns import never_written
from ..graph.places import word_in
from ..source import Span
from ..value import Names

RULE = "unused_write"
SEVERITY = Severity.WARNING


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each declared key that nothing after its stage can read."""
    data = graph.data
    yield from _slips(graph, data)
    if not any("reads" in node.attrs for node in graph.nodes.values()):
        return
    readers = _Readers(graph, data)
    for node in graph.nodes.values():
        attr = node.attrs.get("writes")
        if attr is None or node.id not in data.visited or node.kind in ("start", "exit"):
            continue
        if not readers.are_known_after(node.id):
            continue
        for key in attr.value:
            if "*" in key or never_written(key) or key in data.slips.written:
                continue
            if readers.of(key, node.id):
                continue
            meant = readers.unsatisfied.nearest(key)
            if meant is not None and not data.may_come_unseen(readers.asked[meant]):
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


class _Readers:
    """Who reads which key; `asked` are reads of keys that nobody writes."""

    def __init__(self, graph: Graph, data: DataFlow) -> None:
        self._graph = graph
        self._data = data
        nodes = graph.nodes.values()
        self._anything = data.ahead.bits(node.id for node in nodes if reads_anything(node))
        self._declared = data.ahead.bits(node.id for node in nodes if "reads" in node.attrs)
        self.asked = {read.key: read for read in data.reads if not data.writers(read.key)}
        self.unsatisfied = Names(self.asked)

    def are_known_after(self, node: str) -> bool:
        """Whether stages after a node say what they read, and none may read anything."""
        ahead = self._data.ahead
        return bool(ahead.among(node, self._declared)) and not ahead.among(node, self._anything)

    def of(self, key: str, node: str) -> bool:
        """Whether something asks for the key: after the node, or to compare its branch."""
        sight = self._data.sight
        if sight.reads_apart(key) or sight.is_read_from(key, node):
            return True
        for fan_out, _ in self._graph.regions.place(node):
            # An agent that is asked for the winner is told everything that the branches wrote.
            shape = self._graph.regions.by_fan_out[fan_out]
            for chosen in winner_of(self._graph, shape).keys:
                if chosen.key == key or chosen.kind == "prompt":
                    return True
        return False
