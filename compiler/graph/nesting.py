"""How deep fan-outs stand in each other, before anybody looks at every region.

The analyses of regions cost more than their number where they are nested, so a file may not
nest without end. It must not know what a region means.
"""

from __future__ import annotations

from .elements import Node
from .model import Graph

MAX_NESTED = 64
_SURELY_TOO_MANY = 4 * MAX_NESTED


def too_deep(graph: Graph) -> Node | None:
    """A fan-out that stands in more than `MAX_NESTED` others, None if there is none.

    First a walk along the edges, which counts fan-outs that no fan-in has closed; only where
    that is high are the regions themselves asked, for branches may meet without a fan-in.
    """
    open_fan_outs, deepest = _open_fan_outs(graph)
    if deepest is None or open_fan_outs <= MAX_NESTED:
        return None
    if open_fan_outs > _SURELY_TOO_MANY:
        return deepest
    shapes = graph.regions.by_fan_out
    for name in shapes:
        levels, above = 0, shapes[name].parent
        while above is not None and above in shapes:
            levels, above = levels + 1, shapes[above].parent
        if levels >= MAX_NESTED:
            return graph.nodes[name]
    return None


def _open_fan_outs(graph: Graph) -> tuple[int, Node | None]:
    """The most fan-outs open at once on a walk from the start, and the last of them."""
    most, deepest = 0, None
    seen: set[str] = set()
    pending = [(graph.start, 0)] if graph.start is not None else []
    while pending:
        name, level = pending.pop()
        node = graph.nodes.get(name)
        if node is None or name in seen:
            continue
        seen.add(name)
        if node.kind == "parallel.fan_in":
            level = max(0, level - 1)
        elif node.kind == "parallel":
            level += 1
            if level > most:
                most, deepest = level, node
        pending.extend((edge.target, level) for edge in graph.outgoing[name])
    return most, deepest
