"""Who is asked: the interviewer that `--interviewer` names, with its files.

Whatever is wrong with a name or a file is one sentence before anything runs. It must not
know what is asked.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .exits import Refused

if TYPE_CHECKING:
    from attractorc.interpreter.ports import Interviewer


def interviewer(name: str | None) -> Interviewer:
    """Who is asked: the person at the terminal, everybody's yes, a file's answers, or nobody."""
    from attractorc.interpreter.handlers.interviewers import AutoApprove, Console, Park, Queue

    if name is None:
        name = "console" if sys.stdin.isatty() and sys.stderr.isatty() else "park"
    if name.startswith("queue:"):
        path = Path(name.removeprefix("queue:"))
        try:
            answers = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise Refused(f"{path}: the answers cannot be read: {error}") from error
        return Queue([answer for answer in answers if answer.strip()])
    match name:
        case "auto":
            return AutoApprove()
        case "console":
            return Console(sys.stdin.fileno(), sys.stderr)
        case "park":
            return Park()
    raise Refused(f"there is no interviewer '{name}'; there are auto, console, park and queue:FILE")
