"""Joins and merges as they were decided: one entry a join, one record a merge.

It must not put them into words: that is `explanation`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from attractorc.compiler.value import Json

from ..ports import Filter, Store
from ..records import FanInDecision, ParallelLifecycle
from .reading import events, every, stage_id


@dataclass(frozen=True, slots=True)
class Taken:
    """A branch whose end was taken into account, and that end."""

    branch: str
    end: str


@dataclass(frozen=True, slots=True)
class JoinEntry:
    """One visit of a fan-out and its join. `state`: `undecided`, `decided` or `merged`.

    `taken` stand in the order in which they counted; `losers` are the
    branches that the decision did without. `counts` are those of the record.
    """

    fan_out: str
    node_id: str
    path: str
    visit: int
    state: str = "undecided"
    sequence_no: int | None = None
    satisfied: bool | None = None
    policy: str = ""
    error_policy: str = ""
    decide: str = ""
    losers_policy: str = ""
    reason: str = ""
    branches: tuple[str, ...] = ()
    taken: tuple[Taken, ...] = ()
    losers: tuple[str, ...] = ()
    counts: Mapping[str, Json] = field(default_factory=dict)
    merged_at: str = ""
    winner: str | None = None


def joins(store: Store, run_id: str, node: str | None = None) -> tuple[JoinEntry, ...]:
    """The joins of a run in the order in which their fan-outs started."""
    found: dict[str, JoinEntry] = {}
    where = Filter(node_id=node)
    kinds = ("started", "join_decided")
    for record in every(store, run_id, ParallelLifecycle, where, kinds=kinds):
        stage = stage_id(record.path, record.node_id, record.visit)
        if record.kind == "started":
            found[stage] = _started(stage, record)
        elif stage in found:
            found[stage] = _decided(found[stage], record)
    for decision in every(store, run_id, FanInDecision):
        stage = stage_id(decision.path, decision.fan_out, decision.fan_out_visit)
        if stage in found:
            found[stage] = _merged(found[stage], decision)
    return tuple(found.values())


def fan_in_decisions(
    store: Store, run_id: str, node: str | None = None, after: int = 0, limit: int = 256
) -> tuple[FanInDecision, ...]:
    """A page of merge decisions, whole; `node` is the fan-in."""
    where = Filter(node_id=node, types=(FanInDecision.TYPE,))
    page = events(store, run_id, where, after, limit)
    return tuple(record for record in page if isinstance(record, FanInDecision))


def _started(stage: str, record: ParallelLifecycle) -> JoinEntry:
    made = cast("list[Mapping[str, Any]]", record.branches)
    return JoinEntry(
        stage,
        record.node_id,
        record.path,
        record.visit,
        branches=tuple(str(branch["id"]) for branch in made),
    )


def _decided(entry: JoinEntry, record: ParallelLifecycle) -> JoinEntry:
    join = cast("dict[str, Any]", record.join)
    return JoinEntry(
        entry.fan_out,
        entry.node_id,
        entry.path,
        entry.visit,
        state="decided",
        sequence_no=record.sequence_no,
        satisfied=join.get("satisfied"),
        policy=str(join.get("policy", "")),
        error_policy=str(join.get("error_policy", "")),
        decide=str(join.get("decide", "")),
        losers_policy=str(join.get("losers", "")),
        reason=str(join.get("reason", "")),
        branches=entry.branches,
        taken=tuple(Taken(str(one["branch"]), str(one["end"])) for one in join.get("taken", ())),
        losers=tuple(map(str, join.get("losers_of", ()))),
        counts=join.get("counts", {}),
    )


def _merged(entry: JoinEntry, decision: FanInDecision) -> JoinEntry:
    winner = decision.winner.get("id")
    return replace(
        entry,
        state="merged",
        merged_at=stage_id(decision.path, decision.node_id, decision.visit),
        winner=None if winner is None else str(winner),
    )
