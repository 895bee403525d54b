"""What a word or a quoted text of DOT says: escapes, ids, plain values.

Apart from the builder because these rules concern the characters of one token only.
It must not know statements or attributes.
"""

from __future__ import annotations

import re
from typing import Literal

_ESCAPE = re.compile(r"\\(\r?\n|.)", re.DOTALL)
_MEANING = {'"': '"', "\\": "\\", "n": "\n", "t": "\t", "\n": "", "\r\n": ""}
_PLAIN_ID = re.compile(r"[^\W\d]\w*|-?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)")
_INTEGER = re.compile(r"-?[0-9]+")
_FLOAT = re.compile(r"-?(?:[0-9]*\.[0-9]+|[0-9]+\.)")


def unquoted(written: str) -> str:
    r"""The text of a string token: `\"` `\n` `\t` `\\` resolved, other escapes kept.

    A backslash before a line end joins the lines. Line ends are `\n`, whatever the file has,
    so that a checkout with other line ends is the same pipeline.
    """
    inside = written[1:-1]
    if "\\" in inside:
        inside = _ESCAPE.sub(lambda found: _MEANING.get(found[1], found[0]), inside)
    return inside.replace("\r\n", "\n")


def is_plain_id(text: str) -> bool:
    """Whether an id may stand without quotes: a name or a numeral, as Graphviz has them."""
    return _PLAIN_ID.fullmatch(text) is not None


def quote(text: str) -> str:
    """A text in quotes, as DOT writes it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def plain_type(text: str) -> Literal["str", "int", "float", "bool"]:
    """The type of a value without quotes (specification 2.4); a duration is a `str`."""
    if text in ("true", "false"):
        return "bool"
    if _INTEGER.fullmatch(text):
        return "int"
    return "float" if _FLOAT.fullmatch(text) else "str"
