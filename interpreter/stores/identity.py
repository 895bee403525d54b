"""Ids as stores give them: the decimal text of a number, opaque to everybody else.

Apart because all stores count. It must not know what is counted.
"""

from __future__ import annotations

_DIGITS = 18


def number_of(identity: str) -> int:
    """The number behind an id, from 1; 0, which none has, for a text that is no id."""
    known = identity.isascii() and identity.isdigit() and len(identity) <= _DIGITS
    return int(identity) if known else 0
