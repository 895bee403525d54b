"""One node of a graph as the entries that it has in YAML: its kind's key, its attributes.

Names and forms are those of the language's page; what a kind of node never reads and cannot
be written beside its kind is noted. Apart from where a node leads, which concerns the whole
graph. It must not know how entries are laid out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from textwrap import dedent
from typing import Any

from ..attributes import lookup
from ..frontend.yaml_kinds import ENDS, KINDS
from ..frontend.yaml_shapes import EDGE_NAMES, GRAPH_NAMES, NODE_NAMES
from ..frontend.yaml_stages import FLOW
from ..graph.asking import asked_by, stated
from ..graph.elements import Attr, Edge, Kind, Node
from ..plan.policy_text import join_text, rule_text, winner_text
from ..policy import Join, MergeRule, Winner
from ..value import NotJson, checked
from .yaml_quoting import Listed, Mapped, Text, Tree, Word, json_tree

_SPOKEN: Mapping[str, str] = {
    meant: name for name, meant in NODE_NAMES.items() if name not in KINDS
}
_SPOKEN_EDGE = {meant: name for name, meant in EDGE_NAMES.items()}
_SPOKEN_GRAPH = {meant: name for name, meant in GRAPH_NAMES.items()}
_RESERVED = frozenset((*KINDS, *FLOW, *NODE_NAMES, "retry"))
_RESERVED_EDGE = frozenset((*EDGE_NAMES, "to"))
_RESERVED_GRAPH = frozenset(("pipeline", "start", "nodes", "defaults", "edges", *GRAPH_NAMES))
_BARE = ("int", "float", "bool", "duration", "ratio")
_MEETING = ("winner", "merge", "merge_from", "on_conflict", "merge_files", "prompt", "prompt_file")
SHAPES: Mapping[Kind, str] = {
    "start": "Mdiamond",
    "exit": "Msquare",
    "codergen": "box",
    "wait.human": "hexagon",
    "conditional": "diamond",
    "parallel": "component",
    "parallel.fan_in": "tripleoctagon",
    "tool": "parallelogram",
    "pipeline": "box",
    "stack.manager_loop": "house",
    "custom": "box",
}

Entries = list[tuple[str, Tree]]


@dataclass(frozen=True, slots=True)
class Written:
    """A node's entries without its ways on; `asks` if these are choices, by labels."""

    entries: Entries
    asks: bool = False


def node_entries(node: Node, branches: Tree | None, notes: list[str]) -> Written:
    """The entries of a node; `branches` are those of a fan-out."""
    attrs = {name: attr for name, attr in node.attrs.items() if _counts(node, attr)}
    attrs.pop("class", None)
    entries = _kind(node, attrs, branches, notes)
    asks = entries[:1] != [] and entries[0][0] == "ask"
    entries.extend(_attributes(node, attrs))
    if node.classes:
        entries.append(("class", Listed(tuple(map(Text, node.classes)))))
    _extras(node.extra.values(), _RESERVED, f"node '{node.id}'", entries, notes)
    return Written(entries, asks)


def _counts(node: Node, attr: Attr) -> bool:
    """Whether an attribute is to be written: what only a default gives must also be read."""
    if attr.own or node.kind == "custom":
        return True
    row = lookup("node", attr.name)
    return row is None or not row.kinds or node.kind in row.kinds


def _kind(node: Node, attrs: dict[str, Attr], branches: Tree | None, notes: list[str]) -> Entries:
    """The entry that says the kind; takes what it says from the attributes."""
    attrs.pop("type", None)
    shape = attrs.pop("shape", None)
    if node.kind in ("start", "exit"):
        for name in [name for name in attrs if name in KINDS]:
            _unread(node, attrs.pop(name), notes)
        form = ENDS[node.kind]
        return [] if node.id == node.kind else [("shape", Text(form))]
    entries = _spoken(node, attrs, branches, notes)
    if entries is None:
        named = node.type if node.kind == "custom" else node.kind
        entries = [("type", Text(named))]
        if node.id in ENDS and "prompt" in attrs:
            entries.append(("llm_prompt", Text(attrs.pop("prompt").text)))
    if shape is not None and shape.text and shape.text != SHAPES.get(node.kind):
        entries.append(("shape", Text(shape.text)))
    return entries


