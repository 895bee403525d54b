"""Merges: which branch won, and what every context key becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from attractorc.compiler.plan.model import Region
from attractorc.compiler.value import Json

from ..context import Written
from ..outcome import End, Status


@dataclass(frozen=True, slots=True)
class BranchResult:
    """A branch as the fan-in sees it. `taken`: its end counts (taken, or drained).

    `writes` are the branch's own final values with the attempts that wrote them.
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


@dataclass(frozen=True, slots=True)
class MergeDecision:
    """What a fan-in decided; the fields are those of `records.FanInDecision`.

    `updates` is all that the fan-in writes: merged keys, isolated keys, `parallel.fan_in.*`.
    """

    status: Status
    reason: str
    branches: tuple[Json, ...]
    winner: Mapping[str, Json]
    keys: tuple[Json, ...]
    updates: Mapping[str, Json]


def merge(
    region: Region, results: tuple[BranchResult, ...], base: Mapping[str, Json], satisfied: bool
) -> MergeDecision:
    """Combine branch results, given in declared order, over the context at the fork."""
    raise AssertionError("being built")
