"""Joins: when the branches of a fan-out have decided it, in three-valued logic.

`Tally` takes one end after the other and is what a run uses; `evaluate` asks the same of a
whole mapping. Both are pure: an end is true, false or not yet known, and nothing here knows
a clock, an order of completion, or which branch is still running.
"""

from __future__ import annotations

from .tally import Tally, evaluate
from .verdict import Counts, Verdict

__all__ = ["Counts", "Tally", "Verdict", "evaluate"]
