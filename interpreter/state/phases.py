"""Where walkers and branches are in what they do.

Apart from the state that holds them, because every decision asks for these alone. It must not
know what leads from one to the next.
"""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """What a walker is about (semantics 2)."""

    ENTER = "enter"  # stands before a node; its next attempt has not started
    RUNNING = "running"  # an attempt is out
    BACKOFF = "backoff"  # waits before the next attempt
    ASKING = "asking"  # a person was asked
    ROUTE = "route"  # the stage is committed; the next edge is open
    FORKED = "forked"  # its fan-out's branches run
    CALLING = "calling"  # its stage's pipeline runs
    STOPPED = "stopped"  # it arrived or ended


class BranchPhase(StrEnum):
    """Where a branch of a fork is."""

    WAITING = "waiting"
    RUNNING = "running"
    ARRIVED = "arrived"
    CANCELLING = "cancelling"
    ENDED = "ended"
