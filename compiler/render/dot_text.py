"""Writes a graph as DOT, in the form of the language's page, with the comments it came with.

Settings, nodes, edges; the layout is the formatter's. What DOT cannot say is a refusal in
one sentence. It must not know how the graph was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ..attributes import lookup
from ..frontend.dot_text import is_plain_id, quote
from ..frontend.small import MAX_LENGTH
from ..graph.branching import named_branches
from ..graph.elements import Argument, Attr, Edge, Node
from ..graph.model import Graph
from ..plan.model import Input
from ..plan.policy_text import join_text, rule_text, winner_text
from ..policy import Join
from ..syntax import Document
from ..value import Json, NotJson, canonical, checked
from .carried import Rendered, carried, left_out
from .dot_chains import Chain, Group, chains
from .layout_dot import layout_dot
from .yaml_nodes import SHAPES

_KEYWORDS = frozenset(("digraph", "graph", "subgraph", "node", "edge", "strict"))
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z_0-9]*|-?[0-9]+(?:\.[0-9]+)?|[0-9]+(?:ms|s|m|h|d)")
_BARE_INPUT = re.compile(r"[^\s;,\"'=][^;,\"'\n]*")


class NotSayable(ValueError):
    """The pipeline has what DOT has no words for; one sentence says what."""


def to_dot(document: Document, graph: Graph) -> Rendered:
    """The DOT text of a graph without errors, before any pass, and what it leaves out.

    Raises `NotSayable` for what would be lost.
    """
    writer = _Writer(graph)
    remarks = carried(document, graph.nodes.keys())
    lines = [f"// {line}".rstrip() for line in remarks.top]
    lines.append(f"digraph {_id(graph.name)} {{" if graph.name else "digraph {")
    lines.extend(writer.settings())
    lines.append("")
    for node in writer.nodes():
        above = remarks.nodes.get(node.id, ())
        if above and lines[-1]:
            lines.append("")
        lines.extend(f"// {line}".rstrip() for line in above)
        lines.append(writer.node(node))
    lines.append("")
    lines.extend(writer.edges())
    lines.append("}")
    text = layout_dot("\n".join(lines) + "\n")
    return Rendered(text, (*writer.notes, *left_out(document)))


@dataclass(slots=True)
class _Writer:
    """Writes one graph; `notes` are what it had to leave out."""

    graph: Graph
    notes: list[str] = field(default_factory=list)

    def settings(self) -> Iterable[str]:
        """The graph's own attributes."""
        attrs = [*self.graph.attrs.values(), *self.graph.extra.values()]
        pairs = [
            f"{_key(attr.name)}={self._inputs(attr.value)}"
            if attr.name == "inputs" and attr.name in self.graph.attrs
            else f"{_key(attr.name)}={_value(attr)}"
            for attr in attrs
        ]
        return [f"graph [{', '.join(pairs)}]"] if pairs else []

    def nodes(self) -> list[Node]:
        """All nodes in the order of the file, but the start first and the exit last."""
        ends = {"start": -1, "exit": 1}
        return sorted(
            self.graph.nodes.values(),
            key=lambda node: (ends.get(node.kind, 0) if node.implicit else 0, node.span.start),
        )

    def node(self, node: Node) -> str:
        """The statement of one node."""
        attrs = dict(node.attrs)
        pairs = _kind(node, attrs)
        joined = attrs.get("join")
        policy = joined.value.kind if joined and isinstance(joined.value, Join) else ""
        for own in ("k", "quorum_ratio") if policy in ("k_of_n", "quorum") else ():
            if (own == "k") == (policy == "k_of_n"):
                attrs.pop(own, None)
        if "merge" in attrs and not attrs["merge"].value.rules:
            del attrs["merge"]
        attrs.pop("class", None)
        for name in sorted(attrs, key=lambda name: name != "label"):
            given = _given(attrs[name]) if node.kind == "custom" else _value(attrs[name])
            pairs.append(f"{_key(name)}={given}")
        if node.classes:
            pairs.append(f"class={_word(', '.join(node.classes))}")
        pairs.extend(f"{_key(attr.name)}={_value(attr)}" for attr in node.extra.values())
        return f"{_id(node.id)} [{', '.join(pairs)}]" if pairs else _id(node.id)

    # Edges

    def edges(self) -> Iterable[str]:
        """The statements of all edges."""
        derived = self._derived()
        pairs = {edge.index: self._described(edge, derived) for edge in self.graph.edges}
        described = {index for index, written in pairs.items() if written}
        order = [node.id for node in self.nodes()]
        for chain in chains(order, self.graph.outgoing, described):
            yield self._chain(chain, pairs)

    def _chain(self, chain: Chain, pairs: Mapping[int, str]) -> str:
        text = " -> ".join(map(_group, chain.ends))
        return text if chain.edge is None else f"{text} [{pairs[chain.edge.index]}]"

    def _derived(self) -> dict[int, str]:
        """The branch id that each branch edge has without an attribute, by the edge's index."""
        found: dict[int, str] = {}
        for name in self.graph.regions.by_fan_out:
            edges = filter(self.graph.is_branch_edge, self.graph.outgoing[name])
            unnamed = [replace(edge, attrs=_without(edge.attrs, "branch")) for edge in edges]
            found.update((each.edge.index, each.id) for each in named_branches(unnamed))
        return found

    def _described(self, edge: Edge, derived: Mapping[int, str]) -> str:
        attrs = dict(edge.attrs)
        branch = attrs.get("branch")
        if branch is not None and branch.value in (derived.get(edge.index), ""):
            del attrs["branch"]
        written = [*attrs.values(), *edge.extra.values()]
        return ", ".join(f"{_key(attr.name)}={_value(attr)}" for attr in written)

    # Inputs

    def _inputs(self, inputs: Iterable[Input]) -> str:
        text = "; ".join(map(self._input, inputs))
        if len(text) > MAX_LENGTH:
            raise NotSayable(f"DOT has all inputs in one text of at most {MAX_LENGTH} characters")
        return _quoted(text)

    def _input(self, given: Input) -> str:
        if given.enum:
            raise NotSayable(f"DOT has no 'enum' for inputs, and '{given.name}' has one")
        if given.description:
            self.notes.append(f"the description of the input '{given.name}' is left out")
        text = f"{given.name}: {given.type}"
        return text if given.required else f"{text} = {_default(given)}"


