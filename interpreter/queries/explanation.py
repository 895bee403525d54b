"""Why: a join, a merge or a value in words, each with the data that the words are made of.

The answer to "why did it come out like this" for somebody who has only the store. It must
not decide anything again: it tells what was recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from attractorc.compiler.value import Json, nearest

from ..ports import Store
from ..records import FanInDecision
from . import wording
from .joining import JoinEntry, joins
from .lineage import Ledger
from .reading import every, stage_id


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


def why(store: Store, run_id: str, target: str | None = None) -> tuple[Explanation, ...]:
    """Explain every join of a run, or those of a fan-out or fan-in, or one file or context key.

    `target` is a node id, a stage id, a path that branches changed, or a key. Raises
    `UnknownTarget` for anything else.
    """
    decided = joins(store, run_id)
    decisions = _decisions(store, run_id)
    if target is None:
        return tuple(_join(entry, decisions.get(entry.fan_out)) for entry in decided)
    chosen = [
        (entry, decisions.get(entry.fan_out))
        for entry in decided
        if target in _names(entry, decisions.get(entry.fan_out))
    ]
    if chosen:
        return tuple(_join(entry, decision) for entry, decision in chosen)
    touched = [
        (decision, entry)
        for decision in decisions.values()
        for entry in wording.file_entries(decision)
        if entry["path"] == target
    ]
    if touched:
        return (_file(target, touched),)
    return (_key(store, run_id, target, decided, decisions),)


def _file(path: str, touched: list[tuple[FanInDecision, Mapping[str, Any]]]) -> Explanation:
    lines = [line for decision, entry in touched for line in wording.file_lines(decision, entry)]
    data: list[Json] = [
        {"fan_in": decision.node_id, "fan_out": decision.fan_out, "entry": dict(entry)}
        for decision, entry in touched
    ]
    return Explanation("file", path, tuple(lines), {"path": path, "mentions": data})


def _decisions(store: Store, run_id: str) -> dict[str, FanInDecision]:
    """Merge decisions by the stage id of their fan-out."""
    return {
        stage_id(decision.path, decision.fan_out, decision.fan_out_visit): decision
        for decision in every(store, run_id, FanInDecision)
    }


def _names(entry: JoinEntry, decision: FanInDecision | None) -> Iterator[str]:
    """What a join may be asked for by."""
    yield entry.node_id
    yield entry.fan_out
    if decision is not None:
        yield decision.node_id
        yield entry.merged_at


def _join(entry: JoinEntry, decision: FanInDecision | None) -> Explanation:
    lines = [*wording.join_lines(entry), *wording.merge_lines(decision)]
    data: dict[str, Json] = {"join": wording.plain(entry)}
    if decision is not None:
        data["merge"] = {
            "fan_in": decision.node_id,
            "status": decision.status,
            "reason": decision.reason,
            "branches": decision.branches,
            "winner": decision.winner,
            "keys": decision.keys,
            "files": decision.files,
            "file_merge": decision.file_merge,
        }
    return Explanation("join", entry.fan_out, tuple(lines), data)


def _key(
    store: Store,
    run_id: str,
    key: str,
    decided: tuple[JoinEntry, ...],
    decisions: dict[str, FanInDecision],
) -> Explanation:
    ledger = Ledger(store, run_id, key)
    origin = ledger.newest(key, "", None)
    mentions = [
        (decision, entry)
        for decision in decisions.values()
        for entry in wording.entries(decision)
        if entry["key"] == key and (origin is None or _told_apart(entry))
    ]
    if origin is None and not mentions:
        raise UnknownTarget(_unknown(key, decided, decisions))
    lines: list[str] = []
    if origin is not None:
        lines += wording.origin_lines(origin)
    else:
        lines.append(f"'{key}' has no value on the trunk")
    for decision, entry in mentions:
        lines += wording.mention_lines(decision, entry)
    data: dict[str, Json] = {
        "key": key,
        "origin": None if origin is None else wording.plain(origin),
        "mentions": [
            {"fan_in": decision.node_id, "fan_out": decision.fan_out, "entry": dict(entry)}
            for decision, entry in mentions
        ],
    }
    return Explanation("key", key, tuple(lines), data)


def _told_apart(entry: Mapping[str, Any]) -> bool:
    """Whether a merge did something with a key that the key's own value does not show."""
    return entry.get("result") is None and not entry.get("reserved")


def _unknown(
    target: str, decided: tuple[JoinEntry, ...], decisions: dict[str, FanInDecision]
) -> str:
    known = {entry.node_id for entry in decided}
    known |= {decision.node_id for decision in decisions.values()}
    known |= {
        str(entry["key"]) for decision in decisions.values() for entry in wording.entries(decision)
    }
    close = nearest(target, known)
    hint = f"; did you mean '{close}'?" if close else ""
    return f"nothing in this run is a fan-out, a fan-in, a file or a context key '{target}'{hint}"
