"""Where two runs part: the first decision or result that one has and the other has not.

Runs are compared path by path, because branches interleave, by what is canonical in them:
no times, no ids of a store. It must not know how a run is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from attractorc.compiler.value import Json, canonical

from ..paths import lies_in
from ..ports import Store
from ..records import PlanChange, Record, RunLifecycle
from .canonical import begun_by, cancelled_paths
from .entries import canonical_entry
from .reading import events

PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Side:
    """What one run has at the place of parting; no sequence number where it has nothing."""

    run_id: str
    sequence_no: int | None
    said: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Parting:
    """The first difference of two runs, on the path `path`; only the fields that differ."""

    path: str
    what: str
    one: Side
    other: Side


def parting(store: Store, one: str, other: str) -> Parting | None:
    """The first difference in the order of the first run, None where there is none.

    Of branches that either run cancelled nothing is compared but that they were.
    """
    mine, theirs = _entries(store, one), _entries(store, other)
    found: tuple[int, str, int] | None = None
    for path in mine.keys() | theirs.keys():
        at = _first_difference(mine.get(path, []), theirs.get(path, []))
        if at is None:
            continue
        here, there = mine.get(path, []), theirs.get(path, [])
        numbers = [side[at][0] for side in (here, there) if at < len(side)]
        key = (min(numbers), path, at)
        found = key if found is None or key < found else found
    if found is None:
        return None
    _, path, at = found
    return _told(path, (one, _at(mine, path, at)), (other, _at(theirs, path, at)))


Entry = tuple[int, Mapping[str, Json]]


def _entries(store: Store, run_id: str) -> dict[str, list[Entry]]:
    records = list(_records(store, run_id))
    gone = cancelled_paths(records)
    plans = [one.plan_digest for one in records if isinstance(one, PlanChange)]
    found: dict[str, list[Entry]] = {}
    for record in records:
        entry = canonical_entry(record)
        if plans and entry is not None and isinstance(record, RunLifecycle):
            entry = begun_by(entry, plans[-1])
        path = str(getattr(record, "path", ""))
        if entry is not None and not lies_in(path, gone):
            found.setdefault(path, []).append((record.sequence_no, entry))
    return found


def _records(store: Store, run_id: str) -> Iterator[Record]:
    after = 0
    while page := events(store, run_id, after=after, limit=PAGE):
        yield from page
        after = page[-1].sequence_no


def _first_difference(here: list[Entry], there: list[Entry]) -> int | None:
    for at, (mine, theirs) in enumerate(zip(here, there, strict=False)):
        if canonical(mine[1]) != canonical(theirs[1]):
            return at
    shorter = min(len(here), len(there))
    return None if len(here) == len(there) else shorter


def _at(entries: Mapping[str, list[Entry]], path: str, at: int) -> Entry | None:
    found = entries.get(path, [])
    return found[at] if at < len(found) else None


def _told(path: str, one: tuple[str, Entry | None], other: tuple[str, Entry | None]) -> Parting:
    saying = [entry[1] for _, entry in (one, other) if entry is not None]
    what = next(f"{name} {value}" for name, value in saying[0].items() if isinstance(value, str))
    if len(saying) == 2:
        mine, theirs = saying
        names = [
            name
            for name in dict.fromkeys((*mine, *theirs))
            if canonical(mine.get(name)) != canonical(theirs.get(name))
        ]
    else:
        names = list(saying[0])
    return Parting(path, what, *(_side(run_id, entry, names) for run_id, entry in (one, other)))


def _side(run_id: str, entry: Entry | None, names: list[str]) -> Side:
    if entry is None:
        return Side(run_id, None, {})
    number, said = entry
    return Side(run_id, number, {name: said[name] for name in names if name in said})
