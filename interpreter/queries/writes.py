"""The last write of a context key on a path: who wrote the value, found from the end.

Checkpoints name the writers of all that the trunk saw, so that nobody searches behind them;
a branch's own records are few. It must not know merges: that is `lineage`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from attractorc.compiler.value import Json

from ..ports import Filter, Store, Turn
from ..records import CheckpointSaved, ParallelLifecycle, StageLifecycle
from ..records.blobs import restored
from .forks import decision_of, fork_stage, fork_start
from .reading import every, stage_id, turn_glance, turns

_AT_ONCE = 256
_FEW = 4
_ALL = ("context_updates", "join", "branches", "keys", "files", "winner")
_SCOPED = re.compile(r"parallel\.([^.]+)\.")
RESULTS = ("completed", "failed")


@dataclass(frozen=True, slots=True)
class Write:
    """A stage's result that wrote a key, and the value."""

    record: StageLifecycle
    value: Json


def last_write(
    store: Store, run_id: str, key: str, path: str, before: int | None = None
) -> Write | None:
    """The newest result on a path (the trunk's is '') that wrote a key, before a number."""
    saved = None if path else _saved(store, run_id, before)
    until = 0 if saved is None else saved.sequence_no
    context = store.run(run_id).context
    # Keys stand in the payload as they are.
    word = key.encode("utf-8", "surrogatepass")
    wanted = Filter(path=path or None, types=(StageLifecycle.TYPE,), kinds=RESULTS)
    for turn in turns(store, run_id, wanted, before, newest_first=True, at_once=_AT_ONCE):
        if saved is not None and turn.sequence_no < until:
            break
        if word in turn.payload and (path or turn.context == context):
            found = _write(store, turn, key, path)
            if found is not None:
                return found
    return None if saved is None else _written(store, run_id, key, saved)


def _saved(store: Store, run_id: str, before: int | None) -> CheckpointSaved | None:
    """The newest checkpoint that names writers, before a number."""
    newest = every(store, run_id, CheckpointSaved, start=before, newest_first=True, at_once=1)
    found = next(newest, None)
    return found if found is not None and found.writers else None


def _written(store: Store, run_id: str, key: str, saved: CheckpointSaved) -> Write | None:
    """The write of a key that a checkpoint knows the writer of."""
    writer = saved.writers.get(key)
    if not writer and key.startswith("parallel."):
        return _set_by_a_fan_out(store, run_id, key, saved.sequence_no)
    where = Filter(attempt_id=f"{run_id}:{writer}", types=(StageLifecycle.TYPE,), kinds=RESULTS)
    for turn in turns(store, run_id, where, saved.sequence_no, newest_first=True, at_once=1):
        if found := _write(store, turn, key, None):
            return found
    return None


def _set_by_a_fan_out(store: Store, run_id: str, key: str, before: int) -> Write | None:
    """The write of one of the keys that fan-outs set: no checkpoint names them, they are many.

    They are set when control leaves a fan-out, and by its fan-in.
    """
    scoped = _SCOPED.match(key)
    node = unquote(scoped[1]) if scoped else None
    starts = Filter(node, types=(ParallelLifecycle.TYPE,), kinds=("started",))
    for turn in turns(store, run_id, starts, before, newest_first=True, at_once=_FEW):
        fork = fork_start(turn, 1)
        if fork.path:
            continue
        merge = decision_of(store, fork, fork.sequence_no, 1, _ALL)
        stages = [fork_stage(fork)]
        if merge is not None:
            stages.insert(0, stage_id(merge.path, merge.node_id, merge.visit))
        for stage in stages:
            if found := _result_of(store, run_id, stage, key, before):
                return found
    return None


def _result_of(store: Store, run_id: str, stage: str, key: str, before: int) -> Write | None:
    """What a stage of the trunk wrote to a key, with its newest attempt."""
    name = f"{run_id}:{stage}@{last_attempt(store, run_id, stage)}"
    wanted = Filter(attempt_id=name, types=(StageLifecycle.TYPE,), kinds=RESULTS)
    for turn in turns(store, run_id, wanted, before, newest_first=True, at_once=1):
        return _write(store, turn, key, "")
    return None


def last_attempt(store: Store, run_id: str, stage: str) -> int:
    """The number of the newest try at a stage that has begun."""
    number = 1
    while store.search(run_id, Filter(attempt_id=f"{run_id}:{stage}@{number + 1}"), limit=1).turns:
        number += 1
    return number


def _write(store: Store, turn: Turn, key: str, path: str | None) -> Write | None:
    """What a stage's record wrote to a key; of a megabyte of others nothing is made."""
    record = turn_glance(turn, picked={"context_updates": key})
    assert isinstance(record, StageLifecycle)
    if path not in (None, record.path) or key not in record.context_updates:
        return None
    whole = restored(record, store)
    assert isinstance(whole, StageLifecycle)
    return Write(whole, whole.context_updates[key])
