"""A supervisor's actions are known, and it has what they need.

`manager.actions` lists `observe`, `steer` and `wait`. Who steers needs something to say:
`manager.steer_prompt` for an agent or `manager.steer_command`, one of the two. The folder that
the child works in, `stack.child_workdir`, lies below the stage's own.

```bad
digraph example {
  start [shape=Mdiamond]
  more [shape=hexagon, label="Once more?"]
  build [shape=house, "stack.child_dotfile"="example.dot", "manager.actions"="observe, stear"]
  exit [shape=Msquare]
  start -> more
  more -> build [label="[Y] Yes"]
  more -> exit [label="[N] No"]
  build -> exit
}
```

```good
digraph example {
  start [shape=Mdiamond]
  more [shape=hexagon, label="Once more?"]
  build [shape=house, "stack.child_dotfile"="example.dot", "manager.actions"="observe, wait"]
  exit [shape=Msquare]
  start -> more
  more -> build [label="[Y] Yes"]
  more -> exit [label="[N] No"]
  build -> exit
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ..diagnostic import Diagnostic, Related, Severity
from ..graph.elements import Attr, Node
from ..graph.model import Graph
from ..graph.places import word_in
from ..source import Unreadable, placed
from ..value import nearest

RULE = "supervisor_setup"
SEVERITY = Severity.ERROR

ACTIONS = ("observe", "steer", "wait")


def check(graph: Graph) -> Iterator[Diagnostic]:
    """One finding for each action that is unknown or lacks something, and for a wrong folder."""
    for node in graph.nodes.values():
        if node.kind != "stack.manager_loop":
            continue
        yield from _actions(graph, node)
        prompt = node.attrs.get("manager.steer_prompt")
        command = node.attrs.get("manager.steer_command")
        if prompt is not None and command is not None:
            message = f"'{node.id}' is steered by an agent or by a command, not by both"
            other = (Related("the prompt", prompt.key_span),)
            yield Diagnostic(RULE, SEVERITY, command.key_span, message, other, node=node.id)
        workdir = node.attrs.get("stack.child_workdir") or graph.attrs.get("stack.child_workdir")
        if workdir is not None:
            yield from _workdir(node, workdir)


def _actions(graph: Graph, node: Node) -> Iterator[Diagnostic]:
    attr = node.attrs.get("manager.actions")
    if attr is None:
        return
    for action in attr.value:
        if action not in ACTIONS:
            meant = nearest(action, ACTIONS)
            yield Diagnostic(
                RULE,
                SEVERITY,
                word_in(graph.source, attr, action),
                f"a supervisor does not '{action}'; its actions are {', '.join(ACTIONS)}",
                help=f"did you mean '{meant}'?" if meant else None,
                node=node.id,
            )
    steers = any(f"manager.steer_{by}" in node.attrs for by in ("prompt", "command"))
    if "steer" in attr.value and not steers:
        yield Diagnostic(
            RULE,
            SEVERITY,
            word_in(graph.source, attr, "steer"),
            f"'{node.id}' is to steer its pipeline, and nothing says how",
            help="write manager.steer_prompt for an agent, or manager.steer_command",
            node=node.id,
        )


def _workdir(node: Node, attr: Attr) -> Iterator[Diagnostic]:
    try:
        placed("", str(attr.value).strip())
    except Unreadable as wrong:
        outside = "outside" in str(wrong)
        said = "is outside the folder of the stage" if outside else str(wrong)
        message = f"the folder that the pipeline of '{node.id}' is to work in {said}"
        yield Diagnostic(RULE, SEVERITY, attr.value_span, message, node=node.id)
