"""Records as bytes and as JSON: round trips, determinism, readers older than the writer."""

from __future__ import annotations

import dataclasses
import json
import re
import tracemalloc
import types
import typing
from dataclasses import FrozenInstanceError, replace
from functools import cache
from importlib import resources
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from attractorc.interpreter.records import FAMILIES, Record, RunLifecycle, StageLifecycle
from attractorc.interpreter.records.codec import (
    CodecError,
    UnknownRecord,
    decode,
    decode_any,
    encode,
    layout,
    to_json,
)
from attractorc.interpreter.records.schema import event_schema, event_schema_text

LAW = settings(max_examples=60, deadline=None)
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


def values(hint: Any) -> st.SearchStrategy[Any]:
    if hint is str:
        return TEXT
    if hint is int:
        return st.integers()
    if hint is bool:
        return st.booleans()
    if isinstance(hint, types.UnionType):
        return st.one_of(*(values(member) for member in typing.get_args(hint)))
    if hint is types.NoneType:
        return st.none()
    if typing.get_origin(hint) is list:
        return st.lists(values(typing.get_args(hint)[0]), max_size=3)
    if typing.get_origin(hint) is dict:
        return st.dictionaries(TEXT, JSON, max_size=3)
    assert hint is Any, hint
    return JSON


def records(family: type[Record]) -> st.SearchStrategy[Record]:
    fields = {
        item.name: st.sampled_from(family.KINDS) if item.name == "kind" else values(item.hint)
        for item in layout(family)
    }
    return st.builds(family, **fields)


ANY_RECORD = st.one_of(*(records(family) for family in FAMILIES))


def same(left: object, right: object) -> bool:
    """Equality that tells 1, 1.0 and true apart."""
    return repr(left) == repr(right)


@LAW
@given(ANY_RECORD)
def test_every_record_survives_its_bytes(record: Record) -> None:
    back = decode(record.TYPE, record.TYPE_VERSION, encode(record))
    assert same(to_json(back), json.loads(json.dumps(to_json(record)))) or back == record
    assert same(
        json.dumps(to_json(back), sort_keys=True), json.dumps(to_json(record), sort_keys=True)
    )
    assert encode(back) == encode(record)


@LAW
@given(ANY_RECORD)
def test_tags_ascend_and_absent_fields_are_left_out(record: Record) -> None:
    payload = msgpack.unpackb(encode(record), strict_map_key=False)
    assert list(payload) == sorted(payload)
    assert None not in payload.values()
    by_tag = {item.tag: item for item in layout(type(record))}
    for tag, value in payload.items():
        assert value not in ("", [], {}) or by_tag[tag].empty_is_absent is False


@LAW
@given(st.dictionaries(TEXT, JSON, min_size=2, max_size=4), st.randoms())
def test_the_order_of_keys_does_not_show_in_the_bytes(updates: dict[str, Any], random: Any) -> None:
    shuffled = list(updates.items())
    random.shuffle(shuffled)
    one = StageLifecycle(context_updates={"nested": updates})
    two = StageLifecycle(context_updates={"nested": dict(shuffled)})
    assert encode(one) == encode(two)


def test_the_bytes_of_a_record_never_change() -> None:
    record = StageLifecycle(
        run_id="r1",
        sequence_no=300,
        timestamp="2026-01-02T03:04:05.678Z",
        kind="completed",
        node_id="lint",
        path="/f.1/a",
        context_updates={"b": 1, "a": [True, None, 1.5]},
        duration_ms=70_000,
    )
    assert encode(record) == (
        b"\x8a"
        b"\x01\xa2r1"
        b"\x02\xcd\x01\x2c"
        b"\x03\xb82026-01-02T03:04:05.678Z"
        b"\x04\xa9completed"
        b"\x05\xa4lint"
        b"\x06\xa6/f.1/a"
        b"\x07\x01"
        b"\x08\x01"
        b"\x0e\x82\xa1a\x93\xc3\xc0\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00\xa1b\x01"
        b"\x18\xce\x00\x01\x11\x70"
    )


