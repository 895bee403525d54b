"""Finds attributes that a node of this kind never reads, where that is surely a mistake.

Only what says how a stage behaves: policies, commands, retries of a whole region. A model or
a timeout on a node without an agent does no harm and stays silent, as does all that comes
from a default block. It must not know what an attribute means.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..attributes import lookup
from ..attributes.regions import REGIONS
from ..graph.elements import Attr, Kind
from .findings import Findings

_JUDGED: frozenset[str] = frozenset(
    {row.name for row in REGIONS} | {"tool_command", "output", "human.default_choice"}
)
_RETRIES = frozenset({"max_retries", "retry_policy"})
_REGION: tuple[Kind, ...] = ("parallel", "parallel.fan_in")
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
        if not attr.own or kind == "custom":
            continue
        if attr.name in _RETRIES and kind in _REGION:
            mend: str | None = "lead an edge back to it, or write it on the stages inside"
        elif attr.name in _JUDGED and not _reads(kind, attr.name):
            mend = _MENDS.get(attr.name)
        else:
            continue
        message = f"{_CALLED[kind]} never reads '{attr.name}'"
        findings.add("ignored_attribute", attr.key_span, message, help=mend, node=node)


def _reads(kind: Kind, name: str) -> bool:
    row = lookup("node", name)
    return row is not None and (not row.kinds or kind in row.kinds)
