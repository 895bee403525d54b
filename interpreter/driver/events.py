"""What can happen to an engine: the events that its tasks put into its queue.

Plain data; everything that is not a function of the plan enters a run through one of
these. It must not know what is made of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from ..decide import FileWork
from ..outcome import Outcome
from ..ports import Answer, StoreError


class Result(NamedTuple):
    """A handler came back, after `duration_ms`."""

    path: str
    attempt_id: str
    outcome: Outcome
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Cancelled:
    """An attempt was ended before it came back."""

    path: str


@dataclass(frozen=True, slots=True)
class Answered:
    """An interviewer came back."""

    path: str
    question_id: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class DelayOver:
    """A backoff is over."""

    path: str


@dataclass(frozen=True, slots=True)
class TimeOver:
    """The time of a fan-out's branch is over, or with None that of the whole fan-out.

    Of a child pipeline `stage` is the attempt that runs it, and `branch` None.
    """

    stage: str
    branch: int | None


@dataclass(frozen=True, slots=True)
class LookDue:
    """A supervisor is to look at its child; `writer` is its attempt's id within the run.

    `due` is the walker's that was waited for.
    """

    path: str
    writer: str
    due: int


@dataclass(frozen=True, slots=True)
class Polled:
    """It is time to look at what other terminals want."""


@dataclass(frozen=True, slots=True)
class Filed:
    """File work is done; `answer` is what the port gave, or the error that it raised."""

    work: FileWork
    answer: object


@dataclass(frozen=True, slots=True)
class Broken:
    """The run cannot be kept, as an attempt found out: nothing can go on, nothing is decided."""

    error: StoreError


@dataclass(frozen=True, slots=True)
class Woken:
    """Nothing happened but that somebody wants the loop to look."""


Event: TypeAlias = (
    Result | Cancelled | Answered | DelayOver | TimeOver | LookDue | Polled | Filed | Broken | Woken
)
