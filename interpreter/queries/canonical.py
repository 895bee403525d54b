"""The canonical outcome of a run: all of it that equal runs have in common, and its digest.

Statuses, routes, decisions, provenance and the final context, grouped by path, because
branches interleave; without times, run ids, store ids and epochs. Of a cancelled branch
nothing is kept but its id and end, since how far it came depends on the machine
(semantics 8). A run whose plan was changed on the way is told as one of the last plan. It must
not know how a run is made.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from attractorc.compiler.value import Json, canonical

from ..paths import lies_in
from ..records import (
    ChildLifecycle,
    FanInDecision,
    InterviewLifecycle,
    ParallelLifecycle,
    PlanChange,
    Record,
    RouteDecision,
    RunLifecycle,
    StageLifecycle,
)

ENTRIES_AT_ONCE = 16
_RESULTS = ("completed", "failed", "retrying")
_COUNTED = (*_RESULTS, "interrupted")
_OF_A_FORK = ("started", "join_decided")
STORE_IDS = ("context", "terminal_turn")


class Gathered:
    """What a run's records say about its outcome, taken in one by one as they are written.

    Kept as text, by path: what a stage wrote is then held once by the context that it went to,
    and not again as an object. Entries become text a few at a time, and when a branch ends.
    """

    __slots__ = ("_begun", "_cancelled", "_entries", "_texts", "counts")

    def __init__(self) -> None:
        self._entries: dict[str, list[Json]] = {}
        self._texts: dict[str, list[str]] = {}
        self._cancelled: set[str] = set()
        self._begun: dict[str, Json] = {}
        self.counts: dict[str, int] = {}

    def note(self, record: Record) -> None:
        """Take a record into account."""
        # Asked of each record that there is: most say nothing here, or are of these families.
        family = type(record)
        known: Any = record
        if family is StageLifecycle:
            kind = known.kind
            if kind not in _COUNTED:
                return
            self._count(kind)
            if kind == "interrupted":
                return
        elif family is ParallelLifecycle:
            if known.kind in ParallelLifecycle.ENDS:
                self._end(known)
                return
            if known.kind not in _OF_A_FORK:
                return
        elif family is PlanChange:
            self._begun = begun_by(self._begun, known.plan_digest)
            return
        if (entry := canonical_entry(record)) is None:
            return
        if family is RunLifecycle:
            self._begun = entry
            return
        path = str(getattr(record, "path", ""))
        entries = self._entries.setdefault(path, [])
        entries.append(entry)
        if len(entries) >= ENTRIES_AT_ONCE:
            self._write(path)

    def _end(self, record: ParallelLifecycle) -> None:
        """A branch is over: what was gathered of it becomes text, or nothing."""
        self._count(record.kind)
        path = record.branch_path or ""
        self._write(path)
        if record.kind == "branch_cancelled":
            self._cancelled.add(path)
            self._texts.pop(path, None)

    def _count(self, kind: str) -> None:
        """Count a stage's result or a branch's end: queries need not, once the run has ended."""
        self.counts[kind] = self.counts.get(kind, 0) + 1

    def _write(self, path: str) -> None:
        if entries := self._entries.pop(path, None):
            self._texts.setdefault(path, []).append(canonical(entries)[1:-1])

    def text(self, status: str, reason: str, context: Mapping[str, Json]) -> str:
        """The canonical JSON of the outcome of a run that ends so, with this final context."""
        for path in list(self._entries):
            self._write(path)
        texts = dict(self._texts)
        if self._begun:
            texts[""] = [canonical(self._begun), *texts.get("", ())]
        paths = ",".join(
            f"{canonical(path)}:[{','.join(text)}]"
            for path, text in sorted(texts.items())
            if not lies_in(path, self._cancelled)
        )
        return (
            f'{{"context":{canonical(context)},"paths":{{{paths}}},'
            f'"reason":{canonical(reason)},"status":{canonical(status)}}}'
        )

    def digest(self, status: str, reason: str, context: Mapping[str, Json]) -> str:
        """`sha256:<hex>` of `text`."""
        return _digest(self.text(status, reason, context))


def canonical_outcome(
    records: Iterable[Record], status: str, reason: str, context: Mapping[str, Json]
) -> dict[str, Json]:
    """The outcome as plain JSON: status, reason, final context, and entries by path."""
    gathered = Gathered()
    for record in records:
        gathered.note(record)
    outcome: dict[str, Json] = json.loads(gathered.text(status, reason, context))
    return outcome


def begun_by(entry: dict[str, Json], plan_digest: str) -> dict[str, Json]:
    """The entry of a run's beginning, had it begun with the plan that it went by in the end.

    What it did until then is what that plan says too, so that equal runs stay equal.
    """
    return {**entry, "plan_digest": plan_digest}


def cancelled_paths(records: Iterable[Record]) -> frozenset[str]:
    """The paths of branches that were cancelled."""
    return frozenset(
        record.branch_path or ""
        for record in records
        if isinstance(record, ParallelLifecycle) and record.kind == "branch_cancelled"
    )


def outcome_digest(outcome: Mapping[str, Json]) -> str:
    """`sha256:<hex>` of the canonical JSON of a canonical outcome."""
    return _digest(canonical(outcome))


def _digest(text: str) -> str:
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def canonical_entry(record: Record) -> dict[str, Json] | None:
    """What is canonical in one record, None if nothing is."""
    match record:
        case StageLifecycle():
            if record.kind not in _RESULTS:
                return None
            return _present(
                stage=f"{record.node_id}.{record.visit}@{record.attempt}",
                kind=record.kind,
                status=record.status,
                preferred_label=record.preferred_label,
                failure_reason=record.failure_reason,
                context_updates=record.context_updates,
                dropped_keys=record.dropped_keys,
            )
        case RouteDecision():
            return _present(
                route=f"{record.node_id}.{record.visit}",
                rule=record.rule,
                edge=record.selected_edge,
                status=record.terminated_status,
                reason=record.terminated_reason,
            )
        case ChildLifecycle(kind="started"):
            return _present(
                child=f"{record.node_id}.{record.visit}@{record.attempt}",
                plan_digest=record.plan_digest,
                inputs=record.inputs,
            )
        case ParallelLifecycle(kind="started"):
            return _present(fork=f"{record.node_id}.{record.visit}", branches=record.branches)
        case ParallelLifecycle(kind="branch_cancelled"):
            return None  # listed by the join and the fan-out's results; no order of its own
        case ParallelLifecycle(kind="join_decided"):
            return _present(join=record.join)
        case FanInDecision():
            branches = [_without(branch, STORE_IDS) for branch in record.branches]
            return _present(
                merge=f"{record.node_id}.{record.visit}",
                status=record.status,
                reason=record.reason,
                branches=branches,
                winner=record.winner,
                keys=record.keys,
                files=record.files,
            )
        case InterviewLifecycle(kind="completed" | "timeout"):
            return _present(question=record.question_id, kind=record.kind, selected=record.selected)
        case RunLifecycle(kind="initialized"):
            return _present(
                plan_digest=record.plan_digest, inputs=record.inputs, start=record.start_at
            )
        case _:
            return None


def _present(**fields: Any) -> dict[str, Json]:
    return {name: value for name, value in fields.items() if value}


def _without(value: Json, names: tuple[str, ...]) -> Json:
    if not isinstance(value, Mapping):
        return value
    return {name: part for name, part in value.items() if name not in names}
