"""A merge strategy should fit what the branches write.

A tool with `output=text`, the default, writes text, and one with `output=lines` a list of
texts. `sum`, `min` and `max` need numbers, `all` and `any` need true or false, `deep` needs
objects and `keyed` lists of objects; all else is a conflict. Let the tool print a JSON object
that has the key, and write `output=json`. A `winner` of `max(key)` needs numbers, too.

```bad
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q", output=json, writes=coverage]
  lint [shape=parallelogram, tool_command="ruff check .", writes=findings]
  verdict [shape=tripleoctagon, merge="coverage: max; findings: sum"]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  checks [shape=component]
  unit [shape=parallelogram, tool_command="pytest -q", output=json, writes=coverage]
  lint [shape=parallelogram, tool_command="ruff check .", writes=findings]
  verdict [shape=tripleoctagon, merge="coverage: max; findings: append"]
  exit [shape=Msquare]
  start -> checks -> {unit lint} -> verdict -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ..diagnostic import Diagnostic, Related, Severity
from ..graph.dataflow import brought, merge_of, written
from ..graph.elements import Attr, Node
from ..graph.model import Graph
from ..graph.patterns import never_merged, rule_for
from ..graph.places import word_in
from ..graph.shape import RegionShape
from ..policy import Winner

RULE = "merge_type"
SEVERITY = Severity.WARNING
_NEEDS: Final[Mapping[str, str]] = {
    "sum": "numbers",
    "min": "numbers",
    "max": "numbers",
    "all": "true or false",
    "any": "true or false",
    "deep": "objects",
    "keyed": "lists of objects",
    "concat": "texts",
}
_FITS: Final = {("concat", "text")}
_STATUS_FILE: Final = ("STATUS_FILE", "status.json")


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each key that a strategy cannot take, at the rule that names it."""
    for shape in graph.regions.by_fan_out.values():
        if not graph.regions.unclear(shape.fan_out):
            yield from _of_rules(graph, shape)
            yield from _of_winner(graph, shape)


def _of_rules(graph: Graph, shape: RegionShape) -> Iterator[Diagnostic]:
    merge, place = merge_of(graph, shape), written(graph, shape, "merge")
    if merge is None or place is None:
        return
    for key, writer, shape_of in _plain_writes(graph, shape):
        rule = rule_for(key, merge.rules)
        if rule is None or rule.strategy not in _NEEDS or never_merged(key):
            continue
        if (rule.strategy, shape_of) not in _FITS:
            yield _finding(graph, place, rule.pattern, rule.strategy, key, writer, shape_of)


def _of_winner(graph: Graph, shape: RegionShape) -> Iterator[Diagnostic]:
    place = written(graph, shape, "winner")
    if place is None or not isinstance(place[1].value, Winner):
        return
    for each in place[1].value.keys:
        if each.kind not in ("max", "min") or each.key is None:
            continue
        for key, writer, shape_of in _plain_writes(graph, shape):
            if key == each.key:
                name = f"{each.kind}({key})"
                yield _finding(graph, place, key, each.kind, key, writer, shape_of, name)


def _plain_writes(graph: Graph, shape: RegionShape) -> Iterator[tuple[str, str, str]]:
    """Key, node and shape of what tools surely write, the first of each key."""
    for key, nodes in (brought(graph, shape, open_ended=True) or {}).items():
        for node in nodes:
            found = graph.data.writes[node].certain.get(key)
            if found in ("text", "lines") and not _says_itself(graph.nodes[node]):
                yield key, node, str(found)
                break


def _says_itself(node: Node) -> bool:
    """Whether a command seems to write a status file, which can hold any value."""
    command = str(node.value("tool_command") or "")
    return any(name in command for name in _STATUS_FILE)


def _finding(
    graph: Graph,
    place: tuple[Node, Attr],
    word: str,
    strategy: str,
    key: str,
    writer: str,
    shape_of: str,
    name: str = "",
) -> Diagnostic:
    node, attr = place
    what = "text" if shape_of == "text" else "a list of lines"
    writes = graph.nodes[writer].attrs["writes"]
    return Diagnostic(
        RULE,
        SEVERITY,
        word_in(graph.source, attr, word),
        f"'{writer}' writes {what} to '{key}', and {name or strategy} needs {_NEEDS[strategy]}",
        (Related(f"written by '{writer}'", word_in(graph.source, writes, key)),),
        help=f"write output=json on '{writer}' and let it print an object with '{key}', "
        "or choose a strategy for any value, such as append",
        node=node.id,
    )
