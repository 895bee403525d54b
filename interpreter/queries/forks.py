"""Visits of fan-outs: where each one started, which branches it declared, how it was decided.

What branches, joins and lineage look up. Each look-up goes by an index from a place nearby,
so that it costs the same in every run. It must not put anything into words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import TypeVar
from urllib.parse import unquote

from attractorc.compiler.value import encoded

from ..ports import Filter, Store, Turn
from ..records import FanInDecision, ParallelLifecycle, Record
from ..records.blobs import restored
from .reading import SHOWN, first, stage_id, turn_glance, turns

_FEW = 8
_CUT_AT_MOST = 2_000
Family = TypeVar("Family", bound=Record)


def started_at(store: Store, run_id: str, number: int, most: int) -> ParallelLifecycle | None:
    """The start of the fan-out that is the record of this number, None if it is another one."""
    for turn in store.search(run_id, Filter(), number - 1, 1).turns:
        if turn.type == ParallelLifecycle.TYPE:
            record = fork_start(turn, most)
            return record if (record.sequence_no, record.kind) == (number, "started") else None
    return None


def fork_start(turn: Turn, most: int) -> ParallelLifecycle:
    """The start of a fan-out, at least `most` of its branches, without its collection."""
    # Cutting a list costs more for each element that is kept than reading all of it does.
    enough = most if most <= _CUT_AT_MOST else len(turn.payload)
    record = turn_glance(turn, enough, left_out=("collection",))
    assert isinstance(record, ParallelLifecycle)
    return record


def start_of(store: Store, run_id: str, stage: str) -> ParallelLifecycle | None:
    """The start of a visit of a fan-out, by its stage id; None if it has not started one."""
    path, node_id, visit = stage_parts(stage)
    where = Filter(node_id=node_id, types=(ParallelLifecycle.TYPE,), kinds=("started",))
    where = replace(where, path=path or None)
    for turn in turns(store, run_id, where, _entered(store, run_id, stage), at_once=_FEW):
        record = fork_start(turn, SHOWN)
        if (record.path, record.visit) == (path, visit):
            return record
    return None


def _entered(store: Store, run_id: str, stage: str) -> int | None:
    """The number of the first record of a stage."""
    where = Filter(attempt_id=f"{run_id}:{stage}@1")
    for turn in first(store, run_id, where):
        return turn_glance(turn).sequence_no - 1
    return None


def stage_parts(stage: str) -> tuple[str, str, int]:
    """Path, node and visit of a stage id; visit 0 for text that is none."""
    path, _, last = stage.rpartition("/")
    node, _, visit = last.rpartition(".")
    return path, unquote(node), int(visit) if visit.isascii() and visit.isdigit() else 0


def branch_of(path: str) -> tuple[str, str]:
    """The stage id of the fan-out of a branch's path, and the branch's id."""
    stage, _, branch = path.rpartition("/")
    return stage, unquote(branch)


def join_of(
    store: Store, fork: ParallelLifecycle, most: int | None = SHOWN
) -> ParallelLifecycle | None:
    """The decision of the join of a fan-out, its lists cut to `most`; None if there is none."""
    where = Filter(fork.node_id, fork.path or None, kinds=("join_decided",))
    for record in _glanced(store, fork, ParallelLifecycle, where, fork.sequence_no, most):
        if (record.path, record.visit) == (fork.path, fork.visit):
            return record
    return None


def decision_of(
    store: Store,
    fork: ParallelLifecycle,
    after: int,
    most: int | None = SHOWN,
    left_out: Collection[str] = ("context_updates", "join"),
) -> FanInDecision | None:
    """The merge decision of a fan-out, with lists in its keys and branches cut to `most`."""
    where = Filter(path=fork.path or None)
    for record in _glanced(store, fork, FanInDecision, where, after, most, left_out, ("keys",)):
        at = (record.path, record.fan_out, record.fan_out_visit)
        if at == (fork.path, fork.node_id, fork.visit):
            return record
    return None


def _glanced(
    store: Store,
    fork: ParallelLifecycle,
    family: type[Family],
    where: Filter,
    start: int,
    most: int | None,
    left_out: Collection[str] = (),
    whole: Collection[str] = (),
) -> Iterator[Family]:
    wanted = replace(where, types=(family.TYPE,))
    for turn in turns(store, fork.run_id, wanted, start, at_once=1 if not fork.path else _FEW):
        enough = len(turn.payload) if most is None else most
        glance = turn_glance(turn, enough, left_out=left_out, whole=whole)
        record = restored(glance, store) if isinstance(glance, FanInDecision) else glance
        assert isinstance(record, family)
        yield record


def first_words(store: Store, run_id: str, path: str) -> Iterator[ParallelLifecycle]:
    """The records of a branch that begin it: that it started, and where its own files are."""
    yield from _own(first(store, run_id, Filter(path=path), _FEW), path)


def last_words(store: Store, run_id: str, path: str) -> Iterator[ParallelLifecycle]:
    """What was said of a branch last, newest first; nothing of it or below comes after its end."""
    yield from _own(first(store, run_id, Filter(path=path), _FEW, newest_first=True), path)


def _own(found: tuple[Turn, ...], path: str) -> Iterator[ParallelLifecycle]:
    for turn in found:
        if turn.type == ParallelLifecycle.TYPE:
            record = turn_glance(turn)
            assert isinstance(record, ParallelLifecycle)
            if record.branch_path == path:
                yield record


def has_ended(store: Store, run_id: str, path: str) -> bool:
    """Whether a branch has its terminal record."""
    return any(record.kind in ParallelLifecycle.ENDS for record in last_words(store, run_id, path))


def fork_stage(record: ParallelLifecycle) -> str:
    """The stage id of the fan-out that a record is about."""
    return stage_id(record.path, record.node_id, record.visit)


def branch_path(stage: str, branch_id: str) -> str:
    """The path of a branch of a fan-out."""
    return f"{stage}/{encoded(branch_id)}"
