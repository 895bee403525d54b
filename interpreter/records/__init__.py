"""Records: the journal, the event stream and the turns of the store are these, one union.

Every family is a frozen dataclass that declares its tags once; encoder, decoder and schema
all come from that. A record is understood without the rest. Nothing here knows what a
record does to a run: that is `state`.
"""

from __future__ import annotations

from .children import ChildLifecycle
from .families import (
    FanInDecision,
    ParallelLifecycle,
    PlanRecord,
    RunLifecycle,
    SourceRecord,
    StageLifecycle,
)
from .links import LinkStageToAgent
from .plan_change import PlanChange
from .record import Record
from .ways import CheckpointSaved, InterviewLifecycle, RouteDecision

FAMILIES: tuple[type[Record], ...] = (
    RunLifecycle,
    SourceRecord,
    PlanRecord,
    StageLifecycle,
    ParallelLifecycle,
    FanInDecision,
    InterviewLifecycle,
    RouteDecision,
    CheckpointSaved,
    PlanChange,
    LinkStageToAgent,
    ChildLifecycle,
)

__all__ = [
    "FAMILIES",
    "CheckpointSaved",
    "ChildLifecycle",
    "FanInDecision",
    "InterviewLifecycle",
    "LinkStageToAgent",
    "ParallelLifecycle",
    "PlanChange",
    "PlanRecord",
    "Record",
    "RouteDecision",
    "RunLifecycle",
    "SourceRecord",
    "StageLifecycle",
]
