"""Edge labels as routes compare them: normal form and accelerator key.

Used when a plan is made and again when a run compares a preferred label or an answer with
it, so there is one of it (specification 3.3 and 4.6). It must not know edges or steps.
"""

from __future__ import annotations

import re

_ACCELERATOR = re.compile(r"\[(?P<a>[^\[\]\s]+)\]\s*|(?P<b>\w)\)\s*|(?P<c>\w)\s+-\s+")


def match_text(label: str) -> str:
    """A label in lower case, trimmed, without its accelerator prefix: `[Y] Yes` is `yes`.

    A label that is nothing but an accelerator is that key.
    """
    text = label.strip()
    prefix = _ACCELERATOR.match(text)
    rest = text[prefix.end() :].strip() if prefix else text
    return (rest or accelerator(text)).lower()


def accelerator(label: str) -> str:
    """The key that chooses a label: `Y` of `[Y] Yes`, `Y) Yes`, `Y - Yes` and `Yes`.

    As it is written; '' for a label without characters.
    """
    text = label.strip()
    prefix = _ACCELERATOR.match(text)
    if prefix is None:
        return text[:1]
    return next(key for key in prefix.groups() if key)
