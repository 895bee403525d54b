"""Pages of queries: they cost the same in every run, and together they are all there is."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from attractorc.compiler.plan.model import FanIn, Parallel
from attractorc.compiler.policy import FanOut, ForEach, Join, Merge, MergeRule
from attractorc.interpreter.outcome import Outcome
from attractorc.interpreter.ports import Filter, Store
from attractorc.interpreter.queries import (
    BadCursor,
    BranchEntry,
    Page,
    attempts,
    branches,
    checkpoints,
    events,
    fan_in_decisions,
    joins,
    lineage,
    questions,
    runs,
    show,
    timeline,
    why,
)
from attractorc.interpreter.queries.pages import paged
from attractorc.interpreter.records import ParallelLifecycle, StageLifecycle
from attractorc.interpreter.stores import paging
from attractorc.interpreter.stores.memory import MemoryStore
from attractorc.interpreter.stores.sqlite import SqliteStore

from .journals import asking_plan, nested_run, race_plan
from .pipelines import Ran, fails, plan, region, run, step, writes
from .test_dynamic import dynamic

R = "run-1"


# --- runs of two sizes, in a store that counts what is done


class Counted(sqlite3.Connection):
    """A connection that counts the steps of SQLite's machine, in tens, and the bytes of turns."""

    steps = 0

    def counting(self) -> Counted:
        def step() -> int:
            Counted.steps += 1
            return 0

        self.set_progress_handler(step, 10)
        return self


def counted(path: Path) -> Counted:
    made = sqlite3.connect(path, isolation_level=None, factory=Counted)
    return made.counting()


async def says_its_item(call: Any) -> Outcome:
    return writes(said=call.context["item"])


def fan_out_of(size: int, store: Store) -> Ran:
    """One fan-out of so many dynamic branches, every seventh of which fails."""

    async def work(call: Any) -> Outcome:
        number = call.context["item"]
        return fails(f"no {number}") if number % 7 == 3 else writes(said=number)

    made = dynamic(ForEach("files"), merge=Merge((MergeRule("said", "append"),)))
    return run(made, {"list": writes(files=list(range(size))), "work": work}, store=store)


def chain_of(size: int, store: Store) -> Ran:
    """A chain of so many stages on the trunk; the first one writes what none after it does."""
    steps = [step(f"n{number}", f"n{number + 1}") for number in range(size)]
    made = plan(*steps, step(f"n{size}", "exit"))
    return run(made, {"n0": writes(first=1)}, store=store)


SIZES = (400, 2_000)
SHAPES: dict[str, Callable[[int, Store], Ran]] = {"fan-out": fan_out_of, "chain": chain_of}
BRANCH = "/each.1/work%5B140%5D"
ASKED: dict[str, Callable[[Store], Any]] = {
    "runs": lambda store: runs(store),
    "show": lambda store: show(store, R),
    "events": lambda store: events(store, R, limit=50),
    "events of a kind": lambda store: events(store, R, Filter(kinds=("failed",)), limit=50),
    "events of a status": lambda store: events(store, R, status="fail", limit=50),
    "events of a branch": lambda store: events(store, R, Filter(branch="work[140]"), limit=50),
    "events of two filters that meet rarely": lambda store: events(
        store, R, Filter(node_id="each", types=(StageLifecycle.TYPE,)), limit=50
    ),
    "timeline": lambda store: timeline(store, R, limit=50),
    "timeline of a status": lambda store: timeline(store, R, status="fail", limit=50),
    "attempts": lambda store: attempts(store, R, limit=50),
    "attempts at a stage": lambda store: attempts(store, R, stage=f"{BRANCH}/work.1"),
    "attempts of a status": lambda store: attempts(store, R, status="fail", limit=50),
    "attempts that run": lambda store: attempts(store, R, status="running", limit=50),
    "branches": lambda store: branches(store, R, limit=50),
    "branches far on": lambda store: branches(store, R, after="10.100", limit=50),
    "branches of a status": lambda store: branches(store, R, status="fail", limit=50),
    "branches that run": lambda store: branches(store, R, status="running", limit=50),
    "branches at a path": lambda store: branches(store, R, Filter(path=BRANCH), limit=50),
    "joins": lambda store: joins(store, R, limit=50),
    "fan-in decisions": lambda store: fan_in_decisions(store, R, limit=50),
    "questions": lambda store: questions(store, R, limit=50),
    "checkpoints": lambda store: checkpoints(store, R),
    "why": lambda store: why(store, R, limit=50),
    "lineage of a stage": lambda store: lineage(store, R, f"{BRANCH}/work.1"),
    "lineage of the trunk's value": lambda store: lineage(store, R, "first"),
    "lineage of a branch's value": lambda store: lineage(store, R, "said", BRANCH),
}


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, int], Path]:
    folder = tmp_path_factory.mktemp("sizes")

    @cache
    def made(shape: str, size: int) -> Path:
        path = folder / f"{shape}-{size}.db"
        store = SqliteStore(path)
        SHAPES[shape](size, store)
        store.close()
        return path

    return made


