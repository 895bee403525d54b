"""Lowering: a whole graph to the plan that a run follows.

The last step of compiling, taken only for a graph without error findings, and so without a
way to fail. Nothing in a plan depends on how the graph was written: twins in two languages
lower to one digest. It must not know text, tokens or a run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ..graph.model import Graph
from ..graph.threads import with_threads
from ..plan.digest import sealed
from ..plan.model import MAX_RESTARTS, Plan
from ..value import Json, NotJson, checked
from .meeting import region_of
from .steps import step_of, target

# Read by compiling, not by a run; or read through the plan, and no business of a stage.
_NOT_CONTEXT = frozenset({"model_stylesheet", "inputs", "start", "exit", "name"})


def lower(graph: Graph, children: Mapping[str, Plan] | None = None) -> Plan:
    """The sealed plan of a graph without error findings.

    `children` are the plans of the other pipelines that nodes name, by node.
    """
    below = children or {}
    graph = with_threads(graph)
    assert graph.start is not None, "a graph with error findings"
    assert graph.exit is not None, "a graph with error findings"
    found = graph.regions
    plan = Plan(
        name=graph.name,
        start=graph.start,
        exit=graph.exit,
        steps={
            node.id: step_of(
                graph, node, found.owner.get(node.id), found.fan_in_of.get(node.id), below
            )
            for node in graph.nodes.values()
        },
        regions={name: region_of(graph, shape) for name, shape in found.by_fan_out.items()},
        goal=str(graph.value("goal") or ""),
        label=str(graph.value("label") or ""),
        retry_target=target(graph, graph.value("retry_target")),
        fallback_retry_target=target(graph, graph.value("fallback_retry_target")),
        default_fidelity=graph.value("default_fidelity") or None,
        default_thread_id=graph.value("thread_id") or None,
        inputs=tuple(graph.value("inputs", ())),
        context=_context(graph),
        max_restarts=int(graph.value("max_restarts", MAX_RESTARTS)),
        children=_table(below.values()),
    )
    return sealed(plan)


def _table(named: Iterable[Plan]) -> dict[str, Plan]:
    """All plans below, by digest, in the order of their digests."""
    found: dict[str, Plan] = {}
    for plan in named:
        found.update(plan.children)
        found[plan.digest] = replace(plan, children={})
    return dict(sorted(found.items()))


def _context(graph: Graph) -> dict[str, Json]:
    context: dict[str, Json] = {
        "graph.name": graph.name,
        "graph.goal": str(graph.value("goal") or ""),
        "graph.label": str(graph.value("label") or ""),
    }
    for name, attr in sorted(graph.attrs.items()):
        if name in _NOT_CONTEXT or f"graph.{name}" in context:
            continue
        try:
            context[f"graph.{name}"] = checked(attr.value)
        except NotJson:
            continue  # a policy record: nothing that a condition or a prompt can read
    return context
