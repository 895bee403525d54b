"""A region says once how its branches are merged.

`merge` and `winner` stand on the fan-in. On the fan-out they are for regions whose branches
meet at no fan-in; on both it is open which of them was meant. A prompt of the fan-in chooses
the winner too, where no rule does.

```bad
digraph review {
  start [shape=Mdiamond]
  checks [shape=component, winner=first]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  verdict [shape=tripleoctagon, winner="status, first"]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q"]
  lint [shape=parallelogram, tool_command="ruff check ."]
  verdict [shape=tripleoctagon, winner="status, first"]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Related, Severity
from ..graph.asking import asked_by, own_prompt, stated
from ..graph.elements import Node
from ..graph.model import Graph

RULE = "merge_twice"
SEVERITY = Severity.ERROR


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each attribute that stands on both ends of a region."""
    for shape in graph.regions.by_fan_out.values():
        if shape.meeting != "fan_in" or shape.join_at is None:
            continue
        if graph.regions.unclear(shape.fan_out):
            continue
        fan_out, fan_in = graph.nodes[shape.fan_out], graph.nodes[shape.join_at]
        for name in ("merge", "winner"):
            one, other = fan_out.attrs.get(name), fan_in.attrs.get(name)
            if one is None or other is None or not (one.own and other.own):
                continue
            yield Diagnostic(
                RULE,
                SEVERITY,
                one.key_span,
                f"'{name}' stands on '{fan_out.id}' and again on its fan-in '{fan_in.id}'",
                (Related("again here", other.key_span),),
                help=f"keep the one on '{fan_in.id}'",
                node=fan_out.id,
            )
        yield from _prompted(fan_out, fan_in)


def _prompted(fan_out: Node, fan_in: Node) -> Iterator[Diagnostic]:
    """A prompt chooses the winner at the fan-in, and a rule that asks nobody on the fan-out."""
    rule, prompt = fan_out.attrs.get("winner"), own_prompt(fan_in.attrs)
    if rule is None or not rule.own or prompt is None or "winner" in fan_in.attrs:
        return
    if asked_by(stated(fan_out.kind, fan_out.attrs)):
        return
    yield Diagnostic(
        RULE,
        SEVERITY,
        rule.key_span,
        f"'winner' stands on '{fan_out.id}', and its fan-in '{fan_in.id}' has a prompt, "
        "which chooses the winner too",
        (Related("the prompt", prompt.key_span),),
        help=f"remove one of them, or write winner on '{fan_in.id}' with prompt among its keys",
        node=fan_out.id,
    )
