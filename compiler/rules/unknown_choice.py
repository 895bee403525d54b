"""The default choice of a human gate, or of a person who chooses a winner, is one of the choices.

`human.default_choice` is taken when nobody answers in time. It names the node that an edge of
the gate leads to, or that edge's label, or its key; where `winner=human` asks, it is the id of
a branch.

```bad
digraph review {
  start [shape=Mdiamond]
  ask [shape=hexagon, label="Ship it?", timeout="2h", "human.default_choice"=hold]
  exit [shape=Msquare]
  fix [prompt="Fix it"]
  start -> ask
  ask -> exit [label="[Y] Yes"]
  ask -> fix [label="[N] No"]
  fix -> exit
}
```

```good
digraph review {
  start [shape=Mdiamond]
  ask [shape=hexagon, label="Ship it?", timeout="2h", "human.default_choice"=fix]
  exit [shape=Msquare]
  fix [prompt="Fix it"]
  start -> ask
  ask -> exit [label="[Y] Yes"]
  ask -> fix [label="[N] No"]
  fix -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Severity
from ..graph.asking import asked_by, is_branch
from ..graph.dataflow import written
from ..graph.elements import Node
from ..graph.judges import winner_of
from ..graph.model import Graph
from ..plan.labels import accelerator, match_text
from ..value import nearest

RULE = "unknown_choice"
SEVERITY = Severity.ERROR


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each default that no edge of its gate answers to, and no branch."""
    yield from _of_winners(graph)
    for node in graph.nodes.values():
        if node.kind == "wait.human" and node.value("human.type", "choice") != "choice":
            yield from _of_other_forms(node)
            continue
        attr = node.attrs.get("human.default_choice")
        edges = graph.outgoing[node.id]
        if attr is None or not attr.value or node.kind != "wait.human" or not edges:
            continue
        choice = str(attr.value)
        labels = [edge.label for edge in edges if edge.label]
        targets = [edge.target for edge in edges]
        if (
            choice in targets
            or match_text(choice) in map(match_text, labels)
            or choice.lower() in (accelerator(label).lower() for label in labels)
        ):
            continue
        meant = nearest(choice, (*targets, *labels))
        listed = ", ".join(f"'{edge.label or edge.target}'" for edge in edges)
        yield Diagnostic(
            RULE,
            SEVERITY,
            attr.value_span,
            f"'{choice}' is no choice of '{node.id}'; its choices are {listed}",
            help=f"did you mean '{meant}'?" if meant else "write the node that an edge leads to",
            node=node.id,
        )


def _of_other_forms(node: Node) -> Iterator[Diagnostic]:
    form, options = node.value("human.type"), str(node.value("human.options") or "")
    there = [each.strip() for each in options.split(",") if each.strip()]
    if form == "multiple" and not there:
        attr = node.attrs["human.type"]
        yield Diagnostic(
            RULE,
            SEVERITY,
            attr.value_span,
            f"'{node.id}' has no options of which several could be chosen",
            help="write them in human.options, with commas between",
            node=node.id,
        )
        return
    default = node.attrs.get("human.default_choice")
    if default is None or not default.value or form == "freeform":
        return
    known = ["yes", "no"] if form == "confirm" else [each.casefold() for each in there]
    given = [str(default.value)] if form == "confirm" else str(default.value).split(",")
    wrong = [each.strip() for each in given if each.strip().casefold() not in (*known, "none")]
    if wrong and not (form == "confirm" and wrong[0].casefold() in ("y", "n")):
        listed = ", ".join(f"'{each}'" for each in (there or known))
        yield Diagnostic(
            RULE,
            SEVERITY,
            default.value_span,
            f"'{wrong[0]}' is no choice of '{node.id}'; its choices are {listed}",
            help="write one of them",
            node=node.id,
        )


def _of_winners(graph: Graph) -> Iterator[Diagnostic]:
    for shape in graph.regions.by_fan_out.values():
        place = written(graph, shape, "human.default_choice")
        if place is None or graph.regions.unclear(shape.fan_out):
            continue
        node, attr = place
        ids = [branch.id for branch in shape.branches]
        choice = str(attr.value)
        if (
            not choice
            or is_branch(choice, shape)
            or "human" not in asked_by(winner_of(graph, shape))
        ):
            continue
        meant = nearest(choice, ids)
        yield Diagnostic(
            RULE,
            SEVERITY,
            attr.value_span,
            f"'{choice}' is no branch of '{shape.fan_out}'; there are {', '.join(ids)}",
            help=f"did you mean '{meant}'?" if meant else "write the id of a branch",
            node=node.id,
        )
