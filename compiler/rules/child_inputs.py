"""A stage gives its pipeline the inputs that this declares.

A pipeline that runs as a stage sees nothing of the one around it but what `with` gives to its
inputs. So a name that it does not declare, a value of another type and an input without value
or default are errors here, before anything runs. What a reference such as `${context.key}`
comes to is only known when the stage is entered, and is checked then.

```bad
digraph example {
  inputs="depth: int = 3"
  start [shape=Mdiamond]
  ask [shape=hexagon, label="Go $depth deeper?"]
  deeper [pipeline="example.dot", with="dept=2"]
  exit [shape=Msquare]
  start -> ask
  ask -> deeper [label="[Y] Yes"]
  ask -> exit [label="[N] No"]
  deeper -> exit
}
```

```good
digraph example {
  inputs="depth: int = 3"
  start [shape=Mdiamond]
  ask [shape=hexagon, label="Go $depth deeper?"]
  deeper [pipeline="example.dot", with="depth=2"]
  exit [shape=Msquare]
  start -> ask
  ask -> deeper [label="[Y] Yes"]
  ask -> exit [label="[N] No"]
  deeper -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..diagnostic import Diagnostic, Severity
from ..frontend.templates import references
from ..graph.elements import Argument, Node
from ..graph.model import Graph
from ..value import nearest

if TYPE_CHECKING:  # most files have no children, and need no plan to be checked
    from ..plan.model import Input

RULE = "child_inputs"
SEVERITY = Severity.ERROR


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each input that is given wrongly, or not at all."""
    mine = frozenset(one.name for one in graph.value("inputs", ()))
    for node in graph.nodes.values():
        child = graph.child(node.id)
        if child is None or "with" in node.broken or "inputs" in child.broken:
            continue
        declared = {one.name: one for one in child.value("inputs", ())}
        given = node.value("with", ())
        for one in given:
            yield from _given(node, one, child, declared, mine)
        names = {one.name for one in given}
        for name in (each.name for each in declared.values() if each.required):
            if name not in names:
                yield _missing(node, name, child)


def _given(
    node: Node, one: Argument, child: Graph, declared: dict[str, Input], mine: frozenset[str]
) -> Iterator[Diagnostic]:
    known = declared.get(one.name)
    if known is None:
        meant = nearest(one.name, declared)
        listed = f"it has {', '.join(sorted(declared))}" if declared else "it has none"
        message = f"the pipeline '{child.name}' has no input '{one.name}'; {listed}"
        mend = f"did you mean '{meant}'?" if meant else None
        yield Diagnostic(RULE, SEVERITY, one.span, message, help=mend, node=node.id)
        return
    filled = references(one.value, mine) if isinstance(one.value, str) else ()
    if any(reference.kind != "unknown" for reference in filled):
        return
    from ..frontend.arguments import fitting

    try:
        fitting(known, one.value)
    except ValueError as misfit:
        message = f"the input '{one.name}' of '{child.name}' {misfit}"
        yield Diagnostic(RULE, SEVERITY, one.span, message, node=node.id)


def _missing(node: Node, name: str, child: Graph) -> Diagnostic:
    attr = node.attrs.get("pipeline") or node.attrs.get("stack.child_dotfile")
    return Diagnostic(
        RULE,
        SEVERITY,
        node.span if attr is None else attr.value_span,
        f"'{node.id}' gives the input '{name}' of '{child.name}' no value, and it has no default",
        help=f'write with="{name}=..."',
        node=node.id,
    )
