"""Queries: what a run did, where it stands, and why, read from its records alone.

Every query is a function over a store and returns frozen dataclasses; what can be long is
paged by sequence number. Nothing here needs the plan, or runs anything.
"""

from __future__ import annotations

from .attempts import AttemptEntry, attempts
from .branches import BranchEntry, branches
from .explanation import Explanation, UnknownTarget, why
from .interviews import QuestionEntry, questions
from .joining import JoinEntry, fan_in_decisions, joins
from .lineage import Contribution, Origin, lineage
from .parting import Parting, Side, parting
from .reading import events, turn_record
from .runs import AmbiguousRun, RunSummary, list_runs, resolve, summary
from .timeline import StageEntry, stage_timeline

__all__ = [
    "AmbiguousRun",
    "AttemptEntry",
    "BranchEntry",
    "Contribution",
    "Explanation",
    "JoinEntry",
    "Origin",
    "Parting",
    "QuestionEntry",
    "RunSummary",
    "Side",
    "StageEntry",
    "UnknownTarget",
    "attempts",
    "branches",
    "events",
    "fan_in_decisions",
    "joins",
    "lineage",
    "list_runs",
    "parting",
    "questions",
    "resolve",
    "stage_timeline",
    "summary",
    "turn_record",
    "why",
]
