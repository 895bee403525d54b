"""A class in the model stylesheet should be the class of some node.

A rule for `.fast` that no node has gives its model to nobody. A node has the classes that its
`class` attribute names, and one for each subgraph with a label around it.

```bad
digraph review {
  graph [model_stylesheet=".fsat { llm_model: small; }"]
  start [shape=Mdiamond]
  plan [prompt="Plan the change", class=fast]
  exit [shape=Msquare]
  start -> plan -> exit
}
```

```good
digraph review {
  graph [model_stylesheet=".fast { llm_model: small; }"]
  start [shape=Mdiamond]
  plan [prompt="Plan the change", class=fast]
  exit [shape=Msquare]
  start -> plan -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Severity
from ..frontend.small import narrowed
from ..frontend.stylesheet import Stylesheet
from ..graph.model import Graph
from ..value import nearest

RULE = "unknown_class"
SEVERITY = Severity.WARNING


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each class selector that means no node."""
    sheet = graph.attrs.get("model_stylesheet")
    if sheet is None or not isinstance(sheet.value, Stylesheet):
        return
    known = {name for node in graph.nodes.values() for name in node.classes}
    styled = {rule.selector.name for rule in sheet.value.rules if rule.selector.by == "class"}
    told: set[str] = set()
    for rule in sheet.value.rules:
        selector = rule.selector
        if selector.by != "class" or selector.name in known or selector.name in told:
            continue
        told.add(selector.name)
        meant = nearest(selector.name, known - styled) or nearest(selector.name, known)
        yield Diagnostic(
            RULE,
            SEVERITY,
            narrowed(graph.source, sheet.value_span, sheet.text, selector.start, selector.end),
            f"no node has the class '{selector.name}'",
            help=f"did you mean '.{meant}'?"
            if meant
            else "give it to a node with class, or remove the rule",
        )
