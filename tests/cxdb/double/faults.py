"""Faults to plan: what happens to the requests to come, by number, by kind, or to all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

APPEND, FORK, CREATE = 5, 3, 2


class Fault(Enum):
    """What a server can do to a request instead of answering it."""

    CUT = auto()
    """The connection is cut before anything is done."""
    DONE_AND_CUT = auto()
    """It is done, and the connection is cut before the answer."""
    HALF = auto()
    """It is done, and the connection is cut in the middle of the answer."""
    SILENT = auto()
    """It is done, and there is no answer, on an open connection."""
    NONSENSE = auto()
    """It is done, and the answer has the form of something else."""


@dataclass
class Faults:
    """Asked once for each request; `plan` is given its kind and its number from 1."""

    plan: Callable[[int, int], Fault | None] | None = None
    delay_s: float = 0.0
    seen: int = 0
    by_kind: dict[int, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, kind: int) -> Fault | None:
        with self.lock:
            self.seen += 1
            self.by_kind[kind] = self.by_kind.get(kind, 0) + 1
            return self.plan(kind, self.by_kind[kind]) if self.plan else None

    def once(self, kind: int, number: int, fault: Fault) -> None:
        """At the so-manieth request of a kind from now on, and never again."""
        with self.lock:
            at = self.by_kind.get(kind, 0) + number
        self.plan = lambda seen, count: fault if (seen, count) == (kind, at) else None
