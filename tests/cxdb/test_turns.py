"""The turn half of a store over a server that cuts, stays silent, or is written by others.

What it promises otherwise stands in the store contract, which runs over it as well.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from attractorc.interpreter.cxdb.trouble import Interfered, Unreachable
from attractorc.interpreter.cxdb.turns import CxdbTurns
from attractorc.interpreter.ports import Turn

from .double import Double, Fault
from .servers import Server, server

APPEND = 5


@pytest.fixture
def there() -> Iterator[Server]:
    with server("double") as running:
        yield running


def double(there: Server) -> Double:
    assert there.double is not None
    return there.double


@pytest.mark.parametrize(
    "fault", [Fault.CUT, Fault.DONE_AND_CUT, Fault.HALF], ids=lambda fault: fault.name.lower()
)
@pytest.mark.parametrize("below", ["the head", "the first turn"])
def test_an_append_whose_answer_was_lost_happened_once(
    there: Server, fault: Fault, below: str
) -> None:
    store = CxdbTurns(there.client(), there.reader())
    context = store.create_context()
    first = store.append(context, "t", 1, b"1", "a")
    store.append(context, "t", 1, b"2", "b")
    double(there).faults.once(APPEND, 1, fault)
    parent = None if below == "the head" else first.id
    turn = store.append(context, "t", 1, b"3", "c", parent=parent)
    expected = [b"1", b"2", b"3"] if parent is None else [b"1", b"3"]
    assert [each.payload for each in store.last(context, 9)] == expected
    assert (turn.depth, len(double(there).database.turns)) == (len(expected) - 1, 3)
    assert store.append(context, "t", 1, b"3", "c", parent=parent) == turn


def test_an_append_that_fails_twice_is_given_up(there: Server) -> None:
    store = CxdbTurns(there.client(), there.reader())
    context = store.create_context()
    double(there).faults.plan = lambda kind, _n: Fault.CUT if kind == APPEND else None
    with pytest.raises(Unreachable):
        store.append(context, "t", 1, b"1", "a")
    double(there).faults.plan = None
    assert store.head(context) is None


def test_another_writer_in_between_is_noticed(
    there: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = there.client()
    store = CxdbTurns(client, there.reader())
    context = store.create_context()
    asked = client.last

    def raced(number: int, limit: int, *, payload: bool = False) -> object:
        found = asked(number, limit, payload=payload)
        other = there.client()
        other.append(number, "t", 1, b"theirs")
        return found

    monkeypatch.setattr(client, "last", raced)
    with pytest.raises(Interfered, match=f"context {context}"):
        store.append(context, "t", 1, b"ours", "a")


def test_keys_that_were_kept_are_known_to_the_next_writer(there: Server) -> None:
    keys: dict[tuple[str, str], Turn] = {}
    first = CxdbTurns(there.client(), there.reader(), keys)
    context = first.create_context()
    turn = first.append(context, "t", 1, b"1", "a")
    second = CxdbTurns(there.client(), there.reader(), keys)
    assert second.append(context, "t", 1, b"1", "a") == turn
    assert second.head(context) == turn


def test_turns_of_others_have_no_key(there: Server) -> None:
    client = there.client()
    context = client.create().context
    ack = client.append(context, "t", 3, b"theirs")
    store = CxdbTurns(there.client(), there.reader())
    expected = Turn(str(ack.turn), str(context), None, 0, "t", 3, b"theirs", "")
    assert store.turns(str(context)) == (expected,)
