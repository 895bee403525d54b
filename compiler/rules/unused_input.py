"""An input that is declared should be read somewhere.

An input is read as `$name` in prompts and labels, as `context.inputs.name` in conditions, and
as `$name` or `$ATTRACTOR_INPUT_NAME` in commands. Where nothing mentions it, whoever gives it a
value changes nothing. A program that a tool stage or a handler of your own starts may read the
variable by itself; in a pipeline with such stages the finding is only a note.

```bad
digraph review {
  graph [inputs="base: string = main; depth: int = 2"]
  start [shape=Mdiamond]
  plan [prompt="Compare $base with the last release"]
  exit [shape=Msquare]
  start -> plan -> exit
}
```

```good
digraph review {
  graph [inputs="base: string = main; depth: int = 2"]
  start [shape=Mdiamond]
  plan [prompt="Compare $base with the last $depth releases"]
  exit [shape=Msquare]
  start -> plan -> exit
}
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..diagnostic import Diagnostic, Severity
from ..frontend.small import narrowed
from ..frontend.templates import file_named
from ..graph.elements import Attr, Edge, Node
from ..graph.model import Graph
from ..source import Span

RULE = "unused_input"
SEVERITY = Severity.WARNING

_MENTION = re.compile(r"(?:\$\{?(?!ATTRACTOR_INPUT_|inputs\.)|\binputs\.|ATTRACTOR_INPUT_)(\w+)")


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each input that nothing in the file mentions."""
    attr = graph.attrs.get("inputs")
    if attr is None or not attr.value:
        return
    if any(file_named(node.value("prompt")) for node in graph.nodes.values()):
        return  # a prompt that could not be read: that is told already
    mentioned = {name.lower() for text in _texts(graph) for name in _MENTION.findall(text)}
    started = any(node.kind in ("tool", "custom") for node in graph.nodes.values())
    for given in attr.value:
        if given.name.lower() in mentioned:
            continue
        variable = f"ATTRACTOR_INPUT_{given.name.upper()}"
        may = f", unless a program that it starts reads {variable}" if started else ""
        yield Diagnostic(
            RULE,
            Severity.INFO if started else SEVERITY,
            _place(graph, attr, given.name),
            f"nothing in this pipeline reads the input '{given.name}'{may}",
            help=f"write ${given.name} in a prompt, or take the input out",
        )


def _texts(graph: Graph) -> Iterator[str]:
    """Everything in which an input could be mentioned; prompts from files as text."""
    parts: tuple[Node | Edge, ...] = (*graph.nodes.values(), *graph.edges)
    for part in parts:
        for attr in (*part.attrs.values(), *part.extra.values()):
            yield attr.text
            if isinstance(attr.value, str) and attr.value != attr.text:
                yield attr.value
    for name, attr in graph.attrs.items():
        if name != "inputs":
            yield attr.text


def _place(graph: Graph, attr: Attr, name: str) -> Span:
    declared = rf"(?:^|[;,{{\n])\s*[\"']?({re.escape(name)})[\"']?\s*(?=[:=;,}}\n]|$)"
    found = re.search(declared, attr.text)
    if found is None:
        return attr.value_span
    return narrowed(graph.source, attr.value_span, attr.text, found.start(1), found.end(1))