def test_integers_of_any_size_survive() -> None:
    numbers = [0, -1, 2**63, -(2**63), 2**64 - 1, 2**64, -(2**63) - 1, 10**300]
    record = StageLifecycle(context_updates={"numbers": numbers})
    back = decode(record.TYPE, 1, encode(record))
    assert back == record


def test_an_empty_text_in_an_optional_field_is_not_absent() -> None:
    record = StageLifecycle(notes="", sequence_no=0)
    assert to_json(decode(record.TYPE, 1, encode(record)))["notes"] == ""
    assert "notes" not in to_json(StageLifecycle())
    assert "node_id" not in to_json(record)


def test_what_a_newer_program_wrote_is_kept_and_written_again() -> None:
    payload = msgpack.packb({1: "r1", 2: 5, 3: "t", 4: "started", 90: {"new": 1}, 7: 2})
    record = decode("attractor.stage_lifecycle", 3, payload)
    assert isinstance(record, StageLifecycle)
    assert (record.kind, record.visit, record.unknown) == ("started", 2, {90: {"new": 1}})
    assert to_json(record)["unknown"] == {"90": {"new": 1}}
    assert msgpack.unpackb(encode(record), strict_map_key=False)[90] == {"new": 1}
    assert encode(decode(record.TYPE, 3, encode(record))) == encode(record)


def test_a_record_of_an_unknown_type_can_be_shown_but_not_used() -> None:
    payload = msgpack.packb({1: "r1", 2: 5, 3: "t", 4: "whatever"})
    with pytest.raises(CodecError, match=r"'attractor.link' \(version 2\) is not known"):
        decode("attractor.link", 2, payload)
    record = decode_any("attractor.link", 2, payload)
    assert isinstance(record, UnknownRecord)
    assert to_json(record) == {
        "type": "attractor.link",
        "run_id": "r1",
        "sequence_no": 5,
        "timestamp": "t",
        "unknown": {"4": "whatever"},
    }


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"", "damaged"),
        (b"\x81", "damaged"),
        (encode(StageLifecycle(kind="started"))[:-1], "damaged"),
        (encode(StageLifecycle()) + b"\x00", "damaged"),
        (msgpack.packb([1, 2]), "no map of tags"),
        (msgpack.packb({"kind": "started"}), "no map of tags"),
        (msgpack.packb({2: "five"}), "'sequence_no' is a str"),
        (msgpack.packb({2: True}), "'sequence_no' is a bool"),
        (msgpack.packb({14: [1]}), "'context_updates' is a list"),
        (msgpack.packb({16: None}), "'notes' is a NoneType"),
        (msgpack.packb({14: {"x": msgpack.ExtType(9, b"")}}), "damaged"),
        (b"\x81\x04\xa2\xff\xfe", "damaged"),
    ],
)
def test_damaged_bytes_are_one_sentence(payload: bytes, said: str) -> None:
    with pytest.raises(CodecError, match=said) as caught:
        decode("attractor.stage_lifecycle", 1, payload)
    assert "attractor.stage_lifecycle" in str(caught.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({1: "r", 2: "five", 3: "now"}, "'sequence_no' is a str"),
        ({1: "r", 2: True, 3: "now"}, "'sequence_no' is a bool"),
        ({True: "r", 2: 5, 3: "now"}, "no map of tags"),
        ({1.0: "r", 2: 5, 3: "now"}, "no map of tags"),
    ],
    ids=["a value of another class", "a truth for a number", "a truth for a tag", "a float tag"],
)
def test_what_was_read_well_before_excuses_no_damage(given: dict[Any, Any], said: str) -> None:
    well = decode("attractor.stage_lifecycle", 1, msgpack.packb({1: "r", 2: 5, 3: "now"}))
    assert (well.run_id, well.sequence_no, well.timestamp) == ("r", 5, "now")
    with pytest.raises(CodecError, match=said):
        decode("attractor.stage_lifecycle", 1, msgpack.packb(given))


def test_fields_are_read_by_their_tags_in_whatever_order_they_stand() -> None:
    for order in ((1, 2, 3), (3, 1, 2), (2, 3, 1)):
        payload = msgpack.packb({tag: {1: "r", 2: 5, 3: "now"}[tag] for tag in order})
        for _ in range(2):  # the second time it is known
            read = decode("attractor.stage_lifecycle", 1, payload)
            assert (read.run_id, read.sequence_no, read.timestamp) == ("r", 5, "now")


