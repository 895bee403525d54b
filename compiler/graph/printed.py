"""The words that a short shell script prints, where it is plain that it prints nothing else.

A check often ends in `printf 'ready'` or `printf 'stale'`, and two edges ask for just these.
Only literal words count; what goes into a file or a variable is not printed. It must not know
edges or conditions.
"""

from __future__ import annotations

import re
from typing import Final

_PRINT: Final = re.compile(
    r"\b(?:echo|printf)\b(?P<rest>(?:'[^']*'|\"(?:\\.|[^\"])*\"|[^\n;|&)])*)"
)
_WORD: Final = re.compile(
    r"\s+(?:-n\s+)?(?:'([\w.-]+)(?:\\n)?'|\"([\w.-]+)(?:\\n)?\"|([\w.-]+))\s*"
)


def printed_words(command: str) -> tuple[str, ...] | None:
    """The words that a command may print, None if it may print others."""
    found: dict[str, None] = {}
    for match in _PRINT.finditer(command):
        rest = match["rest"]
        if ">" in rest or _is_caught(command, match.start()):
            continue
        word = _WORD.fullmatch(rest)
        if word is None:
            return None
        found[next(group for group in word.groups() if group is not None)] = None
    return tuple(found) or None


def _is_caught(command: str, at: int) -> bool:
    """Whether a place stands inside `$(...)` on its line."""
    before = command[command.rfind("\n", 0, at) + 1 : at]
    return before.rfind("$(") > before.rfind(")")
