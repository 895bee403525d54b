"""What came of a stage, and what came of a branch: statuses, outcomes and ends.

The one channel for the world's faults: a handler that fails gives an outcome with a
reason, never an exception to the core. It must not know who ran the stage, or when.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from attractorc.compiler.value import Json

PROMPT_FILE = "prompt.md"
RESPONSE_FILE = "response.md"
TURN_FILE = "turn.md"
"""Files of an agent's attempt by name: what was sent, what came back, and of what was sent the
part that the stage itself said, where that is not the whole."""


class Status(StrEnum):
    """How a stage came out (specification 5.2)."""

    SUCCESS = "success"
    PARTIAL_SUCCESS = "partial_success"
    FAIL = "fail"
    RETRY = "retry"
    SKIPPED = "skipped"

    @property
    def succeeded(self) -> bool:
        """Whether the stage counts as done well; `skipped` does (semantics 2)."""
        return self in _SUCCEEDED


STATUS_OF: Mapping[str, Status] = {status.value: status for status in Status}
"""Each status by its text, as records hold it."""
_SUCCEEDED = (Status.SUCCESS, Status.PARTIAL_SUCCESS, Status.SKIPPED)


class End(StrEnum):
    """How a branch ended (semantics 4)."""

    SUCCESS = "success"
    PARTIAL_SUCCESS = "partial_success"
    FAIL = "fail"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"

    @property
    def succeeded(self) -> bool:
        """Counts as succeeded in a join."""
        return self in _ENDED_WELL

    @property
    def failed(self) -> bool:
        """Counts as failed in a join."""
        return self in _ENDED_BADLY


END_OF: Mapping[str, End] = {end.value: end for end in End}
"""Each end by its text, as records hold it."""
_ENDED_WELL = (End.SUCCESS, End.PARTIAL_SUCCESS)
_ENDED_BADLY = (End.FAIL, End.TIMED_OUT)


_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Outcome(NamedTuple):
    """The result of one attempt (specification 5.2).

    `permanent` marks a failure that trying again cannot mend (missing program, refused
    credentials). `source` says who spoke: `handler`, `status_file`, `exit_code`, `engine`.
    `artifacts` are files of the attempt by name (`prompt.md`, `response.md`,
    `tool_output.txt`); they go to the store as blobs and are no part of the outcome's meaning,
    nor is the rest: `ignored` says in sentences what was heard and did not count, `session` is an
    agent's conversation that can be gone on with, `agent` who answered at what cost.
    """

    status: Status
    preferred_label: str = ""
    suggested_next_ids: tuple[str, ...] = ()
    context_updates: Mapping[str, Json] = _NOTHING
    notes: str = ""
    failure_reason: str = ""
    permanent: bool = False
    source: str = "handler"
    artifacts: Mapping[str, bytes] = _NOTHING
    ignored: tuple[str, ...] = ()
    session: str = ""
    agent: Mapping[str, Json] = _NOTHING

    def __reduce__(self) -> tuple[type[Outcome], tuple[Any, ...]]:
        # What is read-only can neither be copied deeply nor sent to another process.
        values: Iterable[Any] = self
        return type(self), tuple(
            dict(value) if type(value) is MappingProxyType else value for value in values
        )


def failed(reason: str, *, permanent: bool = False, source: str = "handler") -> Outcome:
    """A failure with its reason, one sentence."""
    return Outcome(Status.FAIL, failure_reason=reason, permanent=permanent, source=source)
