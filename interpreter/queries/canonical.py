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

from attractorc.compiler.value import Json, canonical, quoted

from ..paths import lies_in
from ..records import (
    ParallelLifecycle,
    PlanChange,
    Record,
    RouteDecision,
    RunLifecycle,
    StageLifecycle,
)
from .entries import RESULTS, canonical_entry, has_entry, route_text, stage_text

WAITING = 16
LONG = 64
_COUNTED = (*RESULTS, "interrupted")
_ENDS = frozenset(ParallelLifecycle.ENDS)


class Gathered:
    """What a run's records say about its outcome, taken in one by one as they are written.

    Kept as text, by path: what a stage wrote is then held once by the context that it went to,
    and not again as an object. Only the last few long entries, and those of rarer families, wait:
    whoever only looks where a run stands is not to write the thousands of branches of a merge.
    """

    __slots__ = ("_begun", "_cancelled", "_texts", "_waiting", "counts")

    def __init__(self) -> None:
        self._texts: dict[str, list[str]] = {}
        self._waiting: list[tuple[list[str], int, Record]] = []
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
            self.counts[kind] = self.counts.get(kind, 0) + 1
            if kind == "interrupted":
                return
            if len(known.context_updates) > LONG:
                self._wait(known)
                return
            text = stage_text(known)
        elif family is RouteDecision:
            text = route_text(known)
        else:
            self._rarer(family, known)
            return
        texts = self._texts.get(known.path)
        if texts is None:
            self._texts[known.path] = [text]
        else:
            texts.append(text)

    def _rarer(self, family: type[Record], known: Any) -> None:
        """Take a record of another family into account, which may say nothing."""
        if family is ParallelLifecycle:
            if known.kind in _ENDS:
                self._end(known)
                return
        elif family is PlanChange:
            self._begun = begun_by(self._begun, known.plan_digest)
            return
        if not has_entry(known):
            return
        if family is RunLifecycle:
            self._begun = canonical_entry(known) or {}
            return
        self._wait(known)

    def _wait(self, known: Any) -> None:
        texts = self._texts.setdefault(known.path, [])
        self._waiting.append((texts, len(texts), known))
        texts.append("")
        if len(self._waiting) >= WAITING:
            self._write()

    def _write(self) -> None:
        for texts, place, record in self._waiting:
            texts[place] = canonical(canonical_entry(record))
        self._waiting.clear()

    def _end(self, record: ParallelLifecycle) -> None:
        """A branch is over: of a cancelled one nothing is kept."""
        self.counts[record.kind] = self.counts.get(record.kind, 0) + 1
        if record.kind == "branch_cancelled":
            path = record.branch_path or ""
            self._cancelled.add(path)
            self._texts.pop(path, None)

    def text(self, status: str, reason: str, context: Mapping[str, Json]) -> str:
        """The canonical JSON of the outcome of a run that ends so, with this final context."""
        self._write()
        texts = dict(self._texts)
        if self._begun:
            texts[""] = [canonical(self._begun), *texts.get("", ())]
        paths = ",".join(
            f"{quoted(path)}:[{','.join(text)}]"
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
