"""The pipeline that a stage runs, as far as decisions about that stage need it.

Apart from the walker whose stage it is, which most walkers have none of. It must not know
what the child is about: that is a walker of its own.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class ChildRun:
    """A child: the path of its walker, and when it began.

    `begun_ms` is the run's `active_ms` then; `over` says why nobody waits for it any more.
    """

    path: str
    begun_ms: int = 0
    over: str = ""
