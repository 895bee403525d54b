"""By what a region's winner is chosen, whichever of its ends says it (semantics 6).

Shared by lowering and the rules, so that both mean the same rule. It must not know how
candidates are compared.
"""

from __future__ import annotations

from ..policy import Winner
from .asking import stated
from .dataflow import mergers
from .model import Graph
from .shape import RegionShape


def winner_of(graph: Graph, shape: RegionShape) -> Winner:
    """The rule of a region: a written one at the fan-in or the fan-out, else a prompt's."""
    nodes = mergers(graph, shape)
    written = (node.value("winner") for node in nodes)
    rule = next((value for value in written if isinstance(value, Winner)), None)
    if rule is None:
        rule = next((found for node in nodes if (found := stated(node.kind, node.attrs))), None)
    return rule or Winner()
