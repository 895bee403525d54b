"""Why: a join, a merge or a value in words, each with the data that the words are made of.

The answer to "why did it come out like this" for somebody who has only the store. It must
not decide anything again: it tells what was recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from attractorc.compiler.value import Json, nearest

from ..ports import Filter, Store
from ..records import FanInDecision, ParallelLifecycle
from ..records.blobs import restored
from ..records.glance import total
from . import wording
from .forks import fork_start, start_of
from .joining import JoinEntry, joined
from .ledger import Ledger
from .pages import Cursor, Page, number_of
from .reading import SHOWN, stage_id, turn_glance, turns

_SUGGESTED_FROM = 50
_MENTIONS = 20


class UnknownTarget(LookupError):
    """Nothing of that name was decided; the message is one sentence for people."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """One answer. `kind` is `join`, `key` or `file`; `lines` are for people.

    A level is two blanks. `data` holds the same as JSON.
    """

    kind: str
    target: str
    lines: tuple[str, ...]
    data: Json


def why(
    store: Store,
    run_id: str,
    target: str | None = None,
    where: Filter | None = None,
    after: Cursor = 0,
    limit: int = 256,
) -> Page[Explanation]:
    """Explain every join of a run, or those of a fan-out or fan-in, or one file or context key.

    `target` is a node id, a stage id, a path that branches changed, or a key. Raises
    `UnknownTarget` for anything else. Joins come in the order in which their fan-outs started.
    """
    asked = where or Filter()
    if target is None:
        return _joins(store, run_id, asked, after, limit)
    if target.startswith("/") and (stage := _fan_out_at(store, run_id, target)):
        fork = start_of(store, run_id, stage)
        return Page([_join(*joined(store, fork))] if fork is not None else ())
    for ask in (_joins, _merges):
        found = ask(store, run_id, replace(asked, node_id=target), after, limit)
        if found or found.more:
            return found
    mentioning = list(_mentioning(store, run_id, target))
    told = _file(mentioning, target) or _key(store, run_id, mentioning, target)
    if told is None:
        raise UnknownTarget(_unknown(store, run_id, target))
    return Page([told])


def _joins(
    store: Store, run_id: str, asked: Filter, after: Cursor, limit: int
) -> Page[Explanation]:
    wanted = replace(asked, types=(ParallelLifecycle.TYPE,), kinds=("started",))
    look = store.search(run_id, wanted, number_of(after), limit)
    found = (_join(*joined(store, fork_start(turn, SHOWN))) for turn in look.turns)
    return Page(found, look.more)


def _fan_out_at(store: Store, run_id: str, stage: str) -> str | None:
    """The fan-out's stage id of a stage that is a fan-out or a fan-in; None for another."""
    if start_of(store, run_id, stage) is not None:
        return stage
    decision = Ledger(store, run_id).decision_at(stage)
    if decision is None:
        return None
    return stage_id(decision.path, decision.fan_out, decision.fan_out_visit)


def _merges(
    store: Store, run_id: str, asked: Filter, after: Cursor, limit: int
) -> Page[Explanation]:
    """The joins that were merged at a fan-in's node, in the order of merging."""
    look = store.search(
        run_id, replace(asked, types=(FanInDecision.TYPE,)), number_of(after), limit
    )
    found = []
    for turn in look.turns:
        glance = turn_glance(turn, left_out=("context_updates", "join"), whole=("keys",))
        decision = restored(glance, store)
        assert isinstance(decision, FanInDecision)
        stage = stage_id(decision.path, decision.fan_out, decision.fan_out_visit)
        fork = start_of(store, run_id, stage)
        if fork is not None:
            found.append(_join(*joined(store, fork, decision=decision)))
    return Page(found, look.more)


