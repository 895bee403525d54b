"""What a server still has of contexts that were noted, and what it has beyond them.

Asked once for each connection, because between two of them a server may have ended, been
emptied, and given the same numbers to others. It must not know what will be sent.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..stores.outbox import Place
from . import frames
from .client import Client
from .frames import Item
from .trouble import Closed, Lost
from .web import WebReader


def inspected(
    client: Client, reader: WebReader, places: Sequence[Place]
) -> list[tuple[Place, tuple[Item, ...]]]:
    """Each place with the turns that came after its head.

    Where a stranger has moved a context's head away from ours, which is still there, that is
    one turn that nobody expects. Raises `Lost` where what was noted is not there any more.
    """
    asked = [frames.get_last(place.remote, 1, payload=False) for place in places]
    heads: list[Item | None] = []
    try:
        for answer in client.asked(asked):
            found = client.read(_items, answer)
            heads.append(found[-1] if found else None)
    except Closed:
        # The answers that were on their way may be lost with the connection, so any of them
        # may be the one that was refused. The pages say it in words.
        for place in places:
            if not reader.has_context(place.remote):
                raise _lost(client, place) from None
        raise
    return [
        (place, _beyond(client, place, head)) for place, head in zip(places, heads, strict=True)
    ]


def _beyond(client: Client, place: Place, head: Item | None) -> tuple[Item, ...]:
    if head is None:
        if place.head:
            raise _lost(client, place)
        return ()
    if head.turn == place.head:
        if not _is(place, head):
            raise _lost(client, place)
        return ()
    line = client.last(place.remote, max(head.depth - place.depth, 0) + 1)
    if not place.head:
        return line
    for count, item in enumerate(line):
        if item.turn == place.head and _is(place, item):
            return line[count + 1 :]
    # The head was moved aside, or the server was emptied and this is another's context.
    try:
        (found,) = client.last(client.fork(place.head).context, 1)
    except Closed:
        raise _lost(client, place) from None
    if not place.hash or not _is(place, found):
        raise _lost(client, place)
    return (head,)


def _is(place: Place, item: Item) -> bool:
    """Whether an item is what a place ends with, as far as that was noted."""
    return item.depth == place.depth and place.hash in (b"", item.hash)


def _items(answer: bytes) -> tuple[Item, ...]:
    return frames.read_last(answer, with_payload=False)


def _lost(client: Client, place: Place) -> Lost:
    return Lost(
        f"CXDB at {client.place} was emptied: context {place.remote} is not what was left there"
    )
