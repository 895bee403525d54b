"""What a change to a file looks like: a unified diff, as `patch` and `git apply` read it.

Apart because it needs no finding. It must not know why the text has changed.
"""

from __future__ import annotations

import re
from difflib import unified_diff

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def as_diff(name: str, before: str, after: str) -> str:
    """The unified diff of one file; '' if nothing has changed. Line ends are kept."""
    file = name.lstrip("/")
    lines = unified_diff(_LINE.findall(before), _LINE.findall(after), f"a/{file}", f"b/{file}")
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
