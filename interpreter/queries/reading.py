"""Records out of a store: a page, the newest, or all that a filter finds.

The one place where queries decode. It must not know what records mean.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import TypeVar

from attractorc.compiler.value import encoded

from ..ports import Filter, Store, StoreError, Turn
from ..records import Record
from ..records.blobs import refers, restored
from ..records.codec import CodecError, decode_any
from ..records.glance import glanced
from .pages import Cursor, Page, number_of

PAGE = 1_000
SHOWN = 100
"""How many elements of a long list within an entry are shown."""
DECODED = 300
"""How many records a page decodes at most to find those with a status."""
LOOKS = 5
"""How many times as many it skips, because their bytes do not hold the word."""

Family = TypeVar("Family", bound=Record)


def events(
    store: Store,
    run_id: str,
    where: Filter | None = None,
    after: Cursor = 0,
    limit: int = 256,
    *,
    status: str | None = None,
) -> Page[Record]:
    """A page of a run's records, in order: those after a sequence number, at most `limit`.

    `status` is that of a stage's outcome, a branch's end, a join, a merge or the run. Raises
    `NotFound` for an unknown run, `StoreError` for a record that cannot be read.
    """
    if status is None:
        found = store.search(run_id, where or Filter(), number_of(after), limit)
        return Page((turn_record(store, turn) for turn in found.turns), found.more)
    return sought(
        store,
        run_id,
        where or Filter(),
        after,
        limit,
        lambda record: getattr(record, "status", None) == status,
        mention=status,
    )


def sought(
    store: Store,
    run_id: str,
    where: Filter,
    after: Cursor,
    limit: int,
    keep: Callable[[Record], bool],
    *,
    mention: str = "",
    read: Callable[[Turn], Record] | None = None,
) -> Page[Record]:
    """A page of the records that `keep` wants, whose bytes hold `mention`; bounded, too.

    `read` makes a record of a turn, by default whole.
    """
    start: int | None = number_of(after)
    kept: list[Record] = []
    word, decoded = mention.encode(), 0
    for _ in range(LOOKS):
        assert start is not None
        found = store.search(run_id, where, start, DECODED)
        for turn in found.turns:
            if word not in turn.payload:
                continue
            if len(kept) >= limit or decoded >= DECODED:
                return Page(kept, start)
            record = turn_record(store, turn) if read is None else read(turn)
            decoded += 1
            start = record.sequence_no
            if keep(record):
                kept.append(record)
        start = found.more
        if start is None or len(found.turns) < DECODED:  # that look took all that a page may
            break
    return Page(kept, start)


def turn_record(store: Store, turn: Turn) -> Record:
    """The record in a turn, with values that stand in blobs."""
    payload = turn.payload
    try:
        record = decode_any(turn.type, turn.version, payload)
        return restored(record, store) if refers(payload) else record
    except CodecError as error:
        raise StoreError(f"turn {turn.id}: {error}") from error


def turn_glance(
    turn: Turn,
    most: int = SHOWN,
    *,
    left_out: Collection[str] = (),
    whole: Collection[str] = (),
    picked: Mapping[str, str | None] | None = None,
) -> Record:
    """The record in a turn, long lists cut to `most` elements, some fields left out or picked.

    `glanced` says how.
    """
    kind, version, payload = turn.type, turn.version, turn.payload
    try:
        return glanced(kind, version, payload, most, left_out=left_out, whole=whole, picked=picked)
    except CodecError as error:
        raise StoreError(f"turn {turn.id}: {error}") from error


def turns(
    store: Store,
    run_id: str,
    where: Filter,
    start: int | None = None,
    *,
    newest_first: bool = False,
    at_once: int = PAGE,
) -> Iterator[Turn]:
    """All turns that a filter finds beyond a number, as many looks as it takes."""
    while True:
        found = store.search(run_id, where, start, at_once, newest_first=newest_first)
        yield from found.turns
        if found.more is None:
            return
        start = found.more


def first(
    store: Store,
    run_id: str,
    where: Filter,
    count: int = 1,
    start: int | None = None,
    *,
    newest_first: bool = False,
) -> tuple[Turn, ...]:
    """The first turns that a filter finds beyond a number, so many at most."""
    found = turns(store, run_id, where, start, newest_first=newest_first, at_once=count)
    return tuple(islice(found, count))


def every(
    store: Store,
    run_id: str,
    family: type[Family],
    where: Filter | None = None,
    *,
    kinds: tuple[str, ...] | None = None,
    start: int | None = None,
    newest_first: bool = False,
    at_once: int = PAGE,
) -> Iterator[Family]:
    """All records of one family that a filter finds, so many at a time."""
    wanted = replace(where or Filter(), types=(family.TYPE,), kinds=kinds)
    for turn in turns(store, run_id, wanted, start, newest_first=newest_first, at_once=at_once):
        record = turn_record(store, turn)
        assert isinstance(record, family)
        yield record


def stage_id(path: str, node_id: str, visit: int) -> str:
    """`<path>/<node>.<visit>` (semantics 1)."""
    return f"{path}/{encoded(node_id)}.{visit}"
