"""Values of a context as short texts on one line.

Apart from preambles, which choose what is told: here nothing costs more than what is shown of
it, however large a value is. It must not know keys.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from attractorc.compiler.value import Json

from .tokens import cut

_SLACK = 4


def line_of(text: str, limit: int) -> str:
    """A text on one line, of at most `limit` quarters of a token."""
    return cut(" ".join(text[: limit * _SLACK].split()), limit)


def value_line(value: Json, limit: int) -> str:
    """A value as one line: a text as it stands, anything else as JSON."""
    if isinstance(value, str):
        return line_of(value, limit)
    parts: list[str] = []
    size = 0
    for part in _ENCODER.iterencode(value):
        parts.append(part[: limit + 1])
        size += len(part)
        if size > limit:
            break
    return line_of("".join(parts), limit)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value)  # type: ignore[call-overload]


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, default=_plain)