@LAW
@given(st.binary(max_size=40), st.sampled_from(FAMILIES))
def test_no_bytes_break_the_decoder(payload: bytes, family: type[Record]) -> None:
    try:
        decode(family.TYPE, 1, payload)
    except CodecError:
        return


# --- the declaration and the schema


def test_tags_and_types_are_unique() -> None:
    for family in FAMILIES:
        tags = [item.tag for item in layout(family)]
        assert len(set(tags)) == len(tags), family
        assert tags[:3] == [1, 2, 3]
        assert {"run_id", "sequence_no", "timestamp"} == {i.name for i in layout(family)[:3]}
    assert len({family.TYPE for family in FAMILIES}) == len(FAMILIES)


def test_every_field_but_unknown_has_a_tag() -> None:
    for family in FAMILIES:
        names = {field.name for field in dataclasses.fields(family)}
        assert names - {item.name for item in layout(family)} == {"unknown"}


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.TYPE)
def test_the_kinds_of_a_family_are_those_its_description_lists(family: type[Record]) -> None:
    said = re.search(r"Kinds:(.*?)(?:\.\s+[`A-Z]|\Z)", family.__doc__ or "", re.DOTALL)
    listed = set(re.findall(r"`([a-z_]+)`", said[1])) if said else set()
    assert set(family.KINDS) <= listed or not family.KINDS
    assert bool(family.KINDS) == ("kind" in {item.name for item in layout(family)})


def test_the_schema_file_is_what_the_code_says() -> None:
    stored = resources.files("attractorc.schemas").joinpath("event.schema.json")
    assert stored.read_text(encoding="utf-8") == event_schema_text(), (
        "schemas/event.schema.json is old: write event_schema_text() to it"
    )


@LAW
@given(ANY_RECORD.filter(lambda record: record.timestamp and record.run_id))
def test_every_event_fits_the_schema(record: Record) -> None:
    validator().validate(to_json(record))


@cache
def validator() -> Draft202012Validator:
    schema = event_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"type": "attractor.nothing"},
        to_json(RunLifecycle(run_id="r", timestamp="t", kind="exploded")),
        to_json(RunLifecycle(run_id="r", timestamp="t", kind="resumed")) | {"extra": 1},
        to_json(StageLifecycle(run_id="r", timestamp="t", kind="started")) | {"visit": "1"},
    ],
)
def test_the_schema_refuses_what_is_no_event(event: dict[str, Any]) -> None:
    assert not validator().is_valid(event)


def test_a_record_is_frozen_and_holds_only_what_it_was_given() -> None:
    record = StageLifecycle(kind="started", node_id="a")
    with pytest.raises(FrozenInstanceError):
        record.kind = "completed"  # type: ignore[misc]
    assert vars(record) == {"kind": "started", "node_id": "a"}
    assert (record.attempt, record.context_updates, record.pid) == (1, {}, None)
    assert record == StageLifecycle(kind="started", node_id="a", attempt=1, context_updates={})


def test_equal_records_have_equal_bytes_whatever_they_were_given() -> None:
    short = StageLifecycle(run_id="r", sequence_no=1, timestamp="t", kind="started", node_id="a")
    whole = replace(short)
    assert len(vars(whole)) > len(vars(short))
    assert encode(whole) == encode(short)


def test_a_name_that_is_no_field_is_found_out() -> None:
    odd: dict[str, Any] = {"kind": "started", "nodeid": "a"}
    with pytest.raises(AssertionError, match="StageLifecycle has no field nodeid"):
        encode(StageLifecycle(**odd))


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_nobody_has_written_into_the_defaults_of(family: type[Record]) -> None:
    made = family()
    for item in layout(family):
        assert not isinstance(getattr(made, item.name), list | dict) or not getattr(made, item.name)


def test_a_large_record_is_not_paid_for_in_memory_after_it() -> None:
    encode(StageLifecycle(kind="completed"))
    tracemalloc.start()
    try:
        encode(StageLifecycle(kind="completed", context_updates={"k": "x" * 20_000_000}))
        left, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert left < 2_100_000
