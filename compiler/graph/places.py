"""Where a word stands inside what an attribute writes, so that a finding points at it.

Works on the raw text of the file, in both languages and for lists too. It must not know
what an attribute means.
"""

from __future__ import annotations

import re

from ..source import Source, Span
from .elements import Attr


def word_in(source: Source, attr: Attr, word: str, last: bool = False) -> Span:
    """The first (or last) place of a whole word in the attribute's value; all of it if none."""
    raw = source.text[attr.value_span.start : attr.value_span.end]
    found = list(re.finditer(rf"(?<![\w.*-]){re.escape(word)}(?![\w*-]|\.\w)", raw))
    if not found:
        return attr.value_span
    start, chosen = attr.value_span.start, found[-1 if last else 0]
    return source.span(start + chosen.start(), start + chosen.end())
