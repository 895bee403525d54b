"""A `$name` in a prompt or in the label of a human gate should be one that the run knows.

`$goal` and the inputs that the pipeline declares are put in; whatever else follows a `$` stays
as it is and is told to the agent literally. So that prompts which quote a shell script stay
quiet, a name is only noted where the pipeline declares inputs, or where it is nearly `goal`;
and never in code (between backticks), in capitals, behind a backslash, or where the text gives
it a value itself. In the same way `context.inputs.name` should be an input that is declared.

```bad
digraph review {
  graph [inputs="base: string = main"]
  start [shape=Mdiamond]
  plan [prompt="Compare $bas with the last release, not with $base"]
  exit [shape=Msquare]
  start -> plan -> exit
}
```

```good
digraph review {
  graph [inputs="base: string = main"]
  start [shape=Mdiamond]
  plan [prompt="Compare $base with the last release"]
  exit [shape=Msquare]
  start -> plan -> exit
}
```
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from ..diagnostic import Diagnostic, Severity
from ..expr import keys
from ..frontend.small import narrowed
from ..frontend.templates import references
from ..graph.asking import asking_text
from ..graph.elements import Attr, Edge, Node
from ..graph.model import Graph
from ..source import Span
from ..value import nearest

RULE = "unknown_input"
SEVERITY = Severity.WARNING

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.S)
_GIVEN = re.compile(r"(?<![\w$])(\w+)\+?=|\b(?:for|read|local|export|select)\s+(?:-\w+\s+)*(\w+)\b")
_INPUT_KEY = re.compile(r"(?:context\.)?inputs\.(\w+)")


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each place where a name stands that no input has."""
    declared = frozenset(given.name for given in graph.value("inputs", ()))
    told: set[Span] = set()
    yield from _of_goal(graph, declared)
    for node in graph.nodes.values():
        for found in _of_node(graph, node, declared):
            # A default block gives one prompt to many nodes.
            if found.span not in told:
                told.add(found.span)
                yield found
    if declared:
        for edge in graph.edges:
            yield from _of_edge(edge, declared)


def _of_goal(graph: Graph, declared: frozenset[str]) -> Iterator[Diagnostic]:
    """References in the goal, which is taken as it is: it stands in for `$goal` itself."""
    attr = graph.attrs.get("goal")
    if attr is None or "$" not in attr.value:
        return
    for reference in references(attr.value, declared):
        meant = nearest(reference.name, declared)
        if reference.kind in ("input", "unknown") and meant is not None:
            written = attr.value[reference.start : reference.end]
            yield Diagnostic(
                RULE,
                SEVERITY,
                _place(graph, attr, reference.start, reference.end),
                f"'{written}' stays as it is: nothing is put into a goal",
                help=f"write ${meant} in the prompts that need it",
            )


def _of_node(graph: Graph, node: Node, declared: frozenset[str]) -> Iterator[Diagnostic]:
    for given in node.value("with", ()):
        for reference in references(str(given.value), declared):
            name = reference.name
            if reference.kind == "unknown":
                meant = nearest(name, {*declared, "goal"})
                yield _finding(f"${name}", name, meant, given.span, declared, node.id)
    attr = _filled_in(node)
    if attr is None or "$" not in attr.value:
        return
    text: str = attr.value
    code = [found.span() for found in _CODE.finditer(text)]
    given = _given_in(text)
    for reference in references(text, declared):
        name, start = reference.name, reference.start
        if reference.kind == "context":
            asked = _INPUT_KEY.fullmatch(name)
            if not declared or asked is None or asked[1] in declared:
                continue
            name = asked[1]
        elif reference.kind != "unknown" or _is_shell(text, name, start, code, given):
            continue
        meant = nearest(name, {*declared, "goal"})
        if meant or declared:
            span = _place(graph, attr, start, reference.end)
            yield _finding(text[start : reference.end], name, meant, span, declared, node.id)


def _filled_in(node: Node) -> Attr | None:
    """The attribute into which values are put when the stage runs (language: prompts)."""
    if node.kind == "codergen":
        prompt = node.attrs.get("prompt")
        return prompt if prompt and prompt.value else node.attrs.get("label")
    return node.attrs.get("label") if node.kind == "wait.human" else asking_text(node)


def _is_shell(
    text: str, name: str, start: int, code: list[tuple[int, int]], given: frozenset[str]
) -> bool:
    if name.isupper() or name in given or text[max(start - 1, 0) : start] in ("\\", "$"):
        return True
    nearest_code = bisect_right(code, (start, len(text))) - 1
    return nearest_code >= 0 and start < code[nearest_code][1]


def _given_in(text: str) -> frozenset[str]:
    """The names that a text gives values itself, as a shell does: `x=1`, `for x in`, `read x`."""
    return frozenset(name for found in _GIVEN.finditer(text) for name in found.groups() if name)


def _place(graph: Graph, attr: Attr, start: int, end: int) -> Span:
    """The reference itself, or the whole value where the text came from a file."""
    if attr.text != attr.value:
        return attr.value_span
    return narrowed(graph.source, attr.value_span, attr.text, start, end)


def _of_edge(edge: Edge, declared: frozenset[str]) -> Iterator[Diagnostic]:
    attr = edge.attrs.get("condition")
    for key in dict.fromkeys(keys(edge.condition)) if edge.condition and attr else ():
        asked = _INPUT_KEY.fullmatch(key)
        if attr and asked and asked[1] not in declared:
            meant = nearest(asked[1], declared)
            yield _finding(key, asked[1], meant, attr.value_span, declared, None)


def _finding(
    written: str,
    name: str,
    meant: str | None,
    span: Span,
    declared: frozenset[str],
    node: str | None,
) -> Diagnostic:
    listed = ", ".join(sorted(declared))
    known = f"the pipeline declares {listed}" if declared else "the pipeline declares none"
    return Diagnostic(
        RULE,
        SEVERITY,
        span,
        f"'{written}' stays as it is: there is no input '{name}'; {known}",
        help=f"did you mean '{meant}'?" if meant else f"declare it in inputs, or write \\${name}",
        node=node,
    )
