"""What the readers of joins, winners and merges share: their grammar and their words.

Each policy has a file of its own beside this one. It must not know what a policy means,
nor in which graph it stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..value import nearest
from .small import Problem, parsed

_STARTS = ("join", "winner", "merge")

_WORDS = {
    "NAME": "a name",
    "COUNT": "a number",
    "QUOTED": "a quoted name",
    "PATTERN": "a context key",
    "WORD": "a word",
    "ARGUMENT": "a value",
    "STATE": "failed, skipped or done",
    "BANG": "'!'",
    "LPAR": "'('",
    "RPAR": "')'",
    "COLON": "':'",
    "COMMA": "','",
    "_SEPARATOR": "';'",
    "DOT": "'.'",
    "_OF": "'of'",
    "_AND": "'&&'",
    "_OR": "'||'",
}


def read(start: str, text: str, builder: Any) -> Any:
    """What `builder` makes of a policy's text, or a `Problem`; `start` is the policy's rule."""
    return parsed("policy", start, _STARTS, text, builder, _WORDS)


def unknown(what: str, name: str, known: Iterable[str], start: int, end: int) -> Problem:
    """A name outside a closed set: the set, and the nearest member."""
    listed = tuple(known)
    meant = nearest(name, listed)
    return Problem(
        f"unknown {what} '{name}'; write one of {', '.join(listed)}",
        start,
        end,
        f"did you mean '{meant}'?" if meant else None,
    )
