"""A node that runs another pipeline, as work: which one, and what its inputs are given.

A value that the file shows whole gets its declared type here, so that a run converts only
what it puts in for references. It must not know files.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..frontend.arguments import fitting
from ..frontend.templates import parse_template
from ..graph.elements import Argument, Node
from ..graph.model import Graph
from ..plan.model import Child, Given, Plan
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


def _name(one: Argument) -> str:
    return one.name
