"""The way back to the trunk from a value, a stage or a branch, fork by fork.

It must not know how a value came about: that is `ledger`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..ports import Filter, Store
from ..records import ChildLifecycle, ParallelLifecycle
from .ledger import Ledger, Origin, child_start
from .paths import levels
from .reading import every


@dataclass(frozen=True, slots=True)
class Step:
    """One branch, or pipeline of a stage, on the way from a place back to the trunk.

    `branch_id` is '' for a pipeline. `around` is the stage id of the fan-out, or the stage that
    runs the pipeline; `stage` is where the way is within. `base_turn` is the turn that its
    `context` was forked from, in `base_context`; `sequence_no` is the record of its start.
    """

    path: str
    branch_id: str
    around: str
    stage: str
    sequence_no: int
    context: str
    base_context: str
    base_turn: str


@dataclass(frozen=True, slots=True)
class Lineage:
    """The way back to the trunk from a value or a place, innermost branch first.

    Of a value, `origin` says who wrote it, and the way starts where it was written; of a place,
    a stage's or a branch's, there is none.
    """

    target: str
    origin: Origin | None
    steps: tuple[Step, ...]


def lineage(store: Store, run_id: str, target: str, path: str = "") -> Lineage | None:
    """Where a key's newest value on a path (the trunk's is '') came from; or the way back.

    A target that begins with '/' is a place: a stage's id, an attempt's within the run, or a
    branch's path. None for one that the run has not.
    """
    if target.startswith("/"):
        place = re.sub(r"@\d+$", "", target)
        known = store.search(run_id, _at(run_id, place), limit=1).turns
        return Lineage(target, None, way_back(store, run_id, place)) if known else None
    origin = Ledger(store, run_id).newest(target, path, None)
    if origin is None:
        return None
    writer = origin.writer.partition("@")[0]
    return Lineage(target, origin, way_back(store, run_id, writer) if writer else ())


def _at(run_id: str, place: str) -> Filter:
    if "." in place.rpartition("/")[2]:
        return Filter(attempt_id=f"{run_id}:{place}@1")
    return Filter(path=place)


def way_back(store: Store, run_id: str, place: str) -> tuple[Step, ...]:
    """The branches and pipelines around a stage or a branch, innermost first."""
    last = place.rpartition("/")[2]
    stage = place if "." in last else ""
    path = place.rpartition("/")[0] if stage else place
    found: list[Step] = []
    for level in reversed(levels(path)):
        start: ParallelLifecycle | ChildLifecycle
        if level.branch is None:
            start = child_start(store, run_id, level.path) or ChildLifecycle()
        else:
            starts = every(
                store,
                run_id,
                ParallelLifecycle,
                Filter(path=level.path),
                kinds=("branch_started",),
                at_once=1,
            )
            start = next(starts, ParallelLifecycle())
        outer = level.path if level.branch is None else level.path.rpartition("/")[0]
        found.append(
            Step(
                level.path,
                level.branch or "",
                outer,
                stage,
                start.sequence_no,
                start.context or "",
                start.base_context or "",
                start.base_turn or "",
            )
        )
        stage = outer
    return tuple(found)
