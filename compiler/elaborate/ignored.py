"""Finds attributes that a node of this kind never reads, where that is surely a mistake.

Only what says how a stage behaves: policies, commands, retries of a whole region, and what
only somebody who is asked for a winner would read. A model or a timeout on any other node
without an agent does no harm and stays silent, as does all that comes from a default block.
It must not know what an attribute means.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ..attributes import MODELS, REGION_KINDS, RETRIES, never_read
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
    "start": "a start",
    "tool": "a tool stage",
    "wait.human": "a human gate",
}
_MENDS: Mapping[str, str] = {
    "tool_command": "give the node shape=parallelogram",
    "join": "write it on the fan-out",
}
_RETRIED = "lead an edge back to it, or write it on the stages inside"


def ignored(
    node: str, kind: Kind, attrs: Mapping[str, Attr], asked_elsewhere: bool, findings: Findings
) -> None:
    """Reports a node's own attributes that mean nothing on a node of its kind.

    `asked_elsewhere`: a fan-out's rule may have somebody asked at a fan-in without one.
    """
    asked: Collection[str] = asked_by(stated(kind, attrs))
    if asked_elsewhere and kind == "parallel.fan_in" and "winner" not in attrs:
        asked = ASKED
    for attr in attrs.values():
        if not attr.own:
            continue
        needed = _needed(kind, attr.name)
        if needed and not any(key in asked for key in needed):
            message = f"{_CALLED[kind]} reads '{attr.name}' only where {_asks(needed)}"
            mend = "leave it out" if attr.name not in RETRIES else _RETRIED
            findings.add("ignored_attribute", attr.key_span, message, help=mend, node=node)
        elif never_read(kind, attr.name):
            message = f"{_CALLED[kind]} never reads '{attr.name}'"
            findings.add(
                "ignored_attribute",
                attr.key_span,
                message,
                help=_MENDS.get(attr.name),
                node=node,
            )


def _needed(kind: Kind, name: str) -> tuple[str, ...]:
    """The keys of a winner rule of which one must be there, so that an attribute is read.

    A fan-out's prompt and model may be read by nobody: nothing happens there that they change.
    """
    if kind not in REGION_KINDS:
        return ()
    if name in RETRIES:
        return ("prompt", "human")
    if name == "human.default_choice":
        return ("human",)
    if kind == "parallel.fan_in" and name in PROMPTS:
        return ("prompt", "human")
    return ("prompt",) if kind == "parallel.fan_in" and name in MODELS else ()


def _asks(needed: tuple[str, ...]) -> str:
    who = {"prompt": "an agent", "human": "a person"}
    asked = " or ".join(who[key] for key in needed)
    rules = " or ".join(f"winner={key}" for key in needed)
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
