"""Runs that a newer program has written in: shown, exported, and not gone on with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import msgpack
import pytest

from attractorc.interpreter.driver.replay import replay
from attractorc.interpreter.ports import Index, Store, StoreError
from attractorc.interpreter.queries import attempts, events, questions, show, timeline
from attractorc.interpreter.queries.run_directory import RunDirectory
from attractorc.interpreter.records.codec import to_json
from attractorc.interpreter.stores.memory import MemoryStore

from .journals import asking_plan
from .pipelines import Says, run

NEWER = {
    "a family": ("attractor.newer_thing", {4: "hello", 9: {"deep": [1]}}, "hello"),
    "a kind": ("attractor.stage_lifecycle", {4: "transmogrified", 5: "approve"}, "transmogrified"),
}


def parked(record_type: str, fields: dict[int, object], kind: str) -> Store:
    """A parked run whose last record somebody newer wrote."""
    store = MemoryStore()
    number = run(asking_plan(), store=store).records[-1].sequence_no + 1
    payload = msgpack.packb({1: "run-1", 2: number, 3: "2027-01-01T00:00:00.000Z", **fields})
    index = Index("run-1", number, kind)
    context = store.run("run-1").context
    store.append(context, record_type, 7, payload, f"run-1|{number}", index=index)
    return store


@pytest.mark.parametrize("what", NEWER)
def test_queries_show_what_they_know_of_it(what: str, tmp_path: Path) -> None:
    record_type, fields, kind = NEWER[what]
    store = parked(record_type, fields, kind)
    last = to_json(events(store, "run-1", limit=1000)[-1])
    assert last["type"] == record_type
    assert kind in json.dumps(last)
    assert show(store, "run-1").status == "parked"
    assert [one.status for one in questions(store, "run-1")] == ["open"]
    assert attempts(store, "run-1")
    assert timeline(store, "run-1")
    RunDirectory(tmp_path, store, "run-1").export()
    checkpoint = json.loads((tmp_path / "checkpoint.json").read_bytes())
    assert checkpoint["completed_nodes"] == ["start"]
    assert "is not known to this program" in checkpoint["logs"][-1]


@pytest.mark.parametrize("what", NEWER)
def test_nobody_goes_on_who_does_not_know_all_that_happened(what: str) -> None:
    store = parked(*NEWER[what])
    asks: list[Callable[[], object]] = [
        lambda: replay(store, "run-1"),
        lambda: run(asking_plan(), store=store, resume=True, interviewer=Says("Y")),
    ]
    for ask in asks:
        with pytest.raises(StoreError, match="was written by a newer attractorc"):
            ask()
    store.lease("run-1").release()


def test_fields_of_a_newer_program_stop_nobody(tmp_path: Path) -> None:
    store = parked("attractor.checkpoint_saved", {4: "approve", 99: {"x": 1}}, "")
    ran = run(asking_plan(), store=store, resume=True, interviewer=Says("Y"))
    assert ran.result.status == "success"
    assert any(record.unknown == {99: {"x": 1}} for record in ran.records)


def test_a_damaged_record_is_one_sentence() -> None:
    store = parked("attractor.checkpoint_saved", {4: 5}, "")
    with pytest.raises(StoreError, match=r"turn 11: a record of type .* is damaged"):
        replay(store, "run-1")
