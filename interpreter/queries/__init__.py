"""Queries: what a run did, where it stands, and why, read from its records alone.

Every query is a function over a store and returns frozen dataclasses in pages, each of which
costs the same however long the run is. They are called as the commands are. Nothing here needs
the plan, or runs anything.
"""

from __future__ import annotations

from .attempts import AttemptEntry, attempts
from .branches import BranchEntry, branches
from .checkpoints import CheckpointEntry, checkpoints
from .explanation import Explanation, UnknownTarget, why
from .interviews import QuestionEntry, questions
from .joining import DecisionEntry, JoinEntry, fan_in_decisions, joins
from .ledger import Contribution, Origin
from .lineage import Lineage, Step, lineage
from .pages import BadCursor, Cursor, Page
from .parting import Parting, Side, parting
from .reading import events, turn_record
from .runs import AmbiguousRun, resolve, runs
from .summary import RunSummary, show
from .timeline import StageEntry, timeline

__all__ = [
    "AmbiguousRun",
    "AttemptEntry",
    "BadCursor",
    "BranchEntry",
    "CheckpointEntry",
    "Contribution",
    "Cursor",
    "DecisionEntry",
    "Explanation",
    "JoinEntry",
    "Lineage",
    "Origin",
    "Page",
    "Parting",
    "QuestionEntry",
    "RunSummary",
    "Side",
    "StageEntry",
    "Step",
    "UnknownTarget",
    "attempts",
    "branches",
    "checkpoints",
    "events",
    "fan_in_decisions",
    "joins",
    "lineage",
    "parting",
    "questions",
    "resolve",
    "runs",
    "show",
    "timeline",
    "turn_record",
    "why",
]
