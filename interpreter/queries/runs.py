"""Runs: their list, one by any name it goes by, and one in summary.

It must not know how a run is made, only what its row and its records say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from attractorc.compiler.value import Json

from ..ports import Filter, NotFound, RunRow, Store
from ..records import CheckpointSaved, ParallelLifecycle, RunLifecycle, StageLifecycle
from .attempts import ENDS as ATTEMPT_ENDS
from .interviews import QuestionEntry, questions
from .joining import JoinEntry, joins
from .reading import count, every, stage_id

LAST = "last"
ENDED = ("success", "partial_success", "fail", "cancelled", "restarted")
_PAGE = 100
_SHOWN_AT_MOST = 5
_BRANCH_ENDS = {
    "branch_completed": "succeeded",
    "branch_failed": "failed",
    "branch_skipped": "skipped",
    "branch_cancelled": "cancelled",
    "branch_timed_out": "timed_out",
}


class AmbiguousRun(NotFound):
    """The beginning of a run id that several runs share."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where one walker of an unfinished run is: its stage's attempt, and since when."""

    path: str
    node_id: str
    stage: str
    attempt: int
    since: str


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run in short. `counts`: stages completed, failed, retried, and branches by end.

    `where` lists attempts that have started and not ended, of a run that has not ended.
    `previous_run` is the run that this one starts anew, `next_run` the one that starts it anew.
    `branch_workspaces` are the folders that branches had for themselves, kept until `gc`.
    """

    run_id: str
    pipeline: str
    status: str
    reason: str
    goal: str
    plan_digest: str
    outcome_digest: str
    created: str
    updated: str
    workspace: str
    epochs: int
    inputs: Mapping[str, Json] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    joins: tuple[JoinEntry, ...] = ()
    questions: tuple[QuestionEntry, ...] = ()
    where: tuple[Position, ...] = ()
    checkpoint: str = ""
    branch_workspaces: tuple[str, ...] = ()
    previous_run: str = ""
    next_run: str = ""

    @property
    def ended(self) -> bool:
        """Whether the run is over for good."""
        return self.status in ENDED


def list_runs(
    store: Store, *, status: str | None = None, before: str | None = None, limit: int = _PAGE
) -> tuple[RunRow, ...]:
    """Runs, newest first; a page goes on `before` the last run of the one before it."""
    found: list[RunRow] = []
    while len(found) < limit and (page := store.runs(before=before, limit=_PAGE)):
        found += [row for row in page if status is None or row.status == status]
        before = page[-1].run_id
    return tuple(found[: max(limit, 0)])


def resolve(store: Store, name: str) -> RunRow:
    """The run of an id, of the only id that begins so, or the newest one for `last`.

    Raises `NotFound`, or `AmbiguousRun`, whose message lists the runs that fit.
    """
    try:
        return store.run(name)
    except NotFound:
        pass
    if name == LAST:
        newest = store.runs(limit=1)
        if not newest:
            raise NotFound("there is no run in the store yet")
        return newest[0]
    fitting: list[RunRow] = []
    before = None
    while name and (page := store.runs(before=before, limit=_PAGE)):
        fitting += [row for row in page if row.run_id.startswith(name)]
        before = page[-1].run_id
    if not fitting:
        raise NotFound(f"there is no run '{name}' in the store; 'attractorc runs' lists them")
    if len(fitting) > 1:
        listed = ", ".join(row.run_id for row in fitting[:_SHOWN_AT_MOST])
        more = len(fitting) - _SHOWN_AT_MOST
        raise AmbiguousRun(
            f"'{name}' fits {len(fitting)} runs: {listed}" + (f" and {more} more" * (more > 0))
        )
    return fitting[0]


def next_run(store: Store, row: RunRow) -> str:
    """The run that starts this one anew, '' if none does."""
    if row.status != "restarted":
        return ""
    ends = every(store, row.run_id, RunLifecycle, kinds=("finalized",))
    return next((end.next_run for end in ends if end.next_run), "")


def summary(store: Store, run_id: str) -> RunSummary:
    """One run in short, from its row, its lifecycle and what was counted."""
    row = store.run(run_id)
    first, last, epochs = RunLifecycle(), RunLifecycle(), 0
    for record in every(store, run_id, RunLifecycle):
        first = record if record.kind == "initialized" else first
        epochs = record.epoch or epochs
        last = record
    return RunSummary(
        run_id=run_id,
        pipeline=row.pipeline,
        status=row.status,
        reason=last.reason or "",
        goal=first.goal or "",
        plan_digest=row.plan_digest,
        outcome_digest=last.outcome_digest or "",
        created=row.created,
        updated=row.updated,
        workspace=first.workspace or "",
        epochs=epochs,
        inputs=first.inputs,
        counts=_counts(store, run_id),
        joins=joins(store, run_id),
        questions=questions(store, run_id, status="open"),
        where=() if row.status in ENDED else _where(store, run_id),
        checkpoint=_checkpoint(store, run_id),
        branch_workspaces=tuple(
            str(record.workspace["folder"])
            for record in every(store, run_id, ParallelLifecycle, kinds=("workspace_ready",))
            if record.branch_path
        ),
        previous_run=first.previous_run or "",
        next_run=last.next_run or "",
    )


def _counts(store: Store, run_id: str) -> dict[str, int]:
    counted = {
        "stages_completed": count(store, run_id, StageLifecycle, "completed"),
        "stages_failed": count(store, run_id, StageLifecycle, "failed"),
        "retries": count(store, run_id, StageLifecycle, "retrying"),
        "interruptions": count(store, run_id, StageLifecycle, "interrupted"),
    }
    for kind, name in _BRANCH_ENDS.items():
        counted[f"branches_{name}"] = count(store, run_id, ParallelLifecycle, kind)
    return counted


def _where(store: Store, run_id: str) -> tuple[Position, ...]:
    running: dict[str, Position] = {}
    for record in every(store, run_id, StageLifecycle):
        if record.kind == "started":
            running[record.path] = Position(
                record.path,
                record.node_id,
                stage_id(record.path, record.node_id, record.visit),
                record.attempt,
                record.timestamp,
            )
        elif record.kind in ATTEMPT_ENDS:
            running.pop(record.path, None)
    return tuple(running.values())


def _checkpoint(store: Store, run_id: str) -> str:
    newest = ""
    for record in every(store, run_id, CheckpointSaved, Filter()):
        newest = record.checkpoint_id
    return newest
