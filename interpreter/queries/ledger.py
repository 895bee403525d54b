"""Where a context value came from: through merges and nested regions, to stage attempts.

A value on a path was written last by a stage attempt of that path, or was there at the fork
and came from above. Where that stage carries a merge decision, the decision names the
branches' writes and their attempts, and so on. It must not know how values are merged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast
from urllib.parse import unquote

from attractorc.compiler.value import Json, encoded

from ..ports import Filter, Store
from ..records import ChildLifecycle, FanInDecision, RunLifecycle, StageLifecycle
from ..records.glance import total
from .forks import stage_parts, start_of
from .paths import above
from .reading import SHOWN, every, stage_id, turn_glance, turns
from .writes import Write, last_write

How: TypeAlias = Literal["stage", "merge", "isolated", "pipeline", "input"]
_ISOLATED = re.compile(r"parallel\.([^.]+)\.branch\.([^.]+)\.context\.(.+)", re.S)
_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one branch wrote to a merged key, and what became of it (`state`).

    `writer` is the stage attempt; `origin` says more where that is itself a merge. Large
    values are None with a `digest`.
    """

    branch: str
    state: str
    writer: str
    value: Json
    digest: str = ""
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Who gave a key its value. `writer` is a stage attempt's id within the run.

    `how`: `stage` (the attempt said so), `merge` (by `strategy`, from `contributions` and, if
    it was there before, `base`), `isolated` (one branch's own value, unmerged), `pipeline` (it
    came out of the stage's pipeline, where `inner` gave it), `input` (of the run, or with a
    `writer` of that attempt's pipeline). The contributions are the first of
    `contribution_count`.
    """

    key: str
    how: How
    writer: str
    value: Json
    path: str = ""
    node_id: str = ""
    sequence_no: int = 0
    strategy: str = ""
    pattern: str = ""
    conflict: str = ""
    resolved_by: str = ""
    contributions: tuple[Contribution, ...] = ()
    contribution_count: int = 0
    base: Origin | None = None
    inner: Origin | None = None


class Ledger:
    """Who wrote what, looked up in a run's records: the last write of a key, and the merges."""

    def __init__(self, store: Store, run_id: str) -> None:
        self._store = store
        self._run_id = run_id

    def newest(self, key: str, path: str, before: int | None) -> Origin | None:
        """The origin of what a path sees under a key, before a sequence number."""
        place: str | None = path
        while place is not None:
            write = last_write(self._store, self._run_id, key, place, before)
            if write is not None:
                return self._origin(key, write)
            if place and (child := child_start(self._store, self._run_id, place)) is not None:
                return self._given(key, child)
            before = self._forked_at(place) if place else before
            place = above(place)[0] if place else None
        starts = every(self._store, self._run_id, RunLifecycle, kinds=("initialized",), at_once=1)
        for start in starts:
            if key.startswith("inputs.") and (name := key.removeprefix("inputs.")) in start.inputs:
                return Origin(key, "input", "", start.inputs[name])
        return None

    def _given(self, key: str, child: ChildLifecycle) -> Origin | None:
        """A child sees nothing of what is around it but its inputs."""
        name = key.removeprefix("inputs.")
        if name == key or name not in child.inputs:
            return None
        stage = stage_id(child.path, child.node_id, child.visit)
        where = (child.path, child.node_id, child.sequence_no)
        return Origin(key, "input", f"{stage}@{child.attempt}", child.inputs[name], *where)

    def _forked_at(self, branch: str) -> int | None:
        """When a branch got its view of what is above it: later writes there it never saw."""
        fork = start_of(self._store, self._run_id, branch.rpartition("/")[0])
        return None if fork is None else fork.sequence_no

    def _origin(self, key: str, write: Write) -> Origin:
        record = write.record
        stage = stage_id(record.path, record.node_id, record.visit)
        decision = self.decision_at(stage)
        if decision is not None:
            merged = self._merged(key, write, decision)
            if merged is not None:
                return merged
        writer = f"{stage}@{record.attempt}"
        child = stage if record.attempt == 1 else writer
        if child_start(self._store, self._run_id, child) is not None:
            inner = self.newest(key, child, record.sequence_no)
            return Origin(key, "pipeline", writer, write.value, *_where(record), inner=inner)
        return Origin(key, "stage", writer, write.value, *_where(record))

    def decision_at(self, stage: str) -> FanInDecision | None:
        """The merge decision that a stage carries, writes of its keys cut; None without one."""
        path, node_id, visit = stage_parts(stage)
        wanted = Filter(node_id, path or None, types=(FanInDecision.TYPE,))
        for turn in turns(self._store, self._run_id, wanted, at_once=1 if visit == 1 else _AT_ONCE):
            record = turn_glance(turn, left_out=("context_updates",), whole=("keys",))
            assert isinstance(record, FanInDecision)
            if (record.path, record.visit) == (path, visit):
                return record
        return None

    def _merged(self, key: str, write: Write, decision: FanInDecision) -> Origin | None:
        """The origin of a key that a merge decision set; None for the engine's own keys."""
        writer = f"{stage_id(decision.path, decision.node_id, decision.visit)}"
        writer = f"{writer}@{write.record.attempt}"
        isolated = _ISOLATED.fullmatch(key)
        if isolated and isolated[1] == encoded(decision.fan_out):
            return self._isolated(key, write, decision, writer, isolated[2], isolated[3])
        entry = key_entry(decision, key)
        if not entry:
            return None
        conflict = entry.get("conflict") or {}
        had_base = entry.get("base", {}).get("present", False)
        writes = entry["writes"]
        return Origin(
            key,
            "merge",
            writer,
            write.value,
            *_where(write.record),
            strategy=str(entry["strategy"]),
            pattern=str(entry.get("pattern", "")),
            conflict=str(conflict.get("reason", "")),
            resolved_by=str(conflict.get("resolved_by") or ""),
            contributions=tuple(self._contribution(key, one) for one in writes[:SHOWN]),
            contribution_count=total(writes),
            base=self.newest(key, decision.path, decision.sequence_no) if had_base else None,
        )

    def _isolated(
        self,
        key: str,
        write: Write,
        decision: FanInDecision,
        merge: str,
        branch: str,
        inner: str,
    ) -> Origin:
        """One branch's own value, which the fan-in put beside those of the others."""
        fan_out = stage_id(decision.path, decision.fan_out, decision.fan_out_visit)
        origin = self.newest(inner, f"{fan_out}/{branch}", decision.sequence_no)
        own: tuple[Contribution, ...] = ()
        if origin is not None:
            nested = origin if origin.how == "merge" else None
            name = unquote(branch)
            own = (Contribution(name, "isolated", origin.writer, origin.value, "", nested),)
        return Origin(
            key,
            "isolated",
            merge,
            write.value,
            *_where(write.record),
            strategy="isolate",
            pattern=str(key_entry(decision, inner).get("pattern", "")),
            contributions=own,
            contribution_count=len(own),
        )

    def _contribution(self, key: str, one: Mapping[str, Any]) -> Contribution:
        writer = str(one.get("writer", ""))
        stage, _, attempt = writer.rpartition("@")
        origin = None
        if self.decision_at(stage) is not None:
            before = self._written_by(writer)
            path = stage_parts(stage)[0]
            write = last_write(self._store, self._run_id, key, path, before)
            if write is not None and str(write.record.attempt) == attempt:
                origin = self._origin(key, write)
        return Contribution(
            str(one["branch"]),
            str(one.get("state", "")),
            writer,
            one.get("value"),
            str(one.get("digest", "")),
            origin,
        )

    def _written_by(self, writer: str) -> int | None:
        """The number right behind an attempt's result."""
        where = Filter(attempt_id=f"{self._run_id}:{writer}")
        results = every(
            self._store,
            self._run_id,
            StageLifecycle,
            where,
            kinds=("completed", "failed"),
            newest_first=True,
        )
        return next((record.sequence_no + 1 for record in results), None)


def child_start(store: Store, run_id: str, path: str) -> ChildLifecycle | None:
    """The start of the pipeline that a path is the trunk of; None for a branch's path."""
    if not above(path)[1]:
        return None
    _, mark, attempt = path.rpartition("@")
    name = path if mark and attempt.isdigit() else f"{path}@1"
    where = Filter(attempt_id=f"{run_id}:{name}")
    return next(every(store, run_id, ChildLifecycle, where, kinds=("started",)), None)


def key_entry(decision: FanInDecision, key: str) -> Mapping[str, Any]:
    """What a merge decision says about a key, {} if no branch wrote it."""
    for entry in cast("Sequence[Mapping[str, Any]]", decision.keys):
        if entry["key"] == key:
            return entry
    return {}


def _where(record: StageLifecycle) -> tuple[str, str, int]:
    return record.path, record.node_id, record.sequence_no
