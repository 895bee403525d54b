"""A run in the store held against its mirror: turn by turn, byte by byte, line by line.

Both sides are read from each context's newest turn to where it begins, so that a turn that
is missing, is another, stands elsewhere or is one too many is found. It must not know how
the turns got there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from blake3 import blake3

from ..ports import NotFound, Store, Turn
from ..stores.outbox import Outbox, Place
from ..stores.references import named_in
from . import frames
from .client import Client
from .frames import Item
from .trouble import Closed
from .web import WebReader

PAGE = 256


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was compared. `difference` is a sentence, None where all is equal.

    `context` is the server's context that the run begins in. `too_large` blobs no server takes.
    """

    run_id: str
    records: int
    contexts: int
    blobs: int
    context: int
    too_large: int = 0
    difference: str | None = None


def verify(
    store: Store, outbox: Outbox, client: Client, reader: WebReader, run_id: str
) -> Comparison:
    """Compare a run with what the server has of it; the first difference is told.

    Raises `CxdbError` where the server cannot be read.
    """
    places = outbox.places()
    found: list[tuple[int, str]] = []
    last: dict[str, Turn] = {}
    digests: dict[str, Turn] = {}
    records = after = 0
    while page := store.records(run_id, after, PAGE):
        for turn in page:
            last[turn.context] = turn
            digests.update((digest, turn) for digest in named_in(turn.payload))
        records, after = records + len(page), page[-1].sequence_no
    for context, newest in last.items():
        place = places.get(context)
        if place is None:
            found.append((_first(store, newest), f"context {context} was never sent"))
        else:
            found.extend(_context(store, outbox, reader, place))
    blobs, too_large, wrong = _blobs(store, client, digests)
    found += wrong
    told = min(found, default=None)
    root = places.get(store.run(run_id).context)
    return Comparison(
        run_id,
        records,
        len(last),
        blobs,
        0 if root is None else root.remote,
        too_large,
        None if told is None else told[1],
    )


def _context(
    store: Store, outbox: Outbox, reader: WebReader, place: Place
) -> Iterator[tuple[int, str]]:
    """What differs in a context: our turn's number and a sentence each, the newest first."""
    theirs = reader.turns(place.remote)
    item = next(theirs, None)
    if item is None and not reader.has_context(place.remote):
        yield 0, f"the server has no context {place.remote} for our {place.context}"
        return
    for page in _pages(store, place.context):
        remotes = outbox.remotes(
            [turn.id for turn in page] + [turn.parent for turn in page if turn.parent]
        )
        for turn in page:
            if turn.context != place.context:
                if item is None or item.turn != remotes.get(turn.id):
                    yield (
                        int(turn.id),
                        (
                            f"context {place.context} goes on from turn {turn.id}, on the server "
                            f"from {_turn(item)}"
                        ),
                    )
                return
            if item is not None and item.turn != remotes.get(turn.id):
                # One of the two is missing on the other side.
                if turn.id not in remotes:
                    yield int(turn.id), f"{_record(turn)} was not sent"
                    continue
                yield (
                    int(turn.id),
                    (
                        f"{_record(turn)} should be turn {remotes[turn.id]} on the server, which "
                        f"has {_turn(item)} there, in context {place.remote}"
                    ),
                )
                return
            if item is None:
                yield int(turn.id), f"{_record(turn)} is not on the server"
                continue
            yield from _turns(turn, item, remotes)
            item = next(theirs, None)
    if item is not None:
        yield 0, f"context {place.remote} on the server begins with {_turn(item)}, ours does not"


def _turns(turn: Turn, item: Item, remotes: dict[str, int]) -> Iterator[tuple[int, str]]:
    above = remotes.get(turn.parent, -1) if turn.parent else 0
    facts = {
        "type": (turn.type, item.type),
        "version": (turn.version, item.version),
        "depth": (turn.depth, item.depth),
        "parent": (above, item.parent),
        "encoding": (frames.MSGPACK, item.encoding),
        "payload": (turn.payload, item.payload),
        "hash": (blake3(turn.payload).hexdigest(), item.hash.hex()),
    }
    for name, (ours, theirs) in facts.items():
        if ours != theirs:
            shown = "" if name == "payload" else f": {ours} here, {theirs} there"
            yield int(turn.id), f"{_record(turn)} has another {name} on the server{shown}"
            return


def _blobs(
    store: Store, client: Client, digests: dict[str, Turn]
) -> tuple[int, int, list[tuple[int, str]]]:
    """How many blobs were compared, how many no server takes, and what is wrong."""
    count = too_large = 0
    wrong: list[tuple[int, str]] = []
    for digest, turn in digests.items():
        try:
            size = len(store.get_blob(digest))
        except NotFound:  # some other hash
            continue
        if size > frames.BLOB_LIMIT:
            too_large += 1
            continue
        count += 1
        try:
            client.get_blob(bytes.fromhex(digest))
        except Closed:
            client.connect()
            wrong.append((int(turn.id), f"{_record(turn)} names blob {digest}, which is not there"))
    return count, too_large, wrong


def _pages(store: Store, context: str) -> Iterator[tuple[Turn, ...]]:
    """The turns of a context, from its newest to the root, page by page."""
    before: str | None = None
    while page := store.turns(context, before, PAGE):
        yield page[::-1]
        before = page[0].id


def _first(store: Store, turn: Turn) -> int:
    """The number of the first turn of a turn's context."""
    found = int(turn.id)
    for page in _pages(store, turn.context):
        for each in page:
            if each.context != turn.context:
                return found
            found = int(each.id)
    return found


def _record(turn: Turn) -> str:
    return f"record {turn.sequence_no} ({turn.type})"


def _turn(item: Item | None) -> str:
    return "nothing" if item is None else f"turn {item.turn} ({item.type})"
