"""The pipeline that a stage runs, as far as decisions about that stage need it.

Apart from the walker whose stage it is, which most walkers have none of. It must not know
what the child is about: that is a walker of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from attractorc.compiler.value import Json


@dataclass(slots=True)
class ChildRun:
    """A child: the path of its walker, and when it began.

    `begun_ms` is the run's `active_ms` then; `over` says why nobody waits for it any more, and
    `over_status` what that is for the stage. Of a supervisor: `cycle` is the number of its last
    look and `seen` what it saw, `steering` says that a steering is out, `steered` is the look
    after which the last one came back, and `pending` waits until the child can be told.
    """

    path: str
    begun_ms: int = 0
    over: str = ""
    over_status: str = "fail"
    cycle: int = 0
    seen: Mapping[str, Json] = field(default_factory=dict)
    steering: bool = False
    steered: int = 0
    pending: dict[str, Json] = field(default_factory=dict)
