"""Replay holds a journal against the machine: true ones pass, altered ones are found out.

Every run that `pipelines.run` makes is replayed there; here journals are altered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from attractorc.compiler.plan.model import Human
from attractorc.interpreter.driver.journal import index_of, read
from attractorc.interpreter.driver.replay import replay
from attractorc.interpreter.ports import StoreError
from attractorc.interpreter.records import (
    FanInDecision,
    ParallelLifecycle,
    Record,
    RouteDecision,
    RunLifecycle,
    StageLifecycle,
)
from attractorc.interpreter.records.codec import encode
from attractorc.interpreter.stores.memory import MemoryStore

from .journals import nested_run
from .pipelines import Says, fails, fan, plan, quick, run, step, to, writes

Change = Callable[[Record], Record | None]


def altered(
    original: MemoryStore, change: Change, run_id: str = "run-1"
) -> tuple[MemoryStore, int]:
    """A store with the run's records, one of them altered or left out; and which one."""
    store = MemoryStore()
    row = original.run(run_id)
    context = store.create_context()
    store.create_run(replace(row, context=context))
    at = 0
    for record, _turn in read(original, run_id):
        if isinstance(record, RunLifecycle) and record.kind == "initialized":
            store.put_blob(b"")
        blob = getattr(record, "blob", "")
        if blob:
            store.put_blob(original.get_blob(blob))
        said = record if at else change(record)
        if said != record:
            at = record.sequence_no
        if said is None:
            continue
        key = f"{run_id}|{record.sequence_no}"
        store.append(context, said.TYPE, said.TYPE_VERSION, encode(said), key, index=index_of(said))
    return store, at


def first(family: type[Record], alter: Callable[[Any], Record | None], **fields: Any) -> Change:
    """Alters records of a family that have these fields; `altered` asks until one is."""

    def change(record: Record) -> Record | None:
        named = all(getattr(record, name, None) == value for name, value in fields.items())
        return alter(record) if isinstance(record, family) and named else record

    return change


ALTERED = {
    "a join that was decided otherwise": first(
        ParallelLifecycle,
        lambda one: replace(one, join={**one.join, "satisfied": False}),
        kind="join_decided",
    ),
    "an end that was never reached": first(
        ParallelLifecycle, lambda one: replace(one, status="fail"), kind="branch_completed"
    ),
    "a branch that was started too early": first(
        ParallelLifecycle, lambda one: replace(one, branch_index=2), kind="branch_started"
    ),
    "a winner that did not win": first(
        FanInDecision, lambda one: replace(one, winner={**one.winner, "id": "nobody"})
    ),
    "a merged value that nobody wrote": first(
        FanInDecision,
        lambda one: replace(one, context_updates={**one.context_updates, "total": 99}),
        fan_out="checks",
    ),
    "a way that no edge leads": first(
        RouteDecision,
        lambda one: replace(one, selected_edge={"from": "prepare", "to": "exit"}),
        node_id="prepare",
    ),
    "a decision that is missing": first(FanInDecision, lambda one: None),
    "a try too few": first(
        StageLifecycle, lambda one: replace(one, kind="failed"), kind="retrying"
    ),
    "a run that ended otherwise": first(
        RunLifecycle, lambda one: replace(one, status="fail"), kind="finalized"
    ),
    "an outcome with another digest": first(
        RunLifecycle, lambda one: replace(one, outcome_digest="sha256:0"), kind="finalized"
    ),
}


@pytest.mark.parametrize("change", ALTERED.values(), ids=ALTERED)
def test_an_altered_journal_differs_where_it_was_altered(change: Change) -> None:
    store = MemoryStore()
    nested_run(store)
    assert replay(store, "run-1").difference is None
    false, at = altered(store, change)
    assert at > 0
    difference = replay(false, "run-1").difference
    assert difference is not None
    assert at <= difference.sequence_no <= at + 1, difference


def test_what_a_handler_brought_is_taken_as_it_stands_but_not_what_follows_from_it() -> None:
    store = MemoryStore()
    run(fan("a b"), {"a": writes(x=1)}, store=store)
    change = first(
        StageLifecycle,
        lambda one: replace(one, kind="failed", status="fail", context_updates={}),
        kind="completed",
        node_id="a",
    )
    false, at = altered(store, change)
    difference = replay(false, "run-1").difference
    assert difference is not None
    assert difference.sequence_no > at
    assert difference.what == "branch_arrived /fan", "a failure goes to the fan-in too"


def test_a_difference_shows_the_fields_that_differ_and_only_them() -> None:
    store = MemoryStore()
    run(fan("a b"), store=store)
    false, at = altered(store, ALTERED["an end that was never reached"])
    difference = replay(false, "run-1").difference
    assert difference is not None
    assert (difference.sequence_no, difference.what) == (at, "branch_completed /fan")
    assert difference.found == {"status": "fail"}
    assert difference.expected == {"status": "success"}


def test_a_run_that_is_not_over_replays_as_far_as_it_is() -> None:
    made = plan(step("ask", to("exit", "[Y] Yes"), work=Human(("Well?",))))
    store = MemoryStore()
    assert run(made, store=store).result.status == "parked"
    assert replay(store, "run-1").status == "parked"
    run(made, store=store, resume=True, interviewer=Says("Yes"))
    came = replay(store, "run-1")
    assert (came.status, came.difference) == ("success", None)
    assert came.decisions > 5


def test_retries_that_gave_up_replay() -> None:
    made = plan(quick(step("a", "exit"), 2))
    store = MemoryStore()
    run(made, {"a": fails()}, store=store)
    assert replay(store, "run-1").difference is None


def test_a_run_that_is_not_there_is_said_in_a_sentence() -> None:
    with pytest.raises(StoreError):
        replay(MemoryStore(), "nobody")
