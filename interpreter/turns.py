"""What crosses the store's port: turns, runs, wishes, filters, and the store's errors.

Plain data but for one part of the port, apart so that each can be read in one go; everybody
takes it from `ports`. It must not know which store stands behind the port.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from attractorc.compiler.value import Json


class StoreError(Exception):
    """The store cannot do what was asked; the message is one sentence for people."""


class NotFound(StoreError):
    """No such context, turn, blob or run."""


class KeyConflict(StoreError):
    """The idempotency key was used before with other content."""


class Locked(StoreError):
    """Another process owns the run."""


class Fenced(StoreError):
    """This writer's lease is over: a later epoch has taken the run."""


class PlanRefused(Exception):
    """A run cannot go on with a plan: one sentence. Nothing was changed."""


class Unkeepable(StoreError):
    """A run cannot be kept, because a secret stands where it cannot be taken out."""


class NewerStore(StoreError):
    """The store was written by a newer version of this program."""


class Index(NamedTuple):
    """What a turn of a run is found by, beside its context. `path` is the walker's."""

    run_id: str
    sequence_no: int
    kind: str = ""
    node_id: str = ""
    path: str = ""
    attempt_id: str = ""


class Turn(NamedTuple):
    """One immutable turn. Ids are opaque text; depth is from 0; payload is msgpack."""

    id: str
    context: str
    parent: str | None
    depth: int
    type: str
    version: int
    payload: bytes
    key: str

    @property
    def sequence_no(self) -> int:
        """The number of the run's record that this turn holds: its key is `<run>|<number>`."""
        return int(self.key.rpartition("|")[2])


ENDED = ("success", "partial_success", "fail", "cancelled", "restarted")
"""The statuses of runs that go on no more."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as the list of runs shows it. Times ISO 8601; `context` is the run context."""

    run_id: str
    context: str
    pipeline: str
    plan_digest: str
    status: str
    created: str
    updated: str


@dataclass(frozen=True, slots=True)
class Control:
    """A wish from another terminal: `pause`, `cancel`, or `answer` with its payload."""

    number: int
    run_id: str
    command: str
    payload: Mapping[str, Json]
    created: str


@dataclass(frozen=True, slots=True)
class Filter:
    """Which records of a run a reader wants; None means any. `path` is a prefix.

    `branch` is the id of a branch that a record lies in, at whatever depth.
    """

    node_id: str | None = None
    path: str | None = None
    attempt_id: str | None = None
    types: tuple[str, ...] | None = None
    kinds: tuple[str, ...] | None = None
    branch: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What one look into a run found. `more` is where the next one goes on, None at the end.

    A look is bounded: where a filter finds little, there may be more and nothing found.
    """

    turns: tuple[Turn, ...]
    more: int | None = None


@dataclass(frozen=True, slots=True)
class Removed:
    """What a removal took away. `busy` are the runs that stay: somebody is writing them."""

    runs: tuple[str, ...] = ()
    busy: tuple[str, ...] = ()
    turns: int = 0
    blobs: int = 0
    blob_bytes: int = 0


class Searched(Protocol):
    """The part of a store that queries find records by. Methods raise `StoreError`s only."""

    def search(
        self,
        run_id: str,
        where: Filter,
        start: int | None = None,
        limit: int = 256,
        *,
        newest_first: bool = False,
    ) -> Found:
        """One look for turns beyond `start`, either way; it costs the same in every run."""

    def count(self, run_id: str, kind: str, record_type: str) -> int:
        """How many records of a kind and a family a run has; no turn is read."""
