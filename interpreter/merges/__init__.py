"""Merges: which branch won, what every context key becomes, and where each value came from.

`merge` is the one door: branch results in declared order and the context at the fork go
in, one decision with its whole provenance comes out. `select` says before whether somebody
has to be asked for the winner. Pure and total over JSON values. It must not know how a join
was decided, nor how the decision is recorded.
"""

from __future__ import annotations

from ..context import is_reserved
from .decision import candidates, merge
from .model import BranchResult, MergeDecision
from .rules import isolated_key
from .table import STRATEGIES, Strategy
from .winner import ASKED, Answers, Asking, Selection, select

__all__ = [
    "ASKED",
    "STRATEGIES",
    "Answers",
    "Asking",
    "BranchResult",
    "MergeDecision",
    "Selection",
    "Strategy",
    "candidates",
    "is_reserved",
    "isolated_key",
    "merge",
    "select",
]
