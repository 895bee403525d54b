"""The threads that labelled subgraphs give to the agent stages inside them.

Under full fidelity a stage without a thread of its own, of its edge or of the graph goes on
with that of the subgraph around it. Written into the graph here, so that a plan and a converted
file name the thread where it counts. It must not know what a session is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .elements import Attr, Edge, Node
from .model import Graph

_FULL = "full"
_AGENTS = ("codergen", "parallel", "parallel.fan_in")
_THREAD = "thread_id"


def _is_full(graph: Graph, node: Node, edge: Edge | None) -> bool:
    """Whether a stage that is come to by this edge, None for a way without one, is `full`."""
    of_edge = None if edge is None else edge.value("fidelity")
    found = of_edge or node.value("fidelity") or graph.value("default_fidelity")
    return bool(found == _FULL)


def with_threads(graph: Graph) -> Graph:
    """The graph with each thread that only a subgraph names, where full fidelity uses it."""
    if graph.value(_THREAD):
        return graph
    nodes: dict[str, Node] = {}
    edges: dict[int, Edge] = {}
    for node in graph.nodes.values():
        if not node.group or node.kind not in _AGENTS or node.value(_THREAD):
            continue
        incoming = graph.incoming[node.id]
        if not any(_is_full(graph, node, edge) for edge in (None, *incoming)):
            continue
        thread = Attr(_THREAD, node.group, node.group, node.span, node.span, own=False)
        bare = [edge for edge in incoming if not edge.value(_THREAD)]
        if len(bare) == len(incoming):
            nodes[node.id] = replace(node, attrs=_set(node.attrs, thread))
        else:  # an edge's thread comes before a subgraph's, and a node's before both
            edges.update(
                (edge.index, replace(edge, attrs=_set(edge.attrs, thread))) for edge in bare
            )
    if not nodes and not edges:
        return graph
    return replace(
        graph,
        nodes={**graph.nodes, **nodes},
        edges=tuple(edges.get(edge.index, edge) for edge in graph.edges),
    )


def _set(attrs: Mapping[str, Attr], attr: Attr) -> dict[str, Attr]:
    return {**attrs, attr.name: attr}
