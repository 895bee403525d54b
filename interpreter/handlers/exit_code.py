"""What the end of a program means: its exit status or signal as a status with a reason.

Tools and agent programs are judged alike: 0 is success, 75 (the `EX_TEMPFAIL` of
sysexits.h) asks for a retry, anything else is a failure. It must not know who ran it.
"""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass

from ..outcome import Status
from .processes import Captured, Ended

_RETRY = 75
_NOT_EXECUTABLE = 126
_NOT_FOUND = 127
_LINE_LIMIT = 200
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Verdict:
    """A status, the reason unless it is success, and whether trying again is pointless."""

    status: Status
    reason: str = ""
    permanent: bool = False


def verdict(ended: Ended, what: str) -> Verdict:
    """What the end of `what` ("the command", "the agent program") means.

    The reason says how it ended and the last thing that it said, standard error first. A
    program that was not found or may not be executed stays so: that failure is permanent.
    """
    if ended.code == 0:
        return Verdict(Status.SUCCESS)
    said = last_line(ended.stderr) or last_line(ended.stdout)
    reason = f"{what} {_manner(ended.code)}" + (f": {said}" if said else "")
    if ended.code == _RETRY:
        return Verdict(Status.RETRY, reason)
    return Verdict(Status.FAIL, reason, ended.code in (_NOT_EXECUTABLE, _NOT_FOUND))


def _manner(code: int) -> str:
    if code < 0:
        return f"was ended by {_signal_name(-code)}"
    if code > 128 and (name := _signal_name(code - 128)).startswith("SIG"):
        return f"exited with status {code} (as after {name})"
    return f"exited with status {code}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def last_line(stream: Captured) -> str:
    """The last line of a stream that says anything, without control characters, shortened."""
    text = stream.tail.decode("utf-8", "replace")
    for line in reversed(text.split("\n")):
        plain = _CONTROL.sub("", line).strip()
        if plain:
            return plain if len(plain) <= _LINE_LIMIT else plain[: _LINE_LIMIT - 3] + "..."
    return ""
