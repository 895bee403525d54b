"""A bare word should be one that Graphviz can read, too.

attractorc reads `900s`, `gpt-5.2` and `human.default_choice` without quotes. Graphviz, and with
it every viewer and editor for DOT, reads them only in quotes and refuses to draw the file.
`--fix` puts all the quotes in.

```bad
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change", timeout=900s]
  exit [shape=Msquare]
  start -> plan -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  plan [prompt="Plan the change", timeout="900s"]
  exit [shape=Msquare]
  start -> plan -> exit
}
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ..diagnostic import Diagnostic, Edit, Fix, Related, Severity
from ..graph.elements import Attr
from ..graph.model import Graph
from ..source import Span

RULE = "graphviz_incompatible"
SEVERITY = Severity.INFO
_SHOWN = 5

_BARE = re.compile(r"[\w.:-]+")
_READABLE = re.compile(r"[A-Za-z_\x80-\U0010ffff][\w\x80-\U0010ffff]*|-?(?:\.\d+|\d+(?:\.\d*)?)")


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for a file, with every word in it that needs quotes."""
    if graph.language != "dot":
        return
    spans = sorted({span for attrs in _all(graph) for attr in attrs for span in _odd(graph, attr)})
    if not spans:
        return
    word = graph.source.text[spans[0].start : spans[0].end]
    others = len(spans) - 1
    more = f", nor {others} other word{'s' * (others > 1)} of this file" if others else ""
    yield Diagnostic(
        RULE,
        SEVERITY,
        spans[0],
        f"Graphviz cannot read '{word}' without quotes{more}",
        tuple(Related("and this", span) for span in spans[1 : _SHOWN + 1]),
        help=f'write "{word}"',
        fix=Fix(
            "put quotes around it" if not more else "put quotes around them",
            _edits(spans, graph.source.text),
            safe=True,
        ),
    )


def _edits(spans: list[Span], text: str) -> tuple[Edit, ...]:
    edits: list[Edit] = []
    for span in spans:
        # Two texts that touch would be one text with a slip in it.
        before = ' "' if text[span.start - 1 : span.start] == '"' else '"'
        after = '" ' if text[span.end : span.end + 1] == '"' else '"'
        edits += (Edit(span.start, span.start, before), Edit(span.end, span.end, after))
    return tuple(edits)


def _all(graph: Graph) -> Iterator[list[Attr]]:
    holders: list[Mapping[str, Attr]] = [graph.attrs, graph.extra]
    for node in graph.nodes.values():
        holders += [node.attrs, node.extra]
    for edge in graph.edges:
        holders += [edge.attrs, edge.extra]
    yield from (list(each.values()) for each in holders)


def _odd(graph: Graph, attr: Attr) -> Iterator[Span]:
    """The name and the value of an attribute, where each is bare and Graphviz cannot read it."""
    text = graph.source.text
    if "=" not in text[attr.key_span.end : attr.value_span.start]:
        # What a stylesheet or a subgraph gave has no name of its own in the file.
        return
    for span in (attr.key_span, attr.value_span):
        raw = text[span.start : span.end]
        if _BARE.fullmatch(raw) and not _READABLE.fullmatch(raw):
            yield span
