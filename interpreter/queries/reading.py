"""Records out of a store: a page, or all that a filter finds, one page at a time.

The one place where queries decode. It must not know what records mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from attractorc.compiler.value import encoded

from ..ports import Filter, Store, StoreError, Turn
from ..records import Record
from ..records.blobs import restored
from ..records.codec import CodecError, decode_any

PAGE = 1_000

Family = TypeVar("Family", bound=Record)


def events(
    store: Store, run_id: str, where: Filter | None = None, after: int = 0, limit: int = 256
) -> tuple[Record, ...]:
    """A page of a run's records, in order: those after a sequence number, at most `limit`.

    Raises `NotFound` for an unknown run, `StoreError` for a record that cannot be read.
    """
    return tuple(
        turn_record(store, turn)
        for turn in store.records(run_id, after=after, limit=limit, where=where)
    )


def turn_record(store: Store, turn: Turn) -> Record:
    """The record in a turn, with values that stand in blobs."""
    try:
        return restored(decode_any(turn.type, turn.version, turn.payload), store)
    except CodecError as error:
        raise StoreError(f"turn {turn.id}: {error}") from error


def every(
    store: Store,
    run_id: str,
    family: type[Family],
    where: Filter | None = None,
    *,
    kinds: tuple[str, ...] | None = None,
    after: int = 0,
) -> Iterator[Family]:
    """All records of one family that a filter finds, a page at a time."""
    asked = where or Filter()
    wanted = Filter(asked.node_id, asked.path, asked.attempt_id, (family.TYPE,), kinds)
    while page := events(store, run_id, wanted, after, PAGE):
        for record in page:
            assert isinstance(record, family)
            yield record
        after = page[-1].sequence_no


def count(store: Store, run_id: str, family: type[Record], *kinds: str) -> int:
    """How many records of a family and these kinds there are; nothing is decoded."""
    where = Filter(types=(family.TYPE,), kinds=kinds)
    total, after = 0, 0
    while page := store.records(run_id, after=after, limit=PAGE, where=where):
        total += len(page)
        after = turn_record(store, page[-1]).sequence_no
    return total


def stage_id(path: str, node_id: str, visit: int) -> str:
    """`<path>/<node>.<visit>` (semantics 1)."""
    return f"{path}/{encoded(node_id)}.{visit}"