def _spoken(
    node: Node, attrs: dict[str, Attr], branches: Tree | None, notes: list[str]
) -> Entries | None:
    """The key of the node's kind; None where another key of this form stands in its way."""
    if node.kind == "parallel" and branches is not None:
        told: Entries = []
        if "prompt" in attrs and asked_by(stated(node.kind, attrs)):
            told = [("llm_prompt", Text(attrs.pop("prompt").text))]  # `prompt` would be a kind
        for name in [name for name in attrs if name in KINDS]:
            _unread(node, attrs.pop(name), notes)
        return [("parallel", branches), *told]
    if node.kind == "parallel.fan_in" and "pipeline" not in attrs and node.id not in ENDS:
        return [("fan_in", _fan_in(attrs))]
    others = [name for name in attrs if name in KINDS and (node.kind, name) not in _OWN]
    if node.id in ENDS or others:
        return None
    match node.kind:
        case "codergen" if "prompt" in attrs:
            return [("prompt", Text(attrs.pop("prompt").text))]
        case "tool" if "tool_command" in attrs:
            return [("run", Text(attrs.pop("tool_command").text))]
        case "wait.human":
            attrs.pop("label", None)
            return [("ask", Text(node.label))]
        case "conditional":
            return [("route", Word("true"))]
        case "pipeline" if "pipeline" in attrs:
            return [("pipeline", Text(attrs.pop("pipeline").text))]
        case "custom":
            return [("uses", Text(node.type))]
        case _:
            return None


_OWN = (("codergen", "prompt"), ("pipeline", "pipeline"))


def _unread(node: Node, attr: Attr, notes: list[str]) -> None:
    notes.append(f"'{attr.name}' of the node '{node.id}' is left out: nothing reads it there")


def _fan_in(attrs: dict[str, Attr]) -> Tree:
    found: Entries = []
    for name in [name for name in attrs if name in _MEETING]:
        attr = attrs.pop(name)
        if name != "merge" or attr.value.rules:
            found.append((name, value_tree(attr)))
    return Mapped(tuple(found), tall=len(found) > 1) if found else Word("true")


def _attributes(node: Node, attrs: dict[str, Attr]) -> Entries:
    entries: Entries = []
    retries, policy = attrs.get("max_retries"), attrs.get("retry_policy")
    join = attrs.get("join")
    joined = join.value.kind if join is not None and isinstance(join.value, Join) else ""
    for name, attr in attrs.items():
        if name == "max_retries" and policy is None:
            entries.append(("retry", value_tree(attr)))
        elif name == "retry_policy" and retries is not None:
            both = (("max", value_tree(retries)), ("backoff", value_tree(attr)))
            entries.append(("retry", Mapped(both)))
        elif name == "retry_policy":
            entries.append(("retry", value_tree(attr)))
        elif (
            (name, joined) in (("k", "k_of_n"), ("quorum_ratio", "quorum"))
            or name == "max_retries"
            or (name == "merge" and not attr.value.rules)
        ):
            continue
        else:
            own = value_tree(attr) if node.kind != "custom" else _given(attr)
            entries.append((_SPOKEN.get(name, name), own))
    return entries


def _given(attr: Attr) -> Tree:
    """A handler of one's own is given the text of what is no plain value."""
    try:
        checked(attr.value)
    except NotJson:
        return Text(attr.text)
    return value_tree(attr)


# Values


