"""Contexts of a run in the store: spine, branches, attempts; and lineage through all of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from attractorc.compiler.policy import ForEach, Merge, MergeRule
from attractorc.interpreter.driver.journal import index_of
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.ports import Store, Turn
from attractorc.interpreter.queries import Origin, lineage, why
from attractorc.interpreter.records import FanInDecision, ParallelLifecycle, StageLifecycle
from attractorc.interpreter.records.codec import decode
from attractorc.interpreter.stores.memory import MemoryStore
from attractorc.interpreter.stores.sqlite import SqliteStore

from .journals import asking_plan, nested_plan, nested_run, race_plan
from .pipelines import Ran, Says, fails, plan, quick, run, step, writes
from .test_dynamic import dynamic

APPENDED = Merge((MergeRule("said", "append"),))


async def says_its_item(call: Any) -> Outcome:
    return writes(said=call.context["item"])


def dynamic_run(store: Store) -> Ran:
    made = dynamic(ForEach("files"), merge=APPENDED)
    return run(made, {"list": writes(files=["x", "y"]), "work": says_its_item}, store=store)


def resumed_run(store: Store) -> Ran:
    """The nested run, stopped by a failing disk in its middle and resumed by another engine."""
    whole = nested_run()
    behaviour = dict(whole.handler.behaviour)
    cut = next(
        record.sequence_no
        for record in whole.records
        if isinstance(record, FanInDecision) and record.node_id == "inner_in"
    )
    copy_prefix(whole, store, cut)
    return run(nested_plan(), behaviour, store=store, resume=True)


def copy_prefix(ran: Ran, store: Store, last: int) -> None:
    """The beginning of a journal, as it would be after a crash: the same turns and contexts."""
    row = ran.store.run("run-1")
    contexts: dict[str, str] = {row.context: store.create_context()}
    ids: dict[str, str] = {}
    turns = ran.store.records("run-1", limit=10_000)
    for record, turn in zip(ran.records, turns, strict=True):
        if record.sequence_no > last:
            break
        if turn.context not in contexts:
            assert turn.parent is not None
            contexts[turn.context] = store.fork_context(ids[turn.parent])
        if record.sequence_no == 1:
            store.create_run(row)
        copied = store.append(
            contexts[turn.context],
            turn.type,
            turn.version,
            turn.payload,
            turn.key,
            index=index_of(record),
        )
        assert (copied.id, copied.context) == (turn.id, turn.context)
        ids[turn.id] = copied.id
        if blob := getattr(record, "blob", ""):
            store.put_blob(ran.store.get_blob(blob))
    store.update_run("run-1", "running", row.updated)
    store.commit()


RUNS: dict[str, Callable[[Store], Ran]] = {
    "nested": nested_run,
    "dynamic": dynamic_run,
    "resumed": resumed_run,
    "race": lambda store: run(race_plan(), {"slow": writes(a=1)}, store=store),
}


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "runs.db")


def turns_of(ran: Ran) -> list[tuple[Any, Turn]]:
    turns = ran.store.records("run-1", limit=10_000)
    return [(decode(turn.type, turn.version, turn.payload), turn) for turn in turns]


@pytest.mark.parametrize("name", RUNS)
def test_every_branch_is_forked_from_the_turn_before_its_fan_out(name: str, store: Store) -> None:
    ran = RUNS[name](store)
    found = turns_of(ran)
    starts = {
        (record.path, record.node_id, record.visit): turn.parent
        for record, turn in found
        if isinstance(record, StageLifecycle) and record.kind == "started" and record.attempt == 1
    }
    paths = {"": ran.store.run("run-1").context}
    for record, turn in found:
        if isinstance(record, ParallelLifecycle) and record.kind == "branch_started":
            paths[record.branch_path or ""] = turn.context
            base = starts[record.path, record.node_id, record.visit]
            assert (record.base_turn, turn.parent) == (base, base)
            assert record.base_context == paths[record.path]
            assert record.context == turn.context
            assert ran.store.last(turn.context, 10_000)[0] is not None
    assert len(set(paths.values())) == len(paths), "a branch shares no context"
    for record, turn in found:
        if isinstance(record, StageLifecycle) and record.attempt == 1:
            assert turn.context == paths[record.path], "a stage is in its walker's context"


@pytest.mark.parametrize("name", RUNS)
def test_a_fan_in_names_every_branchs_context_and_last_turn(name: str, store: Store) -> None:
    ran = RUNS[name](store)
    found = turns_of(ran)
    for decision in ran.of(FanInDecision):
        own = [
            record
            for record, _ in found
            if isinstance(record, ParallelLifecycle)
            and record.kind == "branch_started"
            and (record.path, record.node_id, record.visit)
            == (decision.path, decision.fan_out, decision.fan_out_visit)
        ]
        assert [one["id"] for one in decision.branches] == [one.branch_id for one in own]
        for one, started in zip(decision.branches, own, strict=True):
            assert one["context"] == started.context
            if one["end"] != "cancelled":
                head = store.head(one["context"])
                assert head is not None
                assert one["terminal_turn"] == head.id


def test_each_retry_is_forked_from_the_same_entry(store: Store) -> None:
    made = plan(quick(step("a", "exit"), 3))
    ran = run(made, {"a": [fails(), fails(), fails(), writes(k=1)]}, store=store)
    found = [
        (record, turn)
        for record, turn in turns_of(ran)
        if isinstance(record, StageLifecycle) and record.node_id == "a" and record.kind == "started"
    ]
    assert [record.attempt for record, _ in found] == [1, 2, 3, 4]
    assert len({turn.parent for _, turn in found}) == 1
    assert len({turn.context for _, turn in found}) == 4
    spine = ran.store.run("run-1").context
    (last,) = ran.of(StageLifecycle, "completed")[1:2]
    assert next(turn for record, turn in turns_of(ran) if record == last).context == spine
    assert {record.base_turn for record, _ in found[1:]} == {found[0][1].parent}


def test_a_retry_after_a_resume_is_forked_from_the_entry_of_before(store: Store) -> None:
    """The gate keeps the first engine's entry; the second one's attempts come after a park."""
    run(asking_plan(), store=store)
    made = run(asking_plan(), {"ship": writes(k=1)}, store=store, resume=True,
               interviewer=Says("Y"))  # fmt: skip
    contexts = {turn.context for _, turn in turns_of(made)}
    assert contexts == {store.run("run-1").context}


# --- lineage


def origin_of(store: Store, key: str, path: str = "") -> Origin | None:
    found = lineage(store, "run-1", key, path)
    return None if found is None else found.origin


def writers(origin: Origin | None) -> Any:
    """How a value came to be, as a tree of writers."""
    if origin is None:
        return None
    inner = [writers(one.origin) or one.writer for one in origin.contributions]
    return (origin.writer, inner) if inner else origin.writer


@pytest.mark.parametrize("name", ["nested", "resumed"])
def test_lineage_goes_through_nested_regions(name: str, store: Store) -> None:
    ran = RUNS[name](store)
    assert writers(origin_of(ran.store, "findings")) == (
        "/gather.1@1",
        [
            "/checks.1/lint/lint.1@1",
            (
                "/checks.1/deep/inner_in.1@1",
                ["/checks.1/deep/deep.1/a/a.1@1", "/checks.1/deep/deep.1/b/b.1@1"],
            ),
        ],
    )
    base = origin_of(ran.store, "findings")
    assert base is not None
    assert writers(base.base) == "/prepare.1@1"


def test_lineage_names_the_elements_of_a_dynamic_fan_out(store: Store) -> None:
    ran = dynamic_run(store)
    assert writers(origin_of(ran.store, "said")) == (
        "/join.1@1",
        ["/each.1/work%5B0%5D/work.1@1", "/each.1/work%5B1%5D/work.1@1"],
    )
    (told,) = why(ran.store, "run-1", "said")
    assert told.kind == "key"
    assert "work[1]" in "\n".join(told.lines)


def test_lineage_of_a_value_that_a_resumed_run_read_from_before(store: Store) -> None:
    made = asking_plan()
    run(made, {"start": writes()}, store=store, inputs={"base": "main"})
    ran = run(made, {"ship": writes(k=1)}, store=store, resume=True, interviewer=Says("Y"))
    assert ran.result.status == Status.SUCCESS.value
    assert writers(origin_of(store, "k")) == "/ship.1@1"
    found = origin_of(store, "inputs.base")
    assert found is not None
    assert (found.how, found.value) == ("input", "main")
