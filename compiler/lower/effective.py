"""The value of an attribute where it means something: on the kinds of node that read it.

An attribute that a kind of node never reads is a finding, and must not change the plan.
Apart from the steps, because work and regions read attributes too. It must not know what
any attribute does.
"""

from __future__ import annotations

from typing import Any

from ..attributes import lookup
from ..graph.elements import Node


def effective(node: Node, name: str, default: Any = None) -> Any:
    """The typed value of an attribute, or `default` if it is not set or not read here."""
    row = lookup("node", name)
    if row is not None and row.kinds and node.kind not in row.kinds:
        return default
    value = node.value(name)
    return default if value is None else value