def _default(given: Input) -> str:
    value = given.default
    if given.type == "json":
        return _in_quotes(canonical(value))
    text = value if isinstance(value, str) else canonical(value)
    plain = _BARE_INPUT.fullmatch(text) and text == text.strip()
    return text if plain else _in_quotes(text)


def _argument(given: Argument) -> str:
    text = given.value if isinstance(given.value, str) else canonical(given.value)
    plain = _BARE_INPUT.fullmatch(text) and text == text.strip()
    return text if plain else _in_quotes(text)


def _in_quotes(text: str) -> str:
    """A default in quotes, as the language of inputs has them."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"


def _kind(node: Node, attrs: dict[str, Attr]) -> list[str]:
    """What says a node's kind: its shape, or its type where the shape is another's."""
    attrs.pop("type", None)
    shape = attrs.pop("shape", None)
    own = SHAPES[node.kind]
    written = shape.text if shape is not None else ""
    if node.kind in ("start", "exit") or (written in ("", own) and node.kind != "custom"):
        if node.kind == "pipeline" and "pipeline" in attrs:
            return []
        if node.kind != "codergen":
            return [f"shape={own}" if node.kind != "pipeline" else "type=pipeline"]
        has_work = any(name in attrs for name in ("prompt", "prompt_file", "tool_command"))
        return [] if has_work or not _is_end(node.id) else ["type=codergen"]
    named = node.type if node.kind == "custom" else node.kind
    pairs = [f"shape={_word(written)}"] if written else []
    if node.kind == "codergen" and not _is_end(node.id):
        return pairs
    return [*pairs, f"type={_word(named)}"]


def _is_end(node: str) -> bool:
    """Whether an id alone would make an agent stage a start or an exit."""
    return node.lower() in ("start", "exit", "end")


def _without(attrs: Mapping[str, Attr], name: str) -> dict[str, Attr]:
    return {key: attr for key, attr in attrs.items() if key != name}


# Words


def _quoted(text: str) -> str:
    """A text in quotes; `NotSayable` for what they cannot hold."""
    if "\r" in text or "\0" in text:
        raise NotSayable("a text of DOT holds no carriage return, and one of this pipeline's does")
    return quote(text)


def _group(nodes: Group) -> str:
    names = " ".join(map(_id, nodes))
    return names if len(nodes) == 1 else f"{{{names}}}"


def _id(name: str) -> str:
    plain = is_plain_id(name) and name.isidentifier() and name.lower() not in _KEYWORDS
    return name if plain else _quoted(name)


def _key(name: str) -> str:
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z_0-9]*(?:\.[A-Za-z_0-9]+)*", name)
    return name if plain and name.lower() not in _KEYWORDS else _quoted(name)


def _word(text: str) -> str:
    plain = _PLAIN.fullmatch(text) and text.lower() not in _KEYWORDS
    return text if plain else _quoted(text)


def _given(attr: Attr) -> str:
    """A handler of one's own is given the text of what is no plain value."""
    try:
        checked(attr.value)
    except NotJson:
        return _quoted(attr.text)
    return _value(attr)


def _value(attr: Attr) -> str:
    row = lookup("node", attr.name) or lookup("edge", attr.name) or lookup("graph", attr.name)
    if row is None:
        return _text(attr.value)
    match row.type:
        case "string" if attr.name != "branch":
            return _quoted(attr.text)
        case "condition" | "stylesheet":
            return _quoted(attr.text)
        case "keys" | "classes":
            return _word(", ".join(attr.value))
        case "join":
            return _word(join_text(attr.value))
        case "winner":
            return _word(winner_text(attr.value))
        case "arguments":
            return _quoted("; ".join(f"{one.name}={_argument(one)}" for one in attr.value))
        case "merge":
            return _quoted("; ".join(map(rule_text, attr.value.rules)))
        case _:
            return _word(attr.text)


def _text(value: Json) -> str:
    """An unknown attribute's value, which DOT can only hold as text."""
    return _quoted(value) if isinstance(value, str) else _word(canonical(value))
