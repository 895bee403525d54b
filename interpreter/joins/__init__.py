"""Joins: when the branches of a fan-out have decided it, in three-valued logic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from attractorc.compiler.policy import FanOut

from ..outcome import End


@dataclass(frozen=True, slots=True)
class Verdict:
    """`satisfied` is None while unknown. `reason` is one clause for people and `why`."""

    satisfied: bool | None
    reason: str


def evaluate(policy: FanOut, ends: Mapping[str, End | None]) -> Verdict:
    """The verdict over ends taken so far, by branch id in declared order; None: unknown."""
    raise AssertionError("being built")
