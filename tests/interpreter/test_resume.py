"""Resume: from every prefix of a journal the run ends as if nothing had happened."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, cast

import pytest

from attractorc.compiler.plan.digest import sealed
from attractorc.compiler.plan.model import Branch, FanIn, Human, Judge, Parallel, Region
from attractorc.compiler.policy import FanOut, ForEach, Join, Merge, MergeRule, Winner, WinnerKey
from attractorc.interpreter.driver.clock import SystemClock
from attractorc.interpreter.driver.events import Cancelled
from attractorc.interpreter.driver.journal import fold, read
from attractorc.interpreter.driver.tasks import Tasks
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.ports import Call, Locked, Ports, StoreError
from attractorc.interpreter.queries.canonical import Gathered
from attractorc.interpreter.queries.reading import every
from attractorc.interpreter.records import (
    InterviewLifecycle,
    ParallelLifecycle,
    Record,
    RunLifecycle,
    StageLifecycle,
)
from attractorc.interpreter.stores.memory import MemoryStore

from .crashing import Crash, Crashing
from .pipelines import (
    SUCCEEDS,
    Nobody,
    Ran,
    Says,
    Scripted,
    after,
    fails,
    fan,
    plan,
    quick,
    region,
    run,
    step,
    to,
    when,
    writes,
)

AGAIN = Outcome(Status.RETRY, failure_reason="later")


def by_attempt(*outcomes: Outcome):
    """Answers by attempt number, so that a rerun of an attempt gets the same answer."""

    async def behave(call) -> Outcome:
        await asyncio.sleep(0)
        return outcomes[min(call.attempt, len(outcomes)) - 1]

    return behave


def simple() -> tuple[Any, dict[str, Any]]:
    made = plan(quick(step("a", "b"), 1), step("b", to("a", condition=when("x", "1")), "exit"))

    async def b(call) -> Outcome:
        return writes(x=str(call.visit))

    return made, {"a": by_attempt(AGAIN, SUCCEEDS), "b": b}


def forked() -> tuple[Any, dict[str, Any]]:
    made = plan(
        step("fan", work=Parallel()),
        quick(step("a", "a2", region="fan"), 1),
        step("a2", "join", region="fan"),
        step("b", "join", region="fan"),
        step("c", "join", region="fan"),
        step("join", "last", work=FanIn("fan")),
        step("last", "exit"),
        regions=(
            region(
                "fan",
                "a b c",
                "join",
                policy=FanOut(Join("k_of_n", k=1, text="k_of_n(1)"), max_parallel=2),
                merge=Merge((MergeRule("n", "append"),)),
            ),
        ),
    )
    behaviour = {
        "a": by_attempt(AGAIN, writes(n="a")),
        "a2": fails("a2 is red"),
        "b": writes(n="b"),
        "c": after(0.05, writes(n="c")),
    }
    return made, behaviour


def nested() -> tuple[Any, dict[str, Any]]:
    made = plan(
        step("outer", work=Parallel()),
        step("inner", work=Parallel(), region="outer"),
        step("a", "meet", region="inner"),
        step("b", "meet", region="inner"),
        step("meet", "join", work=FanIn("inner"), region="outer"),
        step("z", "join", region="outer"),
        step("join", "exit", work=FanIn("outer")),
        regions=(
            region("outer", "inner z", "join", merge=Merge((MergeRule("*", "collect"),))),
            region("inner", "a b", "meet", merge=Merge((MergeRule("*", "sum"),)), parent="outer"),
        ),
    )
    return made, {"a": writes(n=1), "b": writes(n=2), "z": writes(n=3)}


def asked() -> tuple[Any, dict[str, Any]]:
    gate = step("ship", to("exit", "[Y] Yes"), to("a", "[N] No"), work=Human(("Ship it?",)))
    return plan(step("a", "ship"), gate), {}


def dynamic() -> tuple[Any, dict[str, Any]]:
    """Elements of which one is skipped, one fails and is tried again, one is not needed."""
    policy = FanOut(
        Join("k_of_n", k=2, text="k_of_n(2)"), max_parallel=2, for_each=ForEach("files")
    )
    made = plan(
        step("list", "each"),
        step("each", work=Parallel()),
        quick(step("work", "join", region="each"), 1),
        step("join", "exit", work=FanIn("each")),
        regions=(
            Region(
                "each",
                (Branch("work", "work", when("context.item.skip", "")),),
                "join",
                "fan_in",
                policy,
                merge=Merge((MergeRule("x", "append"),)),
            ),
        ),
    )

    async def work(call: Call) -> Outcome:
        await asyncio.sleep(0)
        item = call.context["item"]
        if call.attempt <= item["fails"]:
            return AGAIN
        return writes(x=item["name"])

    items = [
        {"name": "a", "fails": 1},
        {"name": "b", "fails": 0, "skip": True},
        {"name": "c", "fails": 2},
        {"name": "d", "fails": 0},
        {"name": "e", "fails": 0},
    ]
    listed = Outcome(Status.SUCCESS, context_updates={"files": items})
    return made, {"list": listed, "work": work}


def judged_by(*keys: WinnerKey, retries: int = 0) -> tuple[Any, dict[str, Any]]:
    judge = Judge(("Which?",), question=("Which?",))
    made = plan(
        step("fan", work=Parallel()),
        step("a", "join", region="fan"),
        step("b", "join", region="fan"),
        quick(step("join", "last", work=FanIn("fan", judge)), retries),
        step("last", "exit"),
        regions=(
            region(
                "fan",
                "a b",
                "join",
                winner=Winner(keys, written=True),
                merge=Merge((MergeRule("n", "winner"),)),
            ),
        ),
    )
    names = Outcome(Status.SUCCESS, artifacts={"response.md": b'{"winner": "b"}'})
    answers = by_attempt(Outcome(Status.SUCCESS), names)
    return made, {"a": writes(n="a"), "b": writes(n="b"), "join": answers}


def by_an_agent() -> tuple[Any, dict[str, Any]]:
    return judged_by(WinnerKey("prompt"), retries=1)


def by_nobody() -> tuple[Any, dict[str, Any]]:
    return judged_by(WinnerKey("prompt"))


def by_a_person() -> tuple[Any, dict[str, Any]]:
    made, behaviour = judged_by(WinnerKey("status"), WinnerKey("human"))
    # `Says` gives one answer to everything, so the branch is called like it.
    one = made.regions["fan"]
    branches = tuple(replace(each, id={"b": "Yes"}.get(each.id, each.id)) for each in one.branches)
    return sealed(replace(made, regions={"fan": replace(one, branches=branches)})), behaviour


def where_they_meet_elsewhere() -> tuple[Any, dict[str, Any]]:
    made, behaviour = judged_by(WinnerKey("prompt"), retries=1)
    join, fan = made.steps["join"], made.steps["fan"]
    steps = {
        **made.steps,
        "fan": replace(fan, work=Parallel(join.work.judge), retry=join.retry),
        "join": step("join", "last"),
    }
    one = replace(made.regions["fan"], meeting="node")
    behaviour = {**behaviour, "fan": behaviour["join"], "join": SUCCEEDS}
    return sealed(replace(made, steps=steps, regions={"fan": one})), behaviour


PIPELINES = {
    "retries and a loop": simple,
    "a fork": forked,
    "nested": nested,
    "asked": asked,
    "a branch for each element": dynamic,
    "a winner by an agent that answers at last": by_an_agent,
    "a winner by an agent that never answers": by_nobody,
    "a winner by a person": by_a_person,
    "a winner by an agent, asked by the fan-out": where_they_meet_elsewhere,
}


@pytest.mark.parametrize("pipeline", PIPELINES.values(), ids=PIPELINES)
def test_from_every_prefix_of_the_journal_the_outcome_is_the_same(pipeline) -> None:
    made, behaviour = pipeline()
    undisturbed = run(made, behaviour, interviewer=Says("Yes"))
    total = len(undisturbed.records)
    assert total > 10
    crashes = 0
    for survives in range(3, total):
        store = MemoryStore()
        first = Scripted(behaviour)
        try:
            run(made, first, store=Crashing(store, survives), interviewer=Says("Yes"))
        except Crash:
            crashes += 1
        else:  # branches that nobody needs come further in one run than in another
            continue
        before = committed(store)
        second = Scripted(behaviour)
        resumed = run(made, second, store=store, interviewer=Says("Yes"), resume=True)
        assert resumed.result.outcome_digest == undisturbed.result.outcome_digest, survives
        assert not before & {call.stage_id for call in second.calls}, survives
        assert not answered(store, survives) & {call.attempt_id for call in second.calls}
        assert once_each(resumed), survives
    assert crashes > 8


def committed(store: MemoryStore) -> set[str]:
    """The ids of the stages that a journal holds an outcome of."""
    return {
        record.stage_attempt_id.partition(":")[2].rpartition("@")[0]
        for record, _turn in read(store, "run-1")
        if isinstance(record, StageLifecycle) and record.kind in ("completed", "failed")
    }


def answered(store: MemoryStore, survives: int) -> set[str]:
    """The attempts whose answer about a winner was journaled before the crash."""
    return {
        record.stage_attempt_id
        for record, _turn in read(store, "run-1")
        if isinstance(record, StageLifecycle)
        and record.kind == "judged"
        and record.sequence_no <= survives
    }


def once_each(ran: Ran) -> bool:
    """Every stage has one outcome and every branch one terminal record."""
    outcomes = Counter(
        (one.path, one.node_id, one.visit) for one in ran.of(StageLifecycle, "completed", "failed")
    )
    kinds = ("completed", "failed", "skipped", "cancelled", "timed_out")
    terminals = Counter(
        one.branch_path for one in ran.of(ParallelLifecycle, *(f"branch_{k}" for k in kinds))
    )
    numbers = [record.sequence_no for record in ran.records]
    return set(outcomes.values()) | set(terminals.values()) <= {1} and numbers == list(
        range(1, len(numbers) + 1)
    )


def test_an_interrupted_attempt_keeps_its_number_and_its_key() -> None:
    made, store = plan(step("a", "exit")), MemoryStore()
    with pytest.raises(Crash):
        run(made, store=Crashing(store, 7))
    resumed = run(made, store=store, resume=True)
    starts = [one for one in resumed.of(StageLifecycle, "started") if one.node_id == "a"]
    assert [one.stage_attempt_id for one in starts] == ["run-1:/a.1@1", "run-1:/a.1@1"]
    assert [one.epoch for one in starts] == [1, 2]
    assert len(resumed.of(StageLifecycle, "interrupted")) == 1


def test_a_stage_that_must_not_run_twice_fails_after_an_interruption() -> None:
    made, store = plan(step("a", "exit", on_interrupted="fail")), MemoryStore()
    with pytest.raises(Crash):
        run(made, store=Crashing(store, 7))
    resumed = run(made, store=store, resume=True)
    assert resumed.handler.ran == []
    assert "was interrupted and may have run" in resumed.result.reason


ANSWERS = {
    "run it again": ("R", "success", 1, 2),
    "it was done": ("D", "success", 1, 1),
    "it failed": ("F", "fail", 0, 1),
    "no such choice": ("X", "fail", 0, 1),
}


@pytest.mark.parametrize(("said", "status", "after_it", "begun"), ANSWERS.values(), ids=ANSWERS)
def test_a_person_says_what_became_of_an_interrupted_attempt(
    said: str, status: str, after_it: int, begun: int
) -> None:
    made = plan(step("a", "b", on_interrupted="ask"), step("b", "exit"))
    store = MemoryStore()
    with pytest.raises(Crash):
        run(made, store=Crashing(store, 7))  # type: ignore[arg-type]
    parked = run(made, store=store, resume=True)
    assert parked.result.status == "parked"
    assert parked.handler.ran == []
    (asked,) = parked.of(InterviewLifecycle, "started")
    assert asked.question == (
        "Attempt 1 of 'a' was interrupted and may have run. What became of it?"
    )
    assert [one["label"] for one in asked.options] == [
        "[R] Run it again",
        "[D] It was done",
        "[F] It failed",
    ]
    answer = {"question": "/a.1", "choice": said, "source": "answer"}
    store.post("run-1", "answer", answer, "2026-01-01T00:00:00.000Z")
    ran = run(made, store=store, resume=True)
    assert ran.result.status == status
    assert ran.handler.ran.count("b") == after_it
    assert len([one for one in ran.of(StageLifecycle, "started") if one.node_id == "a"]) == begun


def test_a_gate_with_nobody_to_ask_parks_once_nothing_else_can_go_on() -> None:
    gate = step("ship", to("join", "[Y] Yes"), work=Human(("Ship?",)), region="fan")
    made = plan(
        step("fan", work=Parallel()),
        gate,
        step("b", "join", region="fan"),
        step("join", "exit", work=FanIn("fan")),
        regions=(region("fan", "ship b", "join"),),
    )
    parked = run(made, {"b": after(0.02)}, interviewer=Nobody())
    assert (parked.result.status, parked.handler.ran) == ("parked", ["b"])
    assert parked.result.questions == ("/fan.1/ship/ship.1",)
    parked.store.post("run-1", "answer", {"question": "/fan.1/ship/ship.1", "choice": "yes"}, "now")
    resumed = run(made, store=parked.store, interviewer=Nobody(), resume=True)
    assert (resumed.result.status, resumed.handler.ran) == ("success", [])


def test_an_ended_run_is_not_resumed() -> None:
    ran = run(plan(step("a", "exit")))
    with pytest.raises(StoreError, match="has ended"):
        run(plan(step("a", "exit")), store=ran.store, resume=True)


def test_a_run_that_ended_while_its_lease_was_waited_for_is_not_resumed() -> None:
    class Overtaken:
        """A store whose run another process brings to its end just before it lets go of it."""

        def __init__(self, inner: MemoryStore) -> None:
            self._inner = inner

        def lease(self, run_id: str) -> Any:
            with ThreadPoolExecutor(1) as elsewhere:
                elsewhere.submit(
                    run, gate, store=self._inner, interviewer=Says("yes"), resume=True
                ).result()
            return self._inner.lease(run_id)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

    gate = plan(step("ask", to("exit", "[Y] Yes"), work=Human(("Go on?",))))
    store = MemoryStore()
    assert run(gate, store=store).result.status == "parked"
    with pytest.raises(StoreError, match=r"has ended \(success\)"):
        run(gate, store=cast("Any", Overtaken(store)), resume=True)
    assert [one.kind for one in every(store, "run-1", RunLifecycle)][-1] == "finalized"


def test_a_run_that_another_engine_owns_is_not_resumed() -> None:
    store = MemoryStore()
    with pytest.raises(Crash):
        run(fan(), store=Crashing(store, 8))
    lease = store.lease("run-1")
    with pytest.raises(Locked):
        run(fan(), store=store, resume=True)
    lease.release()
    assert run(fan(), store=store, resume=True).of(RunLifecycle, "resumed")


def test_an_answer_posted_while_the_run_still_worked_is_taken_before_it_parks() -> None:
    gate = step("ship", to("join", "[Y] Yes"), work=Human(("Ship?",)), region="fan")
    made = plan(
        step("fan", work=Parallel()),
        gate,
        step("b", "join", region="fan"),
        step("join", "exit", work=FanIn("fan")),
        regions=(region("fan", "ship b", "join"),),
    )
    store = MemoryStore()

    async def answers(call: Call) -> Outcome:
        await asyncio.sleep(0.01)
        store.post("run-1", "answer", {"question": "/fan.1/ship/ship.1", "choice": "y"}, "now")
        return SUCCEEDS

    assert run(made, {"b": answers}, store=store).result.status == "success"


def test_a_task_that_is_cancelled_before_it_began_is_known_to_have_ended() -> None:
    ran = run(plan(step("a", "exit")))

    async def go() -> list[object]:
        events: asyncio.Queue[object] = asyncio.Queue()
        made = Tasks(ran.journal, Ports(ran.store, {}, Nobody(), SystemClock()), None, events)
        made._handler = lambda path: ran.handler
        made.start("")
        made.attempts[""].cancel()
        return [await events.get()]

    assert asyncio.run(go()) == [Cancelled("")]


@pytest.mark.parametrize("collects", [True, False])
@pytest.mark.parametrize("faulty", [True, False], ids=["a fold that fails", "a fold"])
def test_the_garbage_collector_is_as_it_was_after(collects: bool, faulty: bool) -> None:
    came = run(plan(step("a", "exit")))
    states: list[bool] = []

    class Watched(Gathered):
        def note(self, record: Record) -> None:
            states.append(gc.isenabled())
            if faulty:
                raise StoreError("the disk failed")

    try:
        if not collects:
            gc.disable()
        with pytest.raises(StoreError) if faulty else nullcontext():
            fold(plan(step("a", "exit")), came.store, "run-1", came.journal._topology, Watched())
        assert gc.isenabled() is collects
    finally:
        gc.enable()
    assert not any(states)
