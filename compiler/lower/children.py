"""A node that runs another pipeline, as work: which one, and what its inputs are given.

A value that the file shows whole gets its declared type here, so that a run converts only
what it puts in for references. It must not know files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..frontend.arguments import fitting
from ..frontend.templates import parse_template
from ..graph.elements import Argument, Node
from ..graph.model import Graph
from ..plan.model import Agent, Child, Given, Manager, Plan, Template, Tool
from ..value import Json


def child_of(graph: Graph, node: Node, children: Mapping[str, Plan]) -> Child:
    """The work of a node that names a pipeline."""
    child = graph.child(node.id)
    assert child is not None, "a graph with error findings"
    declared = {one.name: one for one in child.value("inputs", ())}
    mine = frozenset(one.name for one in graph.value("inputs", ()))
    goal = str(graph.value("goal") or "")
    given: list[Given] = []
    for one in sorted(node.value("with", ()), key=_name):
        value: Json = one.value
        if isinstance(value, str):
            template = parse_template(value, goal, mine)
            if not all(isinstance(part, str) for part in template):
                given.append(Given(one.name, template=template))
                continue
            value = "".join(map(str, template))
        given.append(Given(one.name, fitting(declared[one.name], value)))
    named = "" if node.id in graph.own else children[node.id].digest
    return Child(named, tuple(given))


def manager_of(
    graph: Graph,
    node: Node,
    children: Mapping[str, Plan],
    text: Callable[[str], Template],
    agent: Callable[[Node, Template], Agent],
) -> Manager:
    """The work of a supervisor; `text` and `agent` make a prompt and a call out of a text."""
    told, command = node.value("manager.steer_prompt"), node.value("manager.steer_command")
    steer: Agent | Tool | None = None
    if told:
        steer = agent(node, text(str(told)))
    elif command:
        steer = Tool(str(command))
    default = Manager(Child())
    actions = node.value("manager.actions") or (
        ("observe", "steer", "wait") if steer else default.actions
    )
    workdir = node.value("stack.child_workdir") or graph.value("stack.child_workdir") or ""
    return Manager(
        child_of(graph, node, children),
        node.value("manager.poll_interval", default.poll_interval_ms),
        node.value("manager.max_cycles", default.max_cycles),
        node.value("manager.stop_condition"),
        tuple(dict.fromkeys(actions)),
        steer if "steer" in actions else None,
        str(workdir).strip(),
    )


def _name(one: Argument) -> str:
    return one.name
