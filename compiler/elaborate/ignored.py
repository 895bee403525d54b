"""Finds attributes that a node of this kind never reads, where that is surely a mistake.

Only what says how a stage behaves: policies, commands, retries of a whole region, and what
only somebody who is asked for a winner would read. A model or a timeout on any other node
without an agent does no harm and stays silent, as does all that comes from a default block.
It must not know what an attribute means.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..attributes import MODELS, REGION_KINDS, RETRIES, never_read
from ..diagnostic import Related
from ..graph.asking import ASKED, PROMPTS, asked_by, stated
from ..graph.elements import Attr, Kind
from ..graph.model import Graph
from .findings import Findings

_CALLED: Mapping[str, str] = {
    "codergen": "an agent stage",
    "conditional": "a conditional node",
    "custom": "a node with a handler of its own",
    "exit": "an exit",
    "parallel": "a fan-out",
    "parallel.fan_in": "a fan-in",
    "stack.manager_loop": "a supervisor",
    "pipeline": "a pipeline as a stage",
    "start": "a start",
    "tool": "a tool stage",
    "wait.human": "a human gate",
}
_SHAPES: Mapping[Kind, str] = {
    "codergen": "box",
    "conditional": "diamond",
    "parallel": "component",
    "parallel.fan_in": "tripleoctagon",
    "tool": "parallelogram",
    "wait.human": "hexagon",
}
_MENDS: Mapping[str, str] = {
    "tool_command": "give the node shape=parallelogram",
    "join": "write it on the fan-out",
    "pipeline": "remove it, or leave out the shape or type that makes the node another stage",
}
_PERSON = frozenset({"human"})
_AGENT = frozenset({"prompt"})
_RETRIED = "lead an edge back to it, or write it on the stages inside"


def ignored(
    node: str, kind: Kind, attrs: Mapping[str, Attr], asked_elsewhere: bool, findings: Findings
) -> None:
    """Reports a node's own attributes that mean nothing on a node of its kind, all at once.

    `asked_elsewhere`: a fan-out's rule may have somebody asked at a fan-in without one.
    """
    asked: frozenset[str] = asked_by(stated(kind, attrs))
    if asked_elsewhere and kind == "parallel.fan_in" and "winner" not in attrs:
        asked = ASKED
    own = sorted((a for a in attrs.values() if a.own), key=lambda attr: attr.key_span.start)
    unasked = [a for a in own if (keys := _needed(kind, a.name)) and not keys & asked]
    never = [a for a in own if not _needed(kind, a.name) and never_read(kind, a.name)]
    if not unasked and not never:
        return
    told = []
    if never:
        told.append(f"never reads {_either(never)}")
    if unasked:
        reads = "" if never else "reads "
        told.append(f"{reads}{_either(unasked)} only where {_asks(kind, unasked)}")
    first, *others = sorted(never + unasked, key=lambda attr: attr.key_span.start)
    findings.add(
        "ignored_attribute",
        first.key_span,
        f"{_CALLED[kind]} {', and '.join(told)}",
        help=_mend(never, unasked),
        related=tuple(Related(f"'{attr.name}'", attr.key_span) for attr in others),
        node=node,
    )


def _either(unread: list[Attr]) -> str:
    *names, last = (f"'{attr.name}'" for attr in unread)
    return f"{', '.join(names)} or {last}" if names else last


def _mend(never: list[Attr], unasked: list[Attr]) -> str | None:
    if len(never) + len(unasked) > 1 and never:
        return _meant(never + unasked)
    if never:
        return _MENDS.get(never[0].name, "remove it")
    return _RETRIED if unasked[0].name in RETRIES else "remove it"


def _meant(unread: list[Attr]) -> str | None:
    """The shape that all these attributes belong to, if it is only one."""
    shapes = {
        shape
        for kind, shape in _SHAPES.items()
        if not any(never_read(kind, attr.name) for attr in unread)
    }
    return f"did you mean shape={shapes.pop()}?" if len(shapes) == 1 else None


def _needed(kind: Kind, name: str) -> frozenset[str]:
    """The keys of a winner rule of which one must be there, so that an attribute is read.

    A fan-out's prompt and model may be read by nobody: nothing happens there that they change.
    """
    if kind not in REGION_KINDS:
        return frozenset()
    if name in RETRIES:
        return ASKED
    if name == "human.default_choice":
        return _PERSON
    if kind == "parallel.fan_in" and name in PROMPTS:
        return ASKED
    return _AGENT if kind == "parallel.fan_in" and name in MODELS else frozenset()


def _asks(kind: Kind, unasked: list[Attr]) -> str:
    """What would have all of these attributes read; else what would have any."""
    needs = [_needed(kind, attr.name) for attr in unasked]
    keys = frozenset.intersection(*needs) or frozenset.union(*needs)
    who = {"prompt": "an agent", "human": "a person"}
    asked = " or ".join(who[key] for key in who if key in keys)
    rules = " or ".join(f"winner={key}" for key in who if key in keys)
    return f"{asked} is asked for the winner ({rules})"


def ignored_files(graph: Graph, findings: Findings) -> None:
    """Reports `merge_files` where the branches share their files: there is nothing to bring."""
    if not any("merge_files" in node.attrs for node in graph.nodes.values()):
        return
    for shape in graph.regions.by_fan_out.values():
        fan_out = graph.nodes[shape.fan_out]
        if graph.regions.unclear(shape.fan_out) or "workspace" in fan_out.broken:
            continue
        if fan_out.value("workspace", "shared") != "shared":
            continue
        meeting = shape.join_at if shape.meeting == "fan_in" else None
        for name in (shape.fan_out, meeting):
            attr = None if name is None else graph.nodes[name].attrs.get("merge_files")
            if attr is None or not attr.own:
                continue
            findings.add(
                "ignored_attribute",
                attr.key_span,
                f"'merge_files' means nothing here: the branches of '{shape.fan_out}' share "
                "their files",
                help=f"write workspace=worktree or workspace=copy on '{shape.fan_out}'",
                node=name,
            )
