"""Exit codes, and the one exception that ends a command with a sentence.

Apart from the commands because all of them use the same codes, everywhere, in every
output format. It must not know what any command does.
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What the process tells its caller."""

    DONE = 0
    NOT_HELD = 1
    USAGE = 2
    PARKED = 3
    STORE = 4
    INTERNAL = 70
    INTERRUPTED = 130


class Refused(Exception):
    """The command cannot go on; `str` is one sentence: the place, the cause, what to do."""

    def __init__(self, message: str, code: Exit = Exit.USAGE) -> None:
        super().__init__(message)
        self.code = code
