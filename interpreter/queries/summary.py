"""One run in summary: how it came out, what was counted, where it stands.

Nothing here costs more in a long run: lists are cut, and what an ended run comes to stands in
its last record. It must not know how a run is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from attractorc.compiler.value import Json

from ..ports import ENDED, Filter, Store
from ..records import CheckpointSaved, ParallelLifecycle, RunLifecycle, StageLifecycle
from .attempts import ENDS as ATTEMPT_ENDS
from .interviews import QuestionEntry, open_questions
from .joining import JoinEntry, joins
from .paths import above
from .reading import DECODED, every, first, stage_id
from .writes import last_attempt

SHOWN_AT_MOST = 20
_STAGES = {
    "completed": "stages_completed",
    "failed": "stages_failed",
    "retrying": "retries",
    "interrupted": "interruptions",
}
_BRANCHES = {
    "branch_completed": "branches_succeeded",
    "branch_failed": "branches_failed",
    "branch_skipped": "branches_skipped",
    "branch_cancelled": "branches_cancelled",
    "branch_timed_out": "branches_timed_out",
}


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
    `joins`, `questions` (open ones), `where` and the folders are cut; `in_part` names those
    that may go on.
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
    in_part: tuple[str, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether the run is over for good."""
        return self.status in ENDED


def show(store: Store, run_id: str) -> RunSummary:
    """One run in short, from its row, its lifecycle and what was counted."""
    row = store.run(run_id)
    begun = every(store, run_id, RunLifecycle, kinds=("initialized",), at_once=1)
    begin = next(begun, RunLifecycle(run_id=run_id))
    last = _newest(store, run_id, None) or begin
    entered = _newest(store, run_id, ("initialized", "resumed")) or begin
    joined = joins(store, run_id, limit=SHOWN_AT_MOST)
    asked = open_questions(store, run_id, SHOWN_AT_MOST)
    where, some_left = ((), False) if row.status in ENDED else _where(store, run_id)
    folders = _folders(store, run_id)
    parts = {
        "joins": bool(joined.more),
        "questions": bool(asked.more),
        "where": some_left,
        "branch_workspaces": len(folders) > SHOWN_AT_MOST,
    }
    return RunSummary(
        run_id=run_id,
        pipeline=row.pipeline,
        status=row.status,
        reason=last.reason or "",
        goal=begin.goal or "",
        plan_digest=row.plan_digest,
        outcome_digest=last.outcome_digest or "",
        created=row.created,
        updated=row.updated,
        workspace=begin.workspace or "",
        epochs=entered.epoch or 0,
        inputs=begin.inputs,
        counts=_counts(store, last),
        joins=tuple(joined),
        questions=tuple(asked),
        where=where,
        checkpoint=_checkpoint(store, run_id),
        branch_workspaces=folders[:SHOWN_AT_MOST],
        previous_run=begin.previous_run or "",
        next_run=last.next_run or "",
        in_part=tuple(name for name, cut in parts.items() if cut),
    )


def _newest(store: Store, run_id: str, kinds: tuple[str, ...] | None) -> RunLifecycle | None:
    newest = every(store, run_id, RunLifecycle, kinds=kinds, newest_first=True, at_once=1)
    return next(newest, None)


def _counts(store: Store, last: RunLifecycle) -> dict[str, int]:
    """As the last record of an ended run says; of another, counted in an index."""
    counted = {}
    for names, family in ((_STAGES, StageLifecycle), (_BRANCHES, ParallelLifecycle)):
        for kind, name in names.items():
            if last.counts:
                counted[name] = int(str(last.counts.get(kind, 0)))
            else:
                counted[name] = store.count(last.run_id, kind, family.TYPE)
    return counted


def _where(store: Store, run_id: str) -> tuple[tuple[Position, ...], bool]:
    """Attempts that run, and whether others, that began long ago, may run as well.

    The newest starts are looked at, and the fan-outs that they lie in.
    """
    found: dict[str, Position] = {}
    seen: set[str] = set()
    starts = every(
        store, run_id, StageLifecycle, kinds=("started",), newest_first=True, at_once=DECODED
    )
    for examined, record in enumerate(starts):
        if examined >= DECODED:
            return _in_order(_around(store, run_id, found)), True
        if record.path in seen:
            continue
        seen.add(record.path)
        if not _has_ended(store, record):
            found[record.path] = _position(record)
    return _in_order(found), False


def _in_order(found: Mapping[str, Position]) -> tuple[Position, ...]:
    return tuple(sorted(found.values(), key=lambda place: (place.since, place.path)))


def _around(store: Store, run_id: str, found: dict[str, Position]) -> dict[str, Position]:
    """With the stages that the attempts that run lie in: they run, too."""
    for path in list(found):
        while path:
            outer, is_child = above(path)
            stage = path.partition("@")[0] if is_child else path.rpartition("/")[0]
            path = outer
            if path in found:
                break
            for record in _started(store, run_id, stage):
                found[path] = _position(record)
    return found


def _started(store: Store, run_id: str, stage: str) -> Iterator[StageLifecycle]:
    name = f"{run_id}:{stage}@{last_attempt(store, run_id, stage)}"
    where = Filter(attempt_id=name)
    yield from every(store, run_id, StageLifecycle, where, kinds=("started",))


def _has_ended(store: Store, record: StageLifecycle) -> bool:
    where = Filter(attempt_id=record.stage_attempt_id, kinds=ATTEMPT_ENDS)
    return bool(first(store, record.run_id, where, start=record.sequence_no))


def _position(record: StageLifecycle) -> Position:
    stage = stage_id(record.path, record.node_id, record.visit)
    return Position(record.path, record.node_id, stage, record.attempt, record.timestamp)


def _checkpoint(store: Store, run_id: str) -> str:
    newest = next(every(store, run_id, CheckpointSaved, newest_first=True, at_once=1), None)
    return "" if newest is None else newest.checkpoint_id


def _folders(store: Store, run_id: str) -> tuple[str, ...]:
    """The first folders of branches, one more than is shown if there are more."""
    found: list[str] = []
    for record in every(store, run_id, ParallelLifecycle, kinds=("workspace_ready",), at_once=64):
        if len(found) > SHOWN_AT_MOST:
            break
        if record.branch_path:
            found.append(str(record.workspace["folder"]))
    return tuple(found)
