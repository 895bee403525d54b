"""What a row of the attribute table says.

Apart from the rows themselves, which are data in several files. It must not know how a
value is written, read or used: `elaborate.values` has one reader for each `ValueType`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Where: TypeAlias = Literal["graph", "subgraph", "node", "edge"]

ValueType: TypeAlias = Literal[
    "string",
    "int",
    "float",
    "bool",
    "duration",
    "enum",
    "fidelity",
    "condition",
    "join",
    "ratio",
    "winner",
    "merge",
    "retry",
    "keys",
    "classes",
    "node_ref",
    "stylesheet",
    "inputs",
    "arguments",
]


@dataclass(frozen=True, slots=True)
class Row:
    """One attribute: its names, where it may stand, its type, and one sentence about it.

    `aliases` are other implementations' spellings, accepted with a note; `synonyms` are
    accepted silently. `kinds` are the node kinds that read it, () for all of them. `default`
    is text for people. `values` is the closed set of an `enum`; with `open_set`, others are
    only a warning. `minimum` and `maximum` are inclusive, in milliseconds for durations.
    `spec` is true for what the specification has; `since` is the version of attractorc.
    """

    name: str
    where: tuple[Where, ...]
    type: ValueType
    summary: str
    default: str = ""
    kinds: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    open_set: bool = False
    minimum: int | None = None
    maximum: int | None = None
    spec: bool = False
    since: str = "0.1.0"
