"""A node's `type` should be one that attractorc knows.

Other types are handed to a handler of that name, which the host program or
`exec --handlers` must supply. A slip in the name would only show when the stage runs.

```bad
digraph review {
  start [shape=Mdiamond]
  ship [type="wait.humann", label="Ship it?"]
  exit [shape=Msquare]
  start -> ship -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  ship [type="wait.human", label="Ship it?"]
  exit [shape=Msquare]
  start -> ship -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from ..diagnostic import Diagnostic, Related, Severity
from ..graph.elements import Kind, Node
from ..graph.model import Graph
from ..source import Span
from ..value import nearest

RULE = "type_known"
SEVERITY = Severity.WARNING
_SHOWN = 6

KNOWN: tuple[str, ...] = tuple(kind for kind in get_args(Kind) if kind != "custom")


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each type that nobody knows, where it stands first."""
    places: dict[str, dict[Span, Node]] = {}
    for node in graph.nodes.values():
        if node.kind == "custom":
            attr = node.attrs.get("type")
            span = node.span if attr is None else attr.value_span
            places.setdefault(node.type, {}).setdefault(span, node)
    for name, nodes in places.items():
        (span, first), *others = nodes.items()
        meant = nearest(name, KNOWN)
        yield Diagnostic(
            RULE,
            SEVERITY,
            span,
            f"'{first.id}' is of type '{name}', for which attractorc has no handler",
            tuple(Related(f"so is '{node.id}'", place) for place, node in others[:_SHOWN]),
            help=(
                f"did you mean '{meant}'?"
                if meant
                else "give exec a handler for it with --handlers, or use one of " + ", ".join(KNOWN)
            ),
            node=first.id,
        )
