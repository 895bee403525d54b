"""What goes into a merge and what comes out of it.

Apart from the deciding, because drivers and queries need only these two. It must not know
any strategy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from attractorc.compiler.value import Json

from ..context import Written
from ..outcome import End, Status


@dataclass(frozen=True, slots=True)
class BranchResult:
    """A branch as the fan-in sees it. `taken`: its end counts (taken, or drained).

    `position` counts, from 1, the ends in the order in which they were taken. `writes` are the
    branch's own final values with the attempts that wrote them. `files` says where those of a
    branch with a workspace of its own are, as far as that is known.
    """

    id: str
    path: str
    end: End
    taken: bool
    writes: Mapping[str, Written]
    context: str = ""
    terminal_turn: str = ""
    terminal_stage: str = ""
    reason: str = ""
    position: int = 0
    files: Mapping[str, Json] | None = None

    @property
    def candidate(self) -> bool:
        """Whether the branch can win: its end counts, and it ended well."""
        return self.taken and self.end.succeeded


@dataclass(frozen=True, slots=True)
class MergeDecision:
    """What a fan-in decided; the fields are those of `records.FanInDecision`.

    `updates` is all that the fan-in writes: merged keys, isolated keys, `parallel.fan_in.*`;
    nothing at all where `status` is `fail`. `reason` is one sentence then, else ''.

    `branches`, each: `id`, `path`, `end`, `taken`, `candidate`, `contributes`, `context`,
    `terminal_turn`, `terminal_stage`, and `score` and `reason` where it has one.
    `winner`: `id` (or null), `method` (the keys that told it from the others, in turn; or
    `only_candidate`, `none`, `error`), `keys`, `ranking` (`branch`, `values`), `notes`, and
    where somebody was asked `asked` (`key`, `candidates`, `answer`, null without one).
    `keys`, each, sorted by `key`: `strategy`, `pattern`, `argument`, `reserved`, `base`
    (`present` and its value), `result` (its value; null without one), `writes` (`branch`,
    `writer`, its value, `state`), `conflict` (`reason`, `branches`, `resolved_by`; or null).
    A value stands as `value`, or as `digest` and `size_bytes` if it is large.
    """

    status: Status
    reason: str
    branches: tuple[Json, ...]
    winner: Mapping[str, Json]
    keys: tuple[Json, ...]
    updates: Mapping[str, Json]
