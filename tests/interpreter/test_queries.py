"""What queries say about runs that really ran, and about journals written by hand."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from syrupy.assertion import SnapshotAssertion

from attractorc.compiler.plan.model import FanIn, Parallel
from attractorc.compiler.policy import FanOut, Join, Merge, MergeRule
from attractorc.interpreter.driver.journal import index_of
from attractorc.interpreter.driver.replay import replay
from attractorc.interpreter.ports import Filter, NotFound, RunRow, Store, StoreError
from attractorc.interpreter.queries import (
    AmbiguousRun,
    Origin,
    UnknownTarget,
    attempts,
    branches,
    checkpoints,
    events,
    fan_in_decisions,
    joins,
    lineage,
    parting,
    questions,
    resolve,
    runs,
    show,
    timeline,
    why,
)
from attractorc.interpreter.queries.retention import RemovedRuns
from attractorc.interpreter.queries.schema import LINES, query_schema, query_schema_text
from attractorc.interpreter.records import (
    CheckpointSaved,
    ParallelLifecycle,
    Record,
    RunLifecycle,
    StageLifecycle,
)
from attractorc.interpreter.records.codec import UnknownRecord, encode
from attractorc.interpreter.stores.memory import MemoryStore
from attractorc.interpreter.workspace import Leftover

from .journals import asking_plan, nested_run, race_plan
from .pipelines import Ran, fails, fan, plan, region, run, step, writes


@cache
def nested() -> Ran:
    return nested_run()


@pytest.fixture
def store() -> Store:
    return nested().store


def origin_of(store: Store, key: str, path: str = "") -> Origin | None:
    found = lineage(store, "run-1", key, path)
    return None if found is None else found.origin


def text(found: Any) -> str:
    return "\n".join(line for explanation in found for line in explanation.lines)


# --- journals by hand


def by_hand(*records: Record, status: str = "running") -> MemoryStore:
    """A store with one run `r1` of these records, numbered from 1, one second apart."""
    store = MemoryStore()
    context = store.create_context()
    store.create_run(RunRow("r1", context, "p", "d", status, "t0", "t1"))
    for number, draft in enumerate(records, 1):
        stamp = f"2026-01-01T00:00:{number:02}.000Z"
        record = dataclasses.replace(draft, run_id="r1", sequence_no=number, timestamp=stamp)
        key = str(number)
        payload = encode(record)
        store.append(context, record.TYPE, 1, payload, key, index=index_of(record))
    return store


def stage(kind: str, node: str, path: str = "", **fields: Any) -> StageLifecycle:
    attempt = fields.get("attempt", 1)
    name = f"r1:{path}/{node}.{fields.get('visit', 1)}@{attempt}"
    return StageLifecycle(kind=kind, node_id=node, path=path, stage_attempt_id=name, **fields)


def branch(kind: str, name: str, **fields: Any) -> ParallelLifecycle:
    path = f"/f.1/{name}"
    return ParallelLifecycle(kind=kind, node_id="f", branch_id=name, branch_path=path, **fields)


def fork(*names: str) -> ParallelLifecycle:
    made = [{"id": name, "head": name, "activated": True} for name in names]
    return ParallelLifecycle(kind="started", node_id="f", branches=made, branch_count=len(made))


# --- runs


def many_runs(*ids: str) -> MemoryStore:
    store = MemoryStore()
    for number, run_id in enumerate(ids):
        status = "parked" if number % 2 else "success"
        store.create_run(RunRow(run_id, store.create_context(), "p", "d", status, "t", "t"))
    return store


def test_a_run_is_meant_by_its_id_by_a_beginning_or_as_the_last_one() -> None:
    store = many_runs("20260101-aaa", "20260101-bbb", "20260202-ccc", "20260101-aaa-2")
    assert resolve(store, "20260202").run_id == "20260202-ccc"
    assert resolve(store, "last").run_id == "20260101-aaa-2"
    # A whole id is meant even where another one goes on from it.
    assert resolve(store, "20260101-aaa").run_id == "20260101-aaa"


def test_a_beginning_that_fits_several_runs_says_which() -> None:
    store = many_runs("20260101-aaa", "20260101-bbb", "20260202-ccc")
    with pytest.raises(AmbiguousRun, match=r"fits 2 runs: 20260101-bbb, 20260101-aaa$"):
        resolve(store, "20260101")
    many = many_runs(*(f"x{number}" for number in range(300)))
    with pytest.raises(AmbiguousRun, match=r"fits 300 runs: x299, .* and 295 more$"):
        resolve(many, "x")


@pytest.mark.parametrize("name", ["nope", "", "20260202-cccc"])
def test_a_name_that_fits_no_run_is_not_found(name: str) -> None:
    with pytest.raises(NotFound, match="no run"):
        resolve(many_runs("20260202-ccc"), name)


def test_the_last_run_of_an_empty_store_is_not_found() -> None:
    with pytest.raises(NotFound, match="no run in the store yet"):
        resolve(MemoryStore(), "last")


def test_runs_are_listed_by_status_in_pages() -> None:
    store = many_runs(*(f"x{number}" for number in range(250)))
    parked = runs(store, status="parked", limit=120)
    assert [row.run_id for row in parked[:2]] == ["x249", "x247"]
    assert len(parked) == 120
    rest = runs(store, status="parked", after=parked.more, limit=120)
    assert [row.run_id for row in rest] == ["x9", "x7", "x5", "x3", "x1"]


def test_a_summary_counts_and_names(store: Store) -> None:
    found = show(store, "run-1")
    assert (found.status, found.ended, found.goal, found.epochs) == ("success", True, "Check it", 1)
    assert found.inputs == {"base": "main"}
    assert found.outcome_digest.startswith("sha256:")
    assert found.checkpoint.startswith("cp-")
    assert found.where == ()
    assert {name: count for name, count in found.counts.items() if count} == {
        "stages_completed": 10,
        "stages_failed": 1,
        "retries": 1,
        "branches_succeeded": 4,
        "branches_failed": 1,
    }
    assert [(join.fan_out, join.winner) for join in found.joins] == [
        ("/checks.1", "lint"),
        ("/checks.1/deep/deep.1", "a"),
    ]


def test_a_summary_of_an_unfinished_run_says_where_it_is() -> None:
    store = by_hand(
        RunLifecycle(kind="initialized", epoch=1),
        stage("started", "a"),
        stage("completed", "a", status="success"),
        stage("started", "f"),
        fork("x", "y"),
        stage("started", "x", "/f.1/x"),
        stage("process_started", "x", "/f.1/x", pid=7),
        stage("started", "y", "/f.1/y"),
        stage("retrying", "y", "/f.1/y", status="fail", next_attempt=2, delay_ms=10),
        RunLifecycle(kind="resumed", epoch=2),
    )
    found = show(store, "r1")
    assert [(place.stage, place.attempt) for place in found.where] == [
        ("/f.1", 1),
        ("/f.1/x/x.1", 1),
    ]
    assert found.epochs == 2
    assert found.joins[0].state == "undecided"


# --- events and timeline


def test_events_are_pages_of_records(store: Store) -> None:
    pages, after = [], 0
    while page := events(store, "run-1", after=after, limit=7):
        pages.append(page)
        after = page[-1].sequence_no
    numbers = [record.sequence_no for page in pages for record in page]
    assert numbers == list(range(1, len(nested().records) + 1))
    assert {len(page) for page in pages[:-1]} == {7}


def test_the_timeline_has_stages_only_and_heeds_filters(store: Store) -> None:
    found = timeline(store, "run-1", Filter(path="/checks.1/unit"))
    assert [(entry.kind, entry.attempt, entry.note) for entry in found] == [
        ("started", 1, ""),
        ("retrying", 1, "2 tests failed"),
        ("ready", 2, ""),
        ("started", 2, ""),
        ("failed", 2, "2 tests failed"),
    ]
    assert {entry.stage for entry in found} == {"/checks.1/unit/unit.1"}
    after = timeline(store, "run-1", Filter(node_id="unit"), found[0].sequence_no, 2)
    assert after == found[1:3]


def test_large_values_are_read_back_whole() -> None:
    large = "x" * 100_000
    ran = run(plan(step("a", "exit")), {"a": writes(big=large)})
    (record,) = events(ran.store, "run-1", Filter(node_id="a", kinds=("completed",)))
    assert isinstance(record, StageLifecycle)
    assert record.context_updates["big"] == large
    origin = origin_of(ran.store, "big")
    assert origin is not None
    assert origin.value == large


def test_records_of_a_newer_program_are_shown() -> None:
    store = by_hand(RunLifecycle(kind="initialized"))
    payload = encode(CheckpointSaved(run_id="r1", sequence_no=2))
    context = store.run("r1").context
    newer = index_of(CheckpointSaved(run_id="r1", sequence_no=2))
    store.append(context, "attractor.from_the_future", 1, payload, "x", index=newer)
    assert isinstance(events(store, "r1")[1], UnknownRecord)


def test_a_damaged_record_is_one_sentence() -> None:
    store = by_hand(RunLifecycle(kind="initialized"))
    context = store.run("r1").context
    newer = index_of(RunLifecycle(run_id="r1", sequence_no=2))
    store.append(context, RunLifecycle.TYPE, 1, b"\xc1", "x", index=newer)
    with pytest.raises(StoreError, match=r"turn 2: a record of type .* is damaged"):
        events(store, "r1")


# --- branches, attempts, questions


def test_branches_say_where_they_are() -> None:
    store = by_hand(
        fork("waiting", "running", "arrived", "ended", "skipped"),
        branch("branch_started", "running"),
        stage("started", "n", "/f.1/running"),
        stage("retrying", "n", "/f.1/running", next_attempt=2),
        stage("started", "n", "/f.1/running", attempt=2),
        branch("branch_started", "arrived"),
        branch(
            "branch_arrived",
            "arrived",
            status="fail",
            reason="no",
            terminal_stage="/f.1/arrived/n.1",
        ),
        branch("branch_failed", "ended", status="timed_out", reason="late", duration_ms=9),
        branch("branch_skipped", "skipped", status="skipped"),
    )
    found = {entry.branch_id: entry for entry in branches(store, "r1")}
    assert [(entry.state, entry.end, entry.stage, entry.attempt) for entry in found.values()] == [
        ("waiting", "", "", None),
        ("running", "", "/f.1/running/n.1", 2),
        ("arrived", "", "/f.1/arrived/n.1", None),
        ("ended", "timed_out", "", None),
        ("ended", "skipped", "", None),
    ]
    assert (found["ended"].reason, found["ended"].duration_ms) == ("late", 9)
    assert (found["arrived"].reason, found["arrived"].index) == ("no", 2)


def test_branches_of_a_run_have_their_ends_scores_and_contexts(store: Store) -> None:
    found = branches(store, "run-1")
    assert [(entry.path, entry.end, entry.score) for entry in found] == [
        ("/checks.1/lint", "success", 0.5),
        ("/checks.1/unit", "fail", None),
        ("/checks.1/deep", "success", None),
        ("/checks.1/deep/deep.1/a", "success", 0.9),
        ("/checks.1/deep/deep.1/b", "success", None),
    ]
    assert all(entry.context and entry.head_turn for entry in found)
    inner = branches(store, "run-1", Filter(path="/checks.1/deep/deep.1"))
    assert [entry.branch_id for entry in inner] == ["a", "b"]
    assert branches(store, "run-1", Filter(path="/checks.1/de")) == ()


def test_attempts_pair_starts_with_what_came_of_them(store: Store) -> None:
    found = attempts(store, "run-1", Filter(node_id="unit"))
    assert [(entry.attempt, entry.result, entry.status, entry.delay_ms) for entry in found] == [
        (1, "retrying", "fail", 1),
        (2, "failed", "fail", None),
    ]
    everything = attempts(store, "run-1")
    paged, after = [], 0
    while page := attempts(store, "run-1", after=after, limit=3):
        assert len(page) <= 3
        paged += page
        after = page[-1].sequence_no
    assert tuple(paged) == everything
    assert attempts(store, "run-1", stage="/checks.1/unit/unit.1") == found


def test_an_interrupted_attempt_stands_apart_from_its_rerun() -> None:
    store = by_hand(
        stage("started", "a", epoch=1),
        stage("interrupted", "a"),
        stage("started", "a", epoch=2),
        stage("completed", "a", status="success"),
        stage("failed", "b", status="fail", outcome_source="engine", failure_reason="max_visits"),
        stage("started", "c", epoch=2),
    )
    assert [(e.node_id, e.attempt, e.epoch, e.result) for e in attempts(store, "r1")] == [
        ("a", 1, 1, "interrupted"),
        ("a", 1, 2, "completed"),
        ("b", 1, None, "failed"),
        ("c", 1, 2, "running"),
    ]


def test_questions_are_open_until_answered() -> None:
    store = MemoryStore()
    parked = run(asking_plan(), store=store)
    assert parked.result.status == "parked"
    (asked,) = questions(store, "run-1", status="open")
    assert (asked.question_id, asked.text) == ("/approve.1", "Ship it?")
    assert [dict(option)["key"] for option in asked.options] == ["Y", "N"]  # type: ignore[arg-type]
    store.post("run-1", "answer", {"question": "/approve.1", "choice": "Y"}, "t")
    run(asking_plan(), store=store, resume=True)
    assert questions(store, "run-1", status="open") == ()
    (answered,) = questions(store, "run-1")
    assert (answered.status, answered.answer) == ("answered", "Y")
    assert answered.ended > answered.asked


# --- joins, merges, why


def test_joins_tell_the_order_and_the_losers() -> None:
    ran = run(race_plan())
    (join,) = joins(ran.store, "run-1")
    assert (join.satisfied, join.policy, join.decide) == (True, "first_success", "arrival")
    assert len(join.taken) == 1
    assert {join.taken[0].branch, *join.losers} == {"slow", "quick"}
    assert join.winner == join.taken[0].branch
    assert "decided without" in text(why(ran.store, "run-1", "race"))


def test_fan_in_decisions_are_pages_of_records(store: Store) -> None:
    assert [record.node_id for record in fan_in_decisions(store, "run-1")] == ["inner_in", "gather"]
    (only,) = fan_in_decisions(store, "run-1", Filter(node_id="gather"))
    assert fan_in_decisions(store, "run-1", after=only.sequence_no) == ()


def test_why_explains_every_join_and_merge(store: Store, snapshot: SnapshotAssertion) -> None:
    assert text(why(store, "run-1")) == snapshot


@pytest.mark.parametrize("target", ["gather", "/gather.1", "checks", "/checks.1"])
def test_a_join_is_asked_for_by_fan_out_or_fan_in(store: Store, target: str) -> None:
    (found,) = why(store, "run-1", target)
    assert (found.kind, found.target) == ("join", "/checks.1")


@pytest.mark.parametrize(
    "key",
    [
        "findings",
        "total",
        "score",
        "inputs.base",
        "parallel.results",
        "parallel.checks.branch.lint.context.note",
    ],
)
def test_why_explains_a_key(store: Store, key: str, snapshot: SnapshotAssertion) -> None:
    assert text(why(store, "run-1", key)) == snapshot


def test_why_refuses_what_was_never_decided(store: Store) -> None:
    with pytest.raises(UnknownTarget, match="key 'findngs'; did you mean 'findings'"):
        why(store, "run-1", "findngs")


def test_why_tells_an_unsatisfied_join_and_what_it_excluded() -> None:
    policy = FanOut(Join("all_success", text="all_success"))
    pipeline = plan(
        step("fan", work=Parallel()),
        step("good", "meet", region="fan"),
        step("bad", "meet", region="fan"),
        step("meet", "exit", work=FanIn("fan")),
        regions=(region("fan", "good bad", "meet", policy=policy),),
    )
    ran = run(pipeline, {"good": writes(report="fine"), "bad": fails("it broke")})
    told = text(why(ran.store, "run-1"))
    assert "all_success, not satisfied" in told
    assert "2. bad: fail" in told


def test_why_tells_a_conflict_with_its_branches_and_values() -> None:
    merge = Merge((MergeRule("verdict", "same"),))
    pipeline = plan(
        step("fan", work=Parallel()),
        step("left", "meet", region="fan"),
        step("right", "meet", region="fan"),
        step("meet", "exit", work=FanIn("fan")),
        regions=(region("fan", "left right", "meet", merge=merge),),
    )
    ran = run(pipeline, {"left": writes(verdict="go"), "right": writes(verdict="stop")})
    told = text(why(ran.store, "run-1", "verdict"))
    assert "'verdict' has no value on the trunk" in told
    assert 'left wrote "go" by /fan.1/left/left.1@1: in conflict' in told
    assert 'right wrote "stop"' in told


# --- lineage


def test_a_merged_value_leads_to_every_attempt_that_wrote_it(store: Store) -> None:
    origin = origin_of(store, "findings")
    assert origin is not None
    assert (origin.how, origin.writer, origin.strategy) == ("merge", "/gather.1@1", "append")
    assert origin.base is not None
    assert (origin.base.how, origin.base.writer) == ("stage", "/prepare.1@1")
    assert list(attempts_below(origin)) == [
        "/checks.1/lint/lint.1@1",
        "/checks.1/deep/deep.1/a/a.1@1",
        "/checks.1/deep/deep.1/b/b.1@1",
    ]


def attempts_below(origin: Any) -> Iterator[str]:
    for one in origin.contributions:
        if one.origin is None:
            yield one.writer
        else:
            yield from attempts_below(one.origin)


def test_lineage_can_start_within_a_branch(store: Store) -> None:
    inner = origin_of(store, "findings", "/checks.1/deep")
    assert inner is not None
    assert (inner.writer, inner.strategy) == ("/checks.1/deep/inner_in.1@1", "union")
    seen = origin_of(store, "findings", "/checks.1/unit")
    # `unit` wrote nothing: it saw what was there at the fork, or what the trunk has now.
    assert seen is not None
    assert seen.path == ""


def test_what_nobody_wrote_has_no_lineage(store: Store) -> None:
    assert lineage(store, "run-1", "nothing") is None


def test_the_last_writer_of_a_key_is_its_origin() -> None:
    ran = run(plan(step("a", "b"), step("b", "exit")), {"a": writes(x=1, y=1), "b": writes(x=2)})
    found = {key: origin_of(ran.store, key) for key in ("x", "y")}
    assert {key: origin.writer for key, origin in found.items() if origin} == {
        "x": "/b.1@1",
        "y": "/a.1@1",
    }


# --- paging and JSON


def test_the_schema_file_is_what_the_code_says() -> None:
    stored = resources.files("attractorc.schemas").joinpath("query.schema.json")
    assert stored.read_text(encoding="utf-8") == query_schema_text(), (
        "schemas/query.schema.json is old: write query_schema_text() to it"
    )


def test_every_line_of_json_fits_its_schema(store: Store) -> None:
    schema = query_schema()
    Draft202012Validator.check_schema(schema)
    parked = MemoryStore()
    run(asking_plan(), store=parked)
    pair = MemoryStore()
    for name, behaviour in (("one", {}), ("other", {"a": fails()})):
        run(fan("a b"), behaviour, store=pair, run_id=name)
    lines: dict[str, list[Any]] = {
        "runs": [*runs(store), *runs(parked)],
        "show": [show(store, "run-1"), show(parked, "run-1")],
        "branches": list(branches(store, "run-1")),
        "attempts": list(attempts(store, "run-1")),
        "questions": list(questions(parked, "run-1")),
        "why": [*why(store, "run-1"), *why(store, "run-1", "findings")],
        "timeline": list(timeline(store, "run-1")),
        "joins": list(joins(store, "run-1")),
        "fan-in-decisions": list(fan_in_decisions(store, "run-1")),
        "checkpoints": list(checkpoints(store, "run-1")),
        "lineage": [lineage(store, "run-1", key) for key in ("findings", "/checks.1/lint")],
        "diff": [parting(pair, "one", "other")],
        "replay": [replay(store, "run-1")],
        "gc": [Leftover("run-1", "/w/run-1", 2, 100, "", True, ("a branch stays",))],
        "gc_runs": [RemovedRuns(("run-1",), ("run-2",), 9, 2, 100, True)],
    }
    assert lines.keys() == LINES.keys()
    for name, entries in lines.items():
        assert entries, name
        validator = Draft202012Validator({**schema, "anyOf": [{"$ref": f"#/$defs/{name}"}]})
        for entry in entries:
            validator.validate(json.loads(json.dumps(dataclasses.asdict(entry))))
