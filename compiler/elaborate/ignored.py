"""Finds attributes that a node of this kind never reads, where that is surely a mistake.

Only what says how a stage behaves: policies, commands, retries of a whole region. A model or
a timeout on a node without an agent does no harm and stays silent, as does all that comes
from a default block. It must not know what an attribute means.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..attributes import RETRIES, never_read
from ..graph.elements import Attr, Kind
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


def ignored(node: str, kind: Kind, attrs: Iterable[Attr], findings: Findings) -> None:
    """Reports a node's own attributes that mean nothing on a node of its kind."""
    for attr in attrs:
        if not attr.own or not never_read(kind, attr.name):
            continue
        if attr.name in RETRIES:
            mend: str | None = "lead an edge back to it, or write it on the stages inside"
        else:
            mend = _MENDS.get(attr.name)
        message = f"{_CALLED[kind]} never reads '{attr.name}'"
        findings.add("ignored_attribute", attr.key_span, message, help=mend, node=node)