def value_tree(attr: Attr) -> Tree:
    """A known attribute's value in the form that YAML has for its type."""
    row = lookup("node", attr.name) or lookup("edge", attr.name) or lookup("graph", attr.name)
    kind = row.type if row is not None else "string"
    if kind in ("keys", "classes"):
        return Listed(tuple(map(Text, attr.value)))
    if kind in _BARE:
        return Word(attr.text.strip())
    match kind:
        case "join":
            return _join(attr.value)
        case "winner":
            return _winner(attr.value)
        case "merge":
            return _merge(attr.value.rules)
        case "arguments":
            return Mapped(tuple((one.name, json_tree(one.value)) for one in attr.value))
        case "stylesheet":
            return Text(dedent(attr.text).strip())
        case _:
            return Text(attr.text)


def _join(join: Join) -> Tree:
    if join.kind == "k_of_n":
        return Mapped((("k_of_n", Word(str(join.k))),))
    if join.kind == "quorum":
        return Mapped((("quorum", Word(str(join.ratio))),))
    return Text(join_text(join))


def _winner(winner: Winner) -> Tree:
    keys = [winner_text(replace(winner, keys=(key,))) for key in winner.keys]
    return Listed(tuple(map(Text, keys))) if len(keys) > 1 else Text(keys[0])


def _merge(rules: tuple[MergeRule, ...]) -> Tree:
    if len({rule.pattern for rule in rules}) < len(rules):
        return Text("; ".join(map(rule_text, rules)))
    return Mapped(tuple((rule.pattern, Text(_strategy(rule))) for rule in rules))


def _strategy(rule: MergeRule) -> str:
    return rule_text(replace(rule, pattern="x")).removeprefix("x: ")


# Edges and the graph


def edge_entries(edge: Edge, notes: list[str], *, labelled: bool = True) -> Entries:
    """What an edge has besides its ends; `branch` is not among it."""
    entries: Entries = []
    for name in ("condition", "label"):
        if name in edge.attrs and (labelled or name != "label"):
            entries.append((_SPOKEN_EDGE.get(name, name), value_tree(edge.attrs[name])))
    for name, attr in edge.attrs.items():
        if name not in ("condition", "label", "branch"):
            entries.append((_SPOKEN_EDGE.get(name, name), value_tree(attr)))
    place = f"edge from '{edge.source}' to '{edge.target}'"
    _extras(edge.extra.values(), _RESERVED_EDGE, place, entries, notes)
    return entries


def graph_entries(
    attrs: Mapping[str, Attr], extra: Mapping[str, Attr], notes: list[str]
) -> Entries:
    """The graph's attributes but its inputs."""
    entries: Entries = [
        (_SPOKEN_GRAPH.get(name, name), value_tree(attr))
        for name, attr in attrs.items()
        if name != "inputs"
    ]
    _extras(extra.values(), _RESERVED_GRAPH, "graph", entries, notes)
    return entries


def inputs_tree(inputs: Iterable[Any]) -> Tree:
    """The declared inputs, each with its type and what else it says."""
    found: Entries = []
    for each in inputs:
        fields: Entries = [("type", Text(each.type))]
        if not each.required:
            fields.append(("default", json_tree(each.default)))
        if each.description:
            fields.append(("description", Text(each.description)))
        if each.enum:
            fields.append(("enum", json_tree(each.enum)))
        found.append((each.name, Mapped(tuple(fields))))
    return Mapped(tuple(found), tall=True)


_KEY_LIMIT = 1_000  # YAML: a key on one line with its value has at most 1,024 characters


def _extras(
    extra: Iterable[Attr], reserved: frozenset[str], place: str, entries: Entries, notes: list[str]
) -> None:
    """Unknown attributes are kept, unless YAML would read what DOT does not."""
    for attr in extra:
        if len(attr.name) > _KEY_LIMIT:
            notes.append(f"'{attr.name[:40]}...' of the {place} is left out: too long for a key")
            continue
        if attr.name in reserved or any(name == attr.name for name, _ in entries):
            notes.append(
                f"'{attr.name}' of the {place} is left out: DOT never reads it, YAML would"
            )
        else:
            entries.append((attr.name, json_tree(attr.value)))
