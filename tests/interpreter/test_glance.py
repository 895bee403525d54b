"""A record read in part: what is kept is what the whole has, and totals are right."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attractorc.interpreter.records import FanInDecision, StageLifecycle
from attractorc.interpreter.records.codec import CodecError, encode
from attractorc.interpreter.records.glance import Part, glanced, total


def decision(branches: int, **fields: Any) -> FanInDecision:
    writes = [{"branch": f"b{number}", "value": [number, number]} for number in range(branches)]
    return FanInDecision(
        run_id="r",
        sequence_no=7,
        node_id="join",
        branches=[{"id": f"b{number}", "end": "success"} for number in range(branches)],
        winner={"id": "b0", "ranking": [{"branch": f"b{n}"} for n in range(branches)]},
        keys=[{"key": "k", "writes": writes}, {"key": "l", "writes": writes[:3]}],
        context_updates={"k": "x" * 20_000, "l": 2},
        **fields,
    )


def seen(record: FanInDecision, most: int, **options: Any) -> FanInDecision:
    found = glanced(record.TYPE, 1, encode(record), most, **options)
    assert isinstance(found, FanInDecision)
    return found


def test_long_lists_are_cut_at_every_depth_and_say_how_long_they_are() -> None:
    record = decision(500)
    found = seen(record, 10, whole=("keys",))
    assert (found.node_id, found.sequence_no) == ("join", 7)
    assert (list(found.branches), total(found.branches)) == (record.branches[:10], 500)
    ranking: Any = found.winner["ranking"]
    assert (len(ranking), total(ranking)) == (10, 500)
    keys: Any = found.keys
    assert [(len(one["writes"]), total(one["writes"])) for one in keys] == [(10, 500), (3, 3)]
    assert keys[0]["writes"][9] == {"branch": "b9", "value": [9, 9]}


def test_fields_are_left_out_or_picked_from() -> None:
    record = decision(5)
    assert seen(record, 10, left_out=("context_updates", "keys")).keys == []
    assert seen(record, 10, left_out=("context_updates",)).context_updates == {}
    assert seen(record, 10, picked={"context_updates": "l"}).context_updates == {"l": 2}
    named = seen(record, 10, picked={"context_updates": None}).context_updates
    assert named == {"k": None, "l": None}


def test_a_small_record_is_read_whole() -> None:
    small = StageLifecycle(run_id="r", sequence_no=1, kind="completed", context_updates={"k": [1]})
    found = glanced(small.TYPE, 1, encode(small), 0, left_out=("context_updates",))
    assert found == small


def test_with_no_fewer_elements_than_bytes_nothing_is_cut() -> None:
    record = decision(500)
    assert seen(record, 1 << 40) == record


def test_damage_is_one_sentence() -> None:
    payload = encode(decision(500))
    with pytest.raises(CodecError, match="is damaged"):
        glanced(FanInDecision.TYPE, 1, payload[:20_000], 10)
    with pytest.raises(CodecError, match="is damaged"):
        glanced(FanInDecision.TYPE, 1, b"\xc1" * 20_000, 10)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 40), 1 << 40) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=40) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=60,
)


@given(st.lists(JSON, max_size=60), st.integers(0, 50))
def test_what_is_kept_is_the_beginning_of_what_there_is(values: list[Any], most: int) -> None:
    record = decision(0, files=values)
    found = seen(record, most)
    assert list(found.files) == values[:most]
    assert total(found.files) == len(values)
    assert isinstance(found.files, Part) == (len(values) > most)