def _mentioning(store: Store, run_id: str, name: str) -> Iterator[FanInDecision]:
    """The merge decisions whose bytes hold a name, lists within their entries cut."""
    word = name.encode("utf-8", "surrogatepass")
    for turn in turns(store, run_id, Filter(types=(FanInDecision.TYPE,)), at_once=SHOWN):
        if word in turn.payload or b"$blob" in turn.payload:
            record = turn_glance(
                turn, left_out=("context_updates", "branches"), whole=("keys", "files")
            )
            whole = restored(record, store)
            assert isinstance(whole, FanInDecision)
            yield whole


def _file(mentioning: list[FanInDecision], path: str) -> Explanation | None:
    touched = [
        (decision, entry)
        for decision in mentioning
        for entry in wording.file_entries(decision)
        if entry["path"] == path
    ]
    if not touched:
        return None
    lines = [line for decision, entry in touched for line in wording.file_lines(decision, entry)]
    data: list[Json] = [
        {"fan_in": decision.node_id, "fan_out": decision.fan_out, "entry": dict(entry)}
        for decision, entry in touched
    ]
    return Explanation("file", path, tuple(lines), {"path": path, "mentions": data})


def _join(entry: JoinEntry, decision: FanInDecision | None) -> Explanation:
    lines = [*wording.join_lines(entry, decision), *wording.merge_lines(decision)]
    data: dict[str, Json] = {"join": wording.plain(entry)}
    if decision is not None:
        data["merge"] = {
            "fan_in": decision.node_id,
            "status": decision.status,
            "reason": decision.reason,
            "branches": decision.branches,
            "branch_count": total(decision.branches),
            "winner": decision.winner,
            "keys": decision.keys,
            "files": decision.files,
            "file_merge": decision.file_merge,
        }
    return Explanation("join", entry.fan_out, tuple(lines), data)


def _key(
    store: Store, run_id: str, mentioning: list[FanInDecision], key: str
) -> Explanation | None:
    origin = Ledger(store, run_id).newest(key, "", None)
    mentions = [
        (decision, entry)
        for decision in mentioning
        for entry in wording.entries(decision)
        if entry["key"] == key and (origin is None or _told_apart(entry))
    ]
    if origin is None and not mentions:
        return None
    lines: list[str] = []
    if origin is not None:
        lines += wording.origin_lines(origin)
    else:
        lines.append(f"'{key}' has no value on the trunk")
    for decision, entry in mentions[:_MENTIONS]:
        lines += wording.mention_lines(decision, entry)
    if more := len(mentions) - _MENTIONS:
        lines += [f"and at {more} more fan-ins"] * (more > 0)
    data: dict[str, Json] = {
        "key": key,
        "origin": None if origin is None else wording.plain(origin),
        "mentions": [
            {"fan_in": decision.node_id, "fan_out": decision.fan_out, "entry": dict(entry)}
            for decision, entry in mentions[:_MENTIONS]
        ],
    }
    return Explanation("key", key, tuple(lines), data)


def _told_apart(entry: Mapping[str, Any]) -> bool:
    """Whether a merge did something with a key that the key's own value does not show."""
    return entry.get("result") is None and not entry.get("reserved")


def _unknown(store: Store, run_id: str, target: str) -> str:
    known: set[str] = set()
    starts = Filter(types=(ParallelLifecycle.TYPE,), kinds=("started",))
    for turn in store.search(run_id, starts, limit=_SUGGESTED_FROM).turns:
        known.add(fork_start(turn, 1).node_id)
    decided = Filter(types=(FanInDecision.TYPE,))
    for turn in store.search(run_id, decided, limit=_SUGGESTED_FROM).turns:
        record = turn_glance(turn, left_out=("context_updates", "branches"), whole=("keys",))
        assert isinstance(record, FanInDecision)
        known.add(record.node_id)
        known.update(str(entry["key"]) for entry in wording.entries(record))
    close = nearest(target, known)
    hint = f"; did you mean '{close}'?" if close else ""
    return f"nothing in this run is a fan-out, a fan-in, a file or a context key '{target}'{hint}"
