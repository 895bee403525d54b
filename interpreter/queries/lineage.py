"""Where a context value came from: through merges and nested regions, to stage attempts.

A value on a path was written last by a stage attempt of that path, or was there at the fork
and came from above. Where that stage carries a merge decision, the decision names the
branches' writes and their attempts, and so on. It must not know how values are merged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

from attractorc.compiler.value import Json, encoded

from ..ports import Store
from ..records import ChildLifecycle, FanInDecision, ParallelLifecycle, RunLifecycle, StageLifecycle
from .paths import above
from .reading import every, stage_id

How: TypeAlias = Literal["stage", "merge", "isolated", "pipeline", "input"]


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
    `writer` of that attempt's pipeline).
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
    base: Origin | None = None
    inner: Origin | None = None


@dataclass(frozen=True, slots=True)
class _Write:
    record: StageLifecycle
    value: Json


def lineage(store: Store, run_id: str, key: str, path: str = "") -> Origin | None:
    """The origin of a key's newest value on a path (the trunk's is ''), None without one."""
    return Ledger(store, run_id, key).newest(key, path, None)


class Ledger:
    """All that a run's records say about one key: its writes, and the merges."""

    def __init__(self, store: Store, run_id: str, key: str) -> None:
        self.decisions: dict[str, FanInDecision] = {}
        self._writes: dict[str, list[_Write]] = {}
        self._inputs: Mapping[str, Json] = {}
        for start in every(store, run_id, RunLifecycle, kinds=("initialized",)):
            self._inputs = {f"inputs.{name}": value for name, value in start.inputs.items()}
        for decision in every(store, run_id, FanInDecision):
            stage = stage_id(decision.path, decision.node_id, decision.visit)
            self.decisions[stage] = decision
        self._children = {
            child.child_path: child
            for child in every(store, run_id, ChildLifecycle, kinds=("started",))
        }
        self._forks = {
            stage_id(fork.path, fork.node_id, fork.visit): fork.sequence_no
            for fork in every(store, run_id, ParallelLifecycle, kinds=("started",))
        }
        wanted = {key} | {inner for _, inner in self._isolations(key)}
        for record in every(store, run_id, StageLifecycle, kinds=("completed", "failed")):
            for name in wanted & record.context_updates.keys():
                written = _Write(record, record.context_updates[name])
                self._writes.setdefault(name, []).append(written)

    def newest(self, key: str, path: str, before: int | None) -> Origin | None:
        """The origin of what a path sees under a key, before a sequence number."""
        place: str | None = path
        while place is not None:
            for write in reversed(self._writes.get(key, ())):
                number = write.record.sequence_no
                if write.record.path == place and (before is None or number < before):
                    return self._origin(key, write)
            if place in self._children:
                return self._given(key, self._children[place])
            before = self._forked_at(place) if place else before
            place = above(place)[0] if place else None
        if key in self._inputs:
            return Origin(key, "input", "", self._inputs[key])
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
        return self._forks.get(branch.rpartition("/")[0])

    def _origin(self, key: str, write: _Write) -> Origin:
        record = write.record
        stage = stage_id(record.path, record.node_id, record.visit)
        decision = self.decisions.get(stage)
        if decision is not None and key in decision.context_updates:
            merged = self._merged(key, write, decision)
            if merged is not None:
                return merged
        writer = f"{stage}@{record.attempt}"
        child = stage if record.attempt == 1 else writer
        if child in self._children:
            inner = self.newest(key, child, record.sequence_no)
            where = _where(record)
            return Origin(key, "pipeline", writer, write.value, *where, inner=inner)
        return Origin(key, "stage", writer, write.value, *_where(record))

    def _merged(self, key: str, write: _Write, decision: FanInDecision) -> Origin | None:
        """The origin of a key that a merge decision set; None for the engine's own keys."""
        writer = f"{stage_id(decision.path, decision.node_id, decision.visit)}"
        writer = f"{writer}@{write.record.attempt}"
        for branch, inner in self._isolations(key):
            entry = key_entry(decision, inner)
            chosen = [one for one in _writes(entry) if encoded(str(one["branch"])) == branch]
            if chosen:
                return Origin(
                    key,
                    "isolated",
                    writer,
                    write.value,
                    *_where(write.record),
                    strategy="isolate",
                    pattern=str(entry.get("pattern", "")),
                    contributions=tuple(self._contribution(inner, one) for one in chosen),
                )
        entry = key_entry(decision, key)
        if not entry:
            return None
        conflict = entry.get("conflict") or {}
        had_base = entry.get("base", {}).get("present", False)
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
            contributions=tuple(self._contribution(key, one) for one in _writes(entry)),
            base=self.newest(key, decision.path, decision.sequence_no) if had_base else None,
        )

    def _contribution(self, key: str, one: Mapping[str, Any]) -> Contribution:
        writer = str(one.get("writer", ""))
        origin = None
        if writer.rpartition("@")[0] in self.decisions:
            for write in self._writes.get(key, ()):
                record = write.record
                stage = stage_id(record.path, record.node_id, record.visit)
                if f"{stage}@{record.attempt}" == writer:
                    origin = self._origin(key, write)
        return Contribution(
            str(one["branch"]),
            str(one.get("state", "")),
            writer,
            one.get("value"),
            str(one.get("digest", "")),
            origin,
        )

    def _isolations(self, key: str) -> list[tuple[str, str]]:
        """(branch, key) of every way to read a key as an isolated value of a fan-out here."""
        found = []
        for fan_out in {decision.fan_out for decision in self.decisions.values()}:
            prefix = f"parallel.{encoded(fan_out)}.branch."
            branch, mark, inner = key.removeprefix(prefix).partition(".context.")
            if key.startswith(prefix) and mark:
                found.append((branch, inner))
        return sorted(found)


def key_entry(decision: FanInDecision, key: str) -> Mapping[str, Any]:
    """What a merge decision says about a key, {} if no branch wrote it."""
    for entry in cast("Sequence[Mapping[str, Any]]", decision.keys):
        if entry["key"] == key:
            return entry
    return {}


def _writes(entry: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return cast("Sequence[Mapping[str, Any]]", entry.get("writes", ()))


def _where(record: StageLifecycle) -> tuple[str, str, int]:
    return record.path, record.node_id, record.sequence_no
