"""Says of which kind a node is: by its type, its shape, its id (specification 2.8, 4.2).

Includes what is met in real files: shapes of prompts without tools, circles that are called
start or exit. It must not know edges or any other attribute's meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast, get_args

from ..graph.elements import Attr, Kind
from ..value import nearest
from .findings import Findings
from .scopes import RawNode
from .values import BROKEN

SHAPES: Mapping[str, Kind] = {
    "Mdiamond": "start",
    "Msquare": "exit",
    "box": "codergen",
    "tab": "codergen",
    "hexagon": "wait.human",
    "diamond": "conditional",
    "component": "parallel",
    "tripleoctagon": "parallel.fan_in",
    "parallelogram": "tool",
    "house": "stack.manager_loop",
}
_ROUND = ("circle", "doublecircle")
_TYPES: tuple[str, ...] = tuple(kind for kind in get_args(Kind) if kind != "custom")
_IDS: Mapping[str, Kind] = {
    "start": "start",
    "Start": "start",
    "exit": "exit",
    "Exit": "exit",
    "end": "exit",
    "End": "exit",
}
_WORK = ("prompt", "prompt_file", "tool_command", "pipeline")
_SPOKEN_TYPES: Mapping[str, Kind] = {"sub_pipeline": "pipeline"}


def kinds(nodes: Iterable[RawNode], findings: Findings) -> dict[str, tuple[Kind, str]]:
    """The kind of every node by its id, and the type's name where the kind is `custom`."""
    found: dict[str, tuple[Kind, str]] = {}
    by_id: list[RawNode] = []
    for node in nodes:
        kind, type_name = _kind(node, findings)
        found[node.id] = (kind, type_name)
        if kind == "codergen" and node.id in _IDS and "type" not in node.attrs:
            by_id.append(node)
    for node in by_id:
        kind = _IDS[node.id]
        missing = all(other != kind for other, _ in found.values())
        if missing and not any(name in node.attrs for name in _WORK):
            found[node.id] = (kind, "")
    return found


def _kind(node: RawNode, findings: Findings) -> tuple[Kind, str]:
    type_name = _text(node.attrs.get("type"))
    if type_name in _TYPES:
        return cast("Kind", type_name), ""
    if type_name in _SPOKEN_TYPES:
        return _SPOKEN_TYPES[type_name], ""
    if type_name:
        return "custom", type_name
    shape = node.attrs.get("shape")
    written = _text(shape)
    if "pipeline" in node.attrs and SHAPES.get(written, "codergen") == "codergen":
        return "pipeline", ""
    if shape is None or not written:
        working = any(name in node.attrs for name in _WORK)
        return ("codergen" if working else _IDS.get(node.id, "codergen")), ""
    if written in SHAPES:
        return SHAPES[written], ""
    if written in _ROUND and node.id in _IDS:
        return _IDS[node.id], ""
    findings.add(
        "unknown_shape",
        shape.value_span,
        f"no stage has the shape '{written}', so this is an agent stage",
        help=_shape_meant(written),
        node=node.id if shape.own else None,
    )
    return "codergen", ""


def _shape_meant(written: str) -> str:
    """What to write instead of an unknown shape, which may be a type's name."""
    for shape, kind in SHAPES.items():
        if written.replace("_", ".") in (kind, kind.replace("_", ".")):
            return f"did you mean shape={shape}, or type={kind}?"
    meant = nearest(written, SHAPES)
    return f"did you mean '{meant}'?" if meant else f"write one of {', '.join(SHAPES)}"


def _text(attr: Attr | None) -> str:
    return "" if attr is None or attr.value is BROKEN else str(attr.value).strip()
