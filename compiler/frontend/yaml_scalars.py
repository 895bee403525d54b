"""Says which type YAML 1.2 gives a plain scalar, by its core schema.

Not ruamel.yaml's own rules, which also know dates and `1_000`: here `on`, `no` and `1:30`
are text, as JSON's users expect. It must not know which attribute a scalar belongs to.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

ScalarType: TypeAlias = Literal["str", "int", "float", "bool", "null"]

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = frozenset({"true", "True", "TRUE", "false", "False", "FALSE"})
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_FIRST = frozenset("0123456789+-.")


def scalar_type(text: str) -> ScalarType:
    """The type of a scalar without quotes and without a tag (YAML 1.2.2, 10.3.2)."""
    if text[:1] in _FIRST:
        if _INTEGER.fullmatch(text):
            return "int"
        return "float" if _FLOAT.fullmatch(text) else "str"
    if text in _NULLS:
        return "null"
    return "bool" if text in _BOOLEANS else "str"
