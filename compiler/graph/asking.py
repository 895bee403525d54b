"""Who a region's end itself asks for a winner, and with which of its texts (semantics 6).

A fan-in with a prompt of its own and no rule asks an agent (specification 4.9). Apart from
the regions, because elaboration asks about nodes before there are any. It must not know how
candidates are compared, nor how anybody is asked.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..policy import Winner, WinnerKey, WinnerKind
from .elements import Attr, Kind, Node
from .shape import RegionShape

ASKED: frozenset[WinnerKind] = frozenset({"prompt", "human"})
PROMPTS = ("prompt", "prompt_file")
BY_PROMPT = Winner((WinnerKey("prompt"),), written=True)


def stated(kind: Kind, attrs: Mapping[str, Attr]) -> Winner | None:
    """The rule that a node itself states: its `winner`, or a fan-in's own prompt without one."""
    attr = attrs.get("winner")
    if attr is not None:
        return attr.value if isinstance(attr.value, Winner) else None
    return BY_PROMPT if kind == "parallel.fan_in" and own_prompt(attrs) is not None else None


def own_prompt(attrs: Mapping[str, Attr]) -> Attr | None:
    """A node's own prompt; one from a default block is meant for agent stages."""
    written = (attrs[name] for name in PROMPTS if name in attrs)
    return next((attr for attr in written if attr.own and str(attr.value).strip()), None)


def asked_by(rule: Winner | None) -> frozenset[WinnerKind]:
    """The kinds of key in a rule that ask somebody."""
    return frozenset() if rule is None else ASKED & {key.kind for key in rule.keys}


def is_branch(name: str, shape: RegionShape) -> bool:
    """Whether a name is a branch of a region, or an element's (`work[0]`) of a dynamic one."""
    return any(name == each.id or name.startswith(f"{each.id}[") for each in shape.branches)


def asking_text(node: Node) -> Attr | None:
    """The text of a region's end into which values are put when it asks."""
    asked = asked_by(stated(node.kind, node.attrs))
    prompt = node.attrs.get("prompt") if asked else None
    return prompt or (node.attrs.get("label") if "human" in asked else None)