def cost(path: Path, ask: Callable[[Store], Any]) -> tuple[int, int]:
    """What a question costs in a store: tens of steps of SQLite, and turns that were read."""
    store = SqliteStore(path, create=False, connect=counted)
    read = 0
    all_rows = store._do.all

    def counting(sql: str, values: Any = ()) -> list[Any]:
        nonlocal read
        found = all_rows(sql, values)
        read += len(found) if "t.payload" in sql else 0
        return found

    store._do.all = counting  # type: ignore[method-assign]
    Counted.steps = 0
    ask(store)
    spent = Counted.steps
    store.close()
    return spent, read


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ASKED)
def test_a_first_page_costs_the_same_in_a_run_five_times_as_long(
    name: str, shape: str, stores: Callable[[str, int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    # As small against these runs as it is against one of 100,000 records.
    monkeypatch.setattr(paging, "EFFORT", 100)
    monkeypatch.setattr("attractorc.interpreter.queries.reading.DECODED", 40)
    small, large = (cost(stores(shape, size), ASKED[name]) for size in SIZES)
    # A look may stop a little earlier or later, and index trees are one level deeper.
    assert large[0] <= 1.3 * small[0] + 60, "steps of SQLite"
    assert large[1] <= 1.1 * small[1] + 10, "turns read"


def test_the_cost_of_reading_a_whole_run_is_seen(stores: Callable[[str, int], Path]) -> None:
    """The measure of the test above, of what it must never see."""
    whole = lambda store: list(paged(lambda at: events(store, R, after=at)))  # noqa: E731
    small, large = (cost(stores("chain", size), whole) for size in SIZES)
    assert large[0] > 3 * small[0]
    assert large[1] > 4 * small[1]


# --- pages, one after the other, are the whole


def lost_race(store: Store) -> Ran:
    return run(race_plan(), {"slow": fails("no")}, store=store)


def unsatisfied(store: Store) -> Ran:
    """A fan-out in a branch that loses: its join is never decided."""
    first = FanOut(Join("first_success", text="first_success"), decide="arrival")
    made = plan(
        step("outer", work=Parallel()),
        step("quick", "meet", region="outer"),
        step("inner", work=Parallel(), region="outer"),
        step("x", "inner_in", region="inner"),
        step("y", "inner_in", region="inner"),
        step("inner_in", "meet", work=FanIn("inner"), region="outer"),
        step("meet", "exit", work=FanIn("outer")),
        regions=(
            region("outer", "inner quick", "meet", policy=first),
            region("inner", "x y", "inner_in", parent="outer"),
        ),
    )

    async def never(_call: Any) -> Outcome:
        import asyncio

        await asyncio.sleep(60)
        return writes()

    return run(made, {"x": never, "y": never}, store=store)


RUNS: dict[str, Callable[[Store], Ran]] = {
    "nested": nested_run,
    "dynamic": partial(fan_out_of, 30),
    "chain": partial(chain_of, 40),
    "race": lost_race,
    "abandoned": unsatisfied,
    "parked": lambda store: run(asking_plan(), store=store),
}
PAGED: dict[str, Callable[..., Page[Any]]] = {
    "events": events,
    "timeline": timeline,
    "attempts": attempts,
    "branches": branches,
    "joins": joins,
    "fan_in_decisions": fan_in_decisions,
    "questions": questions,
    "checkpoints": checkpoints,
    "why": lambda store, run_id, where, after, limit: why(store, run_id, None, where, after, limit),
}
FILTERS: dict[str, Filter] = {
    "all": Filter(),
    "a node": Filter(node_id="checks"),
    "a path": Filter(path="/checks.1/deep"),
    "a fan-out's stage": Filter(path="/each.1"),
    "a branch": Filter(branch="deep"),
    "a branch and a node": Filter(node_id="a", branch="deep"),
}


@pytest.mark.parametrize("shape", RUNS)
@pytest.mark.parametrize("where", FILTERS)
@pytest.mark.parametrize("name", PAGED)
def test_pages_of_any_length_and_effort_are_the_whole_in_order(
    name: str, where: str, shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, ask = finished(shape), PAGED[name]
    whole = ask(store, R, FILTERS[where], 0, 10_000)
    assert whole.more == ""
    monkeypatch.setattr(paging, "EFFORT", 5)
    for limit in (1, 3):
        one_by_one = paged(lambda at, limit=limit: ask(store, R, FILTERS[where], at, limit))
        assert tuple(one_by_one) == tuple(whole)


@cache
def finished(shape: str) -> Store:
    store = MemoryStore()
    RUNS[shape](store)
    return store


@pytest.mark.parametrize("shape", RUNS)
@pytest.mark.parametrize("backend", ["memory", "sqlite"])
def test_branches_are_what_the_whole_journal_says_of_them(
    backend: str, shape: str, tmp_path: Path
) -> None:
    store: Store = MemoryStore() if backend == "memory" else SqliteStore(tmp_path / "runs.db")
    ran = RUNS[shape](store)
    assert list(branches(store, R, limit=1_000)) == list(read_through(ran))


def read_through(ran: Ran) -> Iterator[BranchEntry]:
    """Branches as somebody finds them who reads every record in its order."""
    found: dict[str, BranchEntry] = {}
    for record in ran.records:
        if not isinstance(record, ParallelLifecycle):
            continue
        stage = f"{record.path}/{record.node_id}.{record.visit}"
        if record.kind == "started":
            for index, made in enumerate(record.branches):
                assert isinstance(made, dict)
                name = str(made["id"])
                path = f"{stage}/{name.replace('[', '%5B').replace(']', '%5D')}"
                found[path] = BranchEntry(stage, record.node_id, record.visit, name, index, path)
        elif record.kind == "branch_started":
            at = record.branch_path or ""
            found[at] = dataclasses.replace(
                found[at],
                state="running",
                started=record.timestamp,
                context=record.context or "",
            )
        elif record.kind == "branch_arrived":
            at = record.branch_path or ""
            found[at] = dataclasses.replace(
                found[at],
                state="arrived",
                stage=record.terminal_stage or "",
                reason=record.reason or "",
                duration_ms=record.duration_ms,
            )
        elif record.kind.startswith("branch_") and record.status:
            at = record.branch_path or ""
            before = found[at]
            duration = record.duration_ms
            found[at] = dataclasses.replace(
                before,
                state="ended",
                end=record.status,
                stage=record.terminal_stage or before.stage,
                reason=record.reason or before.reason,
                score=record.score,
                writes=tuple(record.writes),
                duration_ms=before.duration_ms if duration is None else duration,
                context=record.context or before.context,
                head_turn=record.head_turn or "",
            )
    yield from found.values()


@pytest.mark.parametrize(
    "status", ["success", "fail", "skipped", "cancelled", "timed_out", "running", "ended"]
)
@pytest.mark.parametrize("shape", RUNS)
def test_branches_of_a_status_are_those_of_all_that_have_it(shape: str, status: str) -> None:
    store = finished(shape)
    every = [one.path for one in branches(store, R) if status in (one.end, one.state)]
    found = [one.path for one in branches(store, R, status=status)]
    assert sorted(found) == sorted(every)


@pytest.mark.parametrize("status", ["success", "fail", "retrying", "running", "cancelled"])
@pytest.mark.parametrize("shape", RUNS)
def test_attempts_of_a_status_are_those_of_all_that_have_it(shape: str, status: str) -> None:
    store = finished(shape)
    every = [one for one in attempts(store, R) if status in (one.status, one.result)]
    found = attempts(store, R, status=status)
    assert sorted(found, key=lambda one: one.sequence_no) == every


def test_a_fan_out_whose_branch_lost_is_abandoned_and_why_says_so() -> None:
    store = finished("abandoned")
    (outer, inner) = joins(store, R)
    assert (outer.state, inner.state) == ("merged", "abandoned")
    told = "\n".join(line for one in why(store, R) for line in one.lines)
    assert "join: never decided: the branch that it was in, or the run, ended before" in told


@pytest.mark.parametrize("cursor", ["x", "-1", "1.2.3", "1.5", "٣"])
def test_a_cursor_that_is_none_is_refused_with_a_sentence(cursor: str) -> None:
    with pytest.raises(BadCursor, match="is no place in these pages"):
        events(finished("chain"), R, after=cursor)


def test_where_an_ended_run_and_a_running_one_are_counted_alike() -> None:
    """An ended run's counts are in its last record; without them they come from an index."""
    store = finished("nested")
    ended = show(store, R).counts
    (last,) = events(store, R, Filter(kinds=("finalized",)))
    counted = {
        kind: store.count(R, kind, StageLifecycle.TYPE) for kind in ("completed", "retrying")
    }
    assert getattr(last, "counts")["completed"] == counted["completed"]  # noqa: B009
    assert ended["stages_completed"] == counted["completed"]
    assert ended["retries"] == counted["retrying"] == 1
