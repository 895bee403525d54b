"""Writes a graph as YAML, in the form of the language's page, with the comments it came with.

Where nodes lead is decided here: branches, choices, ways on, and which of these their fan-out
says for them. What YAML cannot hold is noted. It must not know quotes or columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..graph.elements import Edge, Node
from ..graph.model import Graph
from ..graph.threads import with_threads
from ..syntax import Document
from .carried import Carried, Rendered, carried, left_out
from .yaml_nodes import Entries, edge_entries, graph_entries, inputs_tree, node_entries
from .yaml_quoting import WIDTH, Listed, Mapped, Text, Tree, entry, fits, flow

_SHORT = 4


def to_yaml(document: Document, graph: Graph, *, explicit: bool = False) -> Rendered:
    """The YAML text of a graph without errors, before any pass, and what it leaves out.

    A branch node leaves its `next` to its fan-out's where it can, unless `explicit`.
    """
    writer = _Writer(with_threads(graph), explicit)
    bodies = writer.bodies()
    remarks = carried(document, bodies.keys())
    lines = [f"# {line}".rstrip() for line in remarks.top]
    for key, value in writer.top():
        lines.extend(entry(key, value, ""))
    lines.extend(["", "nodes:", *_nodes(bodies, remarks)])
    text = "\n".join(lines) + "\n"
    return Rendered(text, (*writer.notes, *left_out(document)))


def _nodes(bodies: dict[str, Entries], remarks: Carried) -> list[str]:
    """The nodes' lines; tall ones have an empty line between them."""
    lines: list[str] = []
    was_tall = False
    for index, (name, entries) in enumerate(bodies.items()):
        body = Mapped(tuple(entries))
        above = [f"  # {line}".rstrip() for line in remarks.nodes.get(name, ())]
        written = entry(name, body if _is_short(name, body) else _tall(body), "  ")
        tall = len(written) > 1
        if index and (above or tall or was_tall):
            lines.append("")
        lines.extend((*above, *written))
        was_tall = tall
    return lines


def _tall(body: Mapped) -> Mapped:
    return Mapped(body.entries, tall=True)


def _is_short(name: str, body: Mapped) -> bool:
    """Whether a node is said on one line, and read at a glance there."""
    nested = any(
        isinstance(value, Mapped) or (isinstance(value, Listed) and value.tall)
        for _, value in body.entries
    )
    short = len(body.entries) <= _SHORT and fits(body) and not nested
    return short and len(f"  {name}: {flow(body)}") <= WIDTH


@dataclass(slots=True)
class _Writer:
    """Writes one graph; `notes` are what it had to leave out."""

    graph: Graph
    explicit: bool
    notes: list[str] = field(default_factory=list)

    def top(self) -> Entries:
        """The entries above the nodes."""
        graph = self.graph
        entries: Entries = [("pipeline", Text(graph.name))]
        entries.extend(graph_entries(graph.attrs, graph.extra, self.notes))
        if "inputs" in graph.attrs:
            entries.append(("inputs", inputs_tree(graph.attrs["inputs"].value)))
        if self._plain_start() is not None:
            entries.append(("start", Text(graph.outgoing["start"][0].target)))
        return entries

    def bodies(self) -> dict[str, Entries]:
        """The entries of each node that is written out, in the order of the file."""
        found: dict[str, Entries] = {}
        plain_start = self._plain_start()
        for node in sorted(self.graph.nodes.values(), key=lambda node: node.span.start):
            if node is plain_start:
                continue
            entries = self._body(node)
            if entries or node.id != "exit" or node.kind != "exit":
                found[node.id] = entries
        # A pipeline in YAML has at least one node.
        return found or {"exit": []}

    def _plain_start(self) -> Node | None:
        """The start, if `start: <node>` says all about it."""
        node = self.graph.nodes.get("start")
        if node is None or node.kind != "start" or node_entries(node, None, []).entries:
            return None
        ways = self.graph.outgoing["start"]
        return node if len(ways) == 1 and self._is_plain(ways[0]) else None

    def _body(self, node: Node) -> Entries:
        region = self.graph.regions.by_fan_out.get(node.id)
        branches: Tree | None = None
        if node.kind == "parallel" and region is not None and node.id not in ("start", "exit"):
            in_order = sorted(region.branches, key=lambda branch: branch.edge.index)
            branches = Mapped(tuple((each.id, self._way(each.edge)) for each in in_order))
        written = node_entries(node, branches, self.notes)
        entries = written.entries
        ways = self.graph.outgoing[node.id]
        if branches is not None:
            ways = tuple(edge for edge in ways if not self.graph.is_branch_edge(edge))
            joins = region.join_at if region is not None and not self.explicit else None
            entries.extend(self._next(ways, joins))
        elif written.asks and self._are_choices(ways):
            choices = tuple((edge.label, self._way(edge, labelled=False)) for edge in ways)
            entries.append(("choices", Mapped(choices)))
        elif not self._is_led(node, ways):
            entries.extend(self._next(ways, None))
        return entries

    def _next(self, ways: Sequence[Edge], joins: str | None) -> Entries:
        found = [*([Text(joins)] if joins is not None else []), *map(self._way, ways)]
        if len(found) > 1:
            return [("next", Listed(tuple(found), tall=True))]
        return [("next", found[0])] if found else []

    def _way(self, edge: Edge, *, labelled: bool = True) -> Tree:
        entries = edge_entries(edge, self.notes, labelled=labelled)
        target = Text(edge.target)
        return Mapped((("to", target), *entries)) if entries else target

    def _is_plain(self, edge: Edge) -> bool:
        return not (set(edge.attrs) - {"branch"} or edge.extra)

    def _are_choices(self, ways: Sequence[Edge]) -> bool:
        labels = [edge.label for edge in ways]
        return bool(ways) and all(labels) and len(set(labels)) == len(labels)

    def _is_led(self, node: Node, ways: Sequence[Edge]) -> bool:
        """Whether its fan-out says already where the node leads."""
        if self.explicit or len(ways) != 1 or not self._is_plain(ways[0]):
            return False
        owner = self.graph.regions.owner.get(node.id)
        region = self.graph.regions.by_fan_out.get(owner) if owner is not None else None
        return region is not None and region.join_at == ways[0].target
