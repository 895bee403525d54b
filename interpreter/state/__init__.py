"""State: what has happened in a run, folded from its records by `apply`."""

from __future__ import annotations

from .apply import adopt, apply, begin
from .model import BranchState, Fork, State
from .phases import Phase
from .walker import Walker

__all__ = ["BranchState", "Fork", "Phase", "State", "Walker", "adopt", "apply", "begin"]
