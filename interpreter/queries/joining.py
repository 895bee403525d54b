"""Joins and merges as they were decided: one entry a join, one entry a merge.

Long lists are cut to their beginnings, so that a page about thousands of branches costs what
any other does. It must not put decisions into words: that is `explanation`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from attractorc.compiler.value import Json

from ..ports import ENDED, Filter, Store
from ..records import FanInDecision, ParallelLifecycle
from ..records.blobs import restored
from ..records.glance import total
from .forks import decision_of, fork_stage, fork_start, has_ended, join_of
from .pages import Cursor, Page, number_of
from .reading import SHOWN, stage_id, turn_glance

WHOLE = 1 << 40
_WRITTEN = ("context_updates", "join")
_ALL_BUT_THE_WINNER = (*_WRITTEN, "branches", "keys", "files")


@dataclass(frozen=True, slots=True)
class Taken:
    """A branch whose end was taken into account, and that end."""

    branch: str
    end: str


@dataclass(frozen=True, slots=True)
class JoinEntry:
    """One visit of a fan-out and its join.

    `state`: `undecided`, `decided`, `merged`, or `abandoned`: ended before it was decided.
    `taken` stand in the order in which they counted; `losers` are the branches that the
    decision did without. Of these and of `branches` only the first are listed; the totals
    are `branch_count`, `taken_count` and `loser_count`. `counts` are those of the record,
    `started_no` is the number of the fan-out's start.
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
    branch_count: int = 0
    taken: tuple[Taken, ...] = ()
    taken_count: int = 0
    losers: tuple[str, ...] = ()
    loser_count: int = 0
    counts: Mapping[str, Json] = field(default_factory=dict)
    merged_at: str = ""
    winner: str | None = None
    started_no: int = 0


@dataclass(frozen=True, slots=True)
class DecisionEntry:
    """One merge decision in short. `fan_out` and `fan_in` are stage ids.

    `branches` (id, end, candidate, context, terminal_turn and more) and `keys` (key, strategy,
    result, writes, conflict) are the first ones, as are a key's `writes`; `branch_count`,
    `key_count` and `write_counts` (by key) are the totals. `winner` holds its comparison.
    """

    sequence_no: int
    fan_in: str
    fan_out: str
    node_id: str
    path: str
    status: str
    reason: str
    join: Mapping[str, Json]
    winner: Mapping[str, Json]
    branches: tuple[Json, ...]
    branch_count: int
    keys: tuple[Json, ...]
    key_count: int
    write_counts: Mapping[str, int]
    files: int = 0


def joins(
    store: Store,
    run_id: str,
    where: Filter | None = None,
    after: Cursor = 0,
    limit: int = 256,
    *,
    status: str | None = None,
    most: int = SHOWN,
) -> Page[JoinEntry]:
    """A page of joins in the order in which their fan-outs started.

    `where` names the fan-out's node, a branch or a path that it lies in; `status` is a state;
    `most` is how many branches an entry lists.
    """
    wanted = replace(where or Filter(), types=(ParallelLifecycle.TYPE,), kinds=("started",))
    start, found = number_of(after), list[JoinEntry]()
    look = store.search(run_id, wanted, start, max(limit, SHOWN))
    for turn in look.turns:
        if len(found) >= limit:
            return Page(found, start)
        fork = fork_start(turn, most)
        start = fork.sequence_no
        entry, _ = joined(store, fork, most, brief=True)
        if status in (None, entry.state):
            found.append(entry)
    return Page(found, look.more)


def joined(
    store: Store,
    fork: ParallelLifecycle,
    most: int = SHOWN,
    *,
    brief: bool = False,
    decision: FanInDecision | None = None,
) -> tuple[JoinEntry, FanInDecision | None]:
    """A fan-out's join, and what was merged, where that came about.

    `decision` is what was merged, for those who know; with `brief` only its winner is read.
    """
    made = cast("list[Mapping[str, Any]]", fork.branches)
    entry = JoinEntry(
        fork_stage(fork),
        fork.node_id,
        fork.path,
        fork.visit,
        branches=tuple(str(branch["id"]) for branch in made[:most]),
        branch_count=total(made),
        started_no=fork.sequence_no,
    )
    record = join_of(store, fork, most)
    if record is None:
        return (replace(entry, state="abandoned") if _over(store, fork) else entry), None
    entry = _decided(entry, record)
    if decision is None:
        left_out = _ALL_BUT_THE_WINNER if brief else _WRITTEN
        decision = decision_of(store, fork, record.sequence_no, most, left_out)
    return (entry if decision is None else _merged(entry, decision)), decision


def fan_in_decisions(
    store: Store,
    run_id: str,
    where: Filter | None = None,
    after: Cursor = 0,
    limit: int = 256,
    *,
    status: str | None = None,
    most: int = SHOWN,
) -> Page[DecisionEntry]:
    """A page of merge decisions in their order; `where` names the fan-in's node or a path.

    Each lists `most` branches, keys, and writes of a key at most. The records themselves are
    `events` of the kind `fan_in_decision`.
    """
    wanted = replace(where or Filter(), types=(FanInDecision.TYPE,))
    start, found = number_of(after), list[DecisionEntry]()
    look = store.search(run_id, wanted, start, max(limit, SHOWN))
    for turn in look.turns:
        if len(found) >= limit:
            return Page(found, start)
        glance = turn_glance(turn, most, left_out=("context_updates",), whole=("keys",))
        record = restored(glance, store)
        assert isinstance(record, FanInDecision)
        start = record.sequence_no
        if status in (None, record.status):
            found.append(_decision(record, most))
    return Page(found, look.more)


def _over(store: Store, fork: ParallelLifecycle) -> bool:
    """Whether nobody will decide a join any more: its run, or a branch around it, has ended."""
    if store.run(fork.run_id).status in ENDED:
        return True
    return bool(fork.path) and has_ended(store, fork.run_id, fork.path)


def _decided(entry: JoinEntry, record: ParallelLifecycle) -> JoinEntry:
    join = cast("dict[str, Any]", record.join)
    taken, losers = join.get("taken", ()), join.get("losers_of", ())
    return replace(
        entry,
        state="decided",
        sequence_no=record.sequence_no,
        satisfied=join.get("satisfied"),
        policy=str(join.get("policy", "")),
        error_policy=str(join.get("error_policy", "")),
        decide=str(join.get("decide", "")),
        losers_policy=str(join.get("losers", "")),
        reason=str(join.get("reason", "")),
        taken=tuple(Taken(str(one["branch"]), str(one["end"])) for one in taken),
        taken_count=total(taken),
        losers=tuple(map(str, losers)),
        loser_count=total(losers),
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


def _decision(record: FanInDecision, most: int) -> DecisionEntry:
    keys = cast("list[Mapping[str, Any]]", record.keys)
    join = {name: value for name, value in record.join.items() if not isinstance(value, list)}
    return DecisionEntry(
        record.sequence_no,
        stage_id(record.path, record.node_id, record.visit),
        stage_id(record.path, record.fan_out, record.fan_out_visit),
        record.node_id,
        record.path,
        record.status,
        record.reason or "",
        join,
        record.winner,
        tuple(record.branches[:most]),
        total(record.branches),
        tuple({**entry, "writes": list(entry["writes"][:most])} for entry in keys[:most]),
        total(keys),
        {str(entry["key"]): total(entry["writes"]) for entry in keys[:most]},
        total(record.files),
    )
