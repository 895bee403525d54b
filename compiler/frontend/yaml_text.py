"""What the characters of YAML say: the types of plain values, and where comments are.

Apart from the composer because these rules concern text only, and because comments are not
among the events of any parser. It must not know lists or mappings.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Literal

from ..source import Source
from ..syntax import Comment

_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#[^\r\n]*", re.MULTILINE)
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = frozenset({"true", "True", "TRUE", "false", "False", "FALSE"})


def plain_type(text: str) -> Literal["str", "int", "float", "bool", "null"]:
    """The type of a value without quotes, by the core schema of YAML 1.2."""
    if text in _NULLS:
        return "null"
    if text in _BOOLEANS:
        return "bool"
    if _INTEGER.fullmatch(text):
        return "int"
    return "float" if _FLOAT.fullmatch(text) else "str"


def comments(source: Source, scalars: list[tuple[int, int]]) -> tuple[Comment, ...]:
    """The comments of a file, given where its scalars stand (offsets, in file order)."""
    starts = [start for start, _ in scalars]
    found = []
    for comment in _COMMENT.finditer(source.text):
        at = bisect_right(starts, comment.start()) - 1
        if at < 0 or comment.start() >= scalars[at][1]:
            span = source.span(comment.start(), comment.end())
            found.append(Comment(comment[0], span))
    return tuple(found)
