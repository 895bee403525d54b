"""The way on which a run comes to a place of which a finding speaks, as a note of it.

Apart from the ways themselves, because this is how they are told. It must not know what any
rule says.
"""

from __future__ import annotations

from ..diagnostic import Related
from .model import Graph
from .reach import path_to, told_path


def arrival(graph: Graph, node: str, least: int = 3) -> tuple[Related, ...]:
    """The way to a node; none where it has fewer than `least` stops and so is plain to see."""
    path = path_to(graph, node)
    if len(path) < least:
        return ()
    return (Related(f"a run comes here by {told_path(path)}", graph.nodes[path[-2]].span),)
