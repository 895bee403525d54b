"""A selector of the model stylesheet should mean some node.

A rule for a class `.fast` that no node has, or for a node `#review` that is not there, gives its
model to nobody. A node has the classes that its
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

from collections.abc import Iterator, Mapping

from ..diagnostic import Diagnostic, Severity
from ..frontend.small import narrowed
from ..frontend.stylesheet import Stylesheet
from ..graph.model import Graph
from ..value import nearest

RULE = "unknown_class"
SEVERITY = Severity.WARNING
_SIGNS: Mapping[str, tuple[str, str, str]] = {
    "class": (".", "has the class", "give it to a node with class, or remove the rule"),
    "id": ("#", "is called", "write the id of a node, or remove the rule"),
}


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each selector of a class or a node that means no node."""
    sheet = graph.attrs.get("model_stylesheet")
    if sheet is None or not isinstance(sheet.value, Stylesheet):
        return
    classes = {name for node in graph.nodes.values() for name in node.classes}
    styled = {(rule.selector.by, rule.selector.name) for rule in sheet.value.rules}
    told: set[tuple[str, str]] = set()
    for rule in sheet.value.rules:
        selector = rule.selector
        asked = (selector.by, selector.name)
        known = classes if selector.by == "class" else set(graph.nodes)
        if selector.by not in _SIGNS or selector.name in known or asked in told:
            continue
        told.add(asked)
        left = {name for name in known if (selector.by, name) not in styled}
        meant = nearest(selector.name, left) or nearest(selector.name, known)
        sign, what, mend = _SIGNS[selector.by]
        yield Diagnostic(
            RULE,
            SEVERITY,
            narrowed(graph.source, sheet.value_span, sheet.text, selector.start, selector.end),
            f"no node {what} '{selector.name}'",
            help=f"did you mean '{sign}{meant}'?" if meant else mend,
        )
