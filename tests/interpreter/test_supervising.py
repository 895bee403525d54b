"""A supervisor over a child pipeline: what it sees, when it stops, steers or gives up."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from attractorc.compiler.plan.codec import to_json
from attractorc.compiler.plan.model import Plan
from attractorc.compiler.value import canonical
from attractorc.interpreter.decide import supervising
from attractorc.interpreter.driver import Engine, create_run, opening
from attractorc.interpreter.driver.calls import Folders
from attractorc.interpreter.driver.clock import SystemClock
from attractorc.interpreter.driver.opening import NewRun
from attractorc.interpreter.driver.replay import replay
from attractorc.interpreter.evaluate import holds
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.ports import Call, Filter, Ports, Process
from attractorc.interpreter.records import (
    ChildLifecycle,
    FanInDecision,
    ParallelLifecycle,
    Record,
    StageLifecycle,
)
from attractorc.interpreter.state import State
from attractorc.interpreter.stores.memory import MemoryStore

from .crashing import Crash, Crashing
from .families import family, tools
from .pipelines import Nobody, Scripted, after, fails, run, writes
from .test_children import FORKS, ends, stages
from .test_replay import altered, first
from .test_resume import committed, once_each

INNER = tools("look more") + "\nstart -> look -> more -> exit"


def watched(settings: str, inner: str = INNER, onward: str = "call -> exit") -> Plan:
    call = f'call [shape=house, stack.child_dotfile="inner.dot", {settings}]'
    return family(f"{call}\nstart -> call\n{onward}", inner=inner)


def kinds(ran: Any) -> list[str]:
    return [one.kind for one in ran.of(ChildLifecycle)]


def test_its_child_runs_as_any_child_does_and_its_end_is_the_stages() -> None:
    ran = run(watched("writes=found"), {"more": writes(found=2)})
    assert stages(ran)[1:4] == ["/call.1@1", "/call.1/start.1@1", "/call.1/look.1@1"]
    assert ends(ran) == [("completed", 1, "success")]
    assert ran.context["found"] == 2
    assert ran.context["stack.child.status"] == "completed"
    assert ran.context["stack.child.outcome"] == "success"


def test_a_child_that_fails_fails_the_stage_and_says_so_in_its_context() -> None:
    onward = 'call -> exit [condition="stack.child.status=failed"]'
    ran = run(watched('manager.poll_interval="10ms"', onward=onward), {"look": fails("dark")})
    assert ends(ran) == [("failed", 1, "fail")]
    assert ran.result.status == "success", "it went on by what the supervisor left"
    (failed,) = (one for one in ran.of(StageLifecycle, "failed") if one.node_id == "call")
    assert failed.failure_reason == "the pipeline 'inner' failed: dark"


def test_it_looks_at_once_and_then_every_interval() -> None:
    plan = watched('manager.poll_interval="40ms", writes=found')
    ran = run(plan, {"look": writes(found=1), "more": after(0.1)})
    looks = ran.of(ChildLifecycle, "observed")
    assert [one.cycle for one in looks] == list(range(1, len(looks) + 1))
    assert len(looks) >= 3
    seen = looks[-1].seen
    assert seen["stack.child.status"] == "running"
    assert seen["stack.child.active_stage"] == "more"
    assert seen["stack.child.outcome"] == "success"
    assert seen["stack.child.stages"] == 3
    assert seen["found"] == 1, "a key that the stage lets out"


def test_without_observing_it_sees_nothing() -> None:
    plan = watched('manager.poll_interval="10ms", manager.actions=wait')
    ran = run(plan, {"look": after(0.05)})
    assert all(one.seen == {} for one in ran.of(ChildLifecycle, "observed"))


def test_its_stop_condition_ends_the_child_and_the_stage_well() -> None:
    loop = (
        tools("work")
        + "\nwork [writes=found]\nstart -> work\nwork -> work [weight=1]\nwork -> exit"
    )
    plan = watched(
        'manager.poll_interval="20ms", manager.stop_condition="found>2", writes=found', loop
    )
    count = 0

    async def work(call: Call) -> Outcome:
        nonlocal count
        await asyncio.sleep(0.03)
        count += 1
        return writes(found=count)

    ran = run(plan, {"work": work})
    assert ends(ran) == [("completed", 1, "success")]
    (stopped,) = ran.of(ChildLifecycle, "given_up")
    assert (stopped.status, stopped.reason) == ("success", "the stop condition of 'call' holds")
    assert ran.context["found"] >= 3
    assert ran.context["stack.child.status"] == "stopped"
    assert once_each(ran)


def test_a_stop_ends_what_runs_in_the_childs_branches() -> None:
    plan = watched(
        'manager.poll_interval="40ms", manager.stop_condition="stack.child.active_stage=f"', FORKS
    )
    ran = run(plan, {"one": after(30), "two": after(30)})
    assert ran.result.status == "success"
    cancelled = sorted(one.path for one in ran.of(StageLifecycle, "cancelled"))
    assert cancelled == ["/call.1/f.1/one", "/call.1/f.1/two"]
    assert once_each(ran)


def test_it_gives_up_after_its_last_look() -> None:
    plan = watched('manager.poll_interval="20ms", manager.max_cycles=2')
    ran = run(plan, {"look": after(30)})
    assert ends(ran) == [("failed", 1, "fail")]
    assert ran.result.reason == "'call' looked at its pipeline 2 times (manager.max_cycles)"
    assert kinds(ran) == ["started", "observed", "observed", "given_up"]


def test_an_agent_steers_it_and_its_words_are_in_the_childs_context() -> None:
    plan = watched(
        'manager.poll_interval="20ms", manager.steer_prompt="Help with $goal. It is at '
        '${stack.child.active_stage}"'
    )
    seen: list[Any] = []

    async def look(call: Call) -> Outcome:
        await asyncio.sleep(0.06)
        return Outcome(Status.SUCCESS)

    async def more(call: Call) -> Outcome:
        seen.append(call.context["stack.manager.instructions"])
        seen.append(call.context["hint"])
        return Outcome(Status.SUCCESS)

    said = writes(last_response="go left", hint="north")
    ran = run(plan, {"look": look, "more": more, "call": said})
    assert seen == ["go left", "north"]
    first = next(call for call in ran.handler.calls if call.step.id == "call")
    assert first.prompt.startswith("Help with . It is at look\n\nWhat is seen of the pipeline:\n{")
    keys = [call.attempt_id for call in ran.handler.calls if call.step.id == "call"]
    assert keys[0] == "run-1:/call.1@1/steer.1"
    assert len(set(keys)) == len(keys), "each steering has a key of its own"
    assert "hint" not in ran.context


def test_a_command_steers_it_too() -> None:
    plan = watched('manager.poll_interval="20ms", manager.steer_command="advise"')
    said = writes(**{"tool.output": "go right"})
    ran = run(plan, {"look": after(0.05), "call": said})
    (told, *_) = ran.of(ChildLifecycle, "steered")
    assert told.context_updates == {"stack.manager.instructions": "go right"}


def test_a_steering_that_fails_is_noted_and_the_child_goes_on() -> None:
    plan = watched('manager.poll_interval="20ms", manager.steer_command="advise"')
    ran = run(plan, {"look": after(0.03), "call": fails("no advice")})
    assert ran.result.status == "success"
    told = ran.of(ChildLifecycle, "steered")
    assert {(one.status, one.reason) for one in told} == {("fail", "no advice")}


def test_what_it_says_waits_while_branches_stand_on_the_childs_context() -> None:
    inner = FORKS.replace("m -> exit", "m -> last -> exit") + "\n" + tools("last")
    plan = watched('manager.poll_interval="30ms", manager.steer_command="advise"', inner)
    seen: dict[str, bool] = {}

    def sees(name: str) -> Any:
        async def behave(call: Call) -> Outcome:
            await asyncio.sleep(0.05)
            seen[name] = "stack.manager.instructions" in call.context
            return Outcome(Status.SUCCESS)

        return behave

    said = writes(**{"tool.output": "hurry"})
    behaviour = {"one": sees("one"), "two": sees("two"), "last": sees("last"), "call": said}
    ran = run(plan, behaviour)
    assert ran.result.status == "success"
    assert seen == {"one": False, "two": False, "last": True}


def test_large_values_that_it_gives_sees_and_says_stand_in_blobs() -> None:
    large = "x" * 100_000
    inner = 'inputs="much"; ' + INNER
    call = (
        'call [shape=house, stack.child_dotfile="inner.dot", writes=found, with="much=\'${kept}\'"'
    )
    call += ', manager.poll_interval="20ms", manager.steer_command="advise"]\n' + tools("keep")
    plan = family(f"{call}\nstart -> keep -> call -> exit", inner=inner)
    said = writes(**{"tool.output": large})
    behaviour = {"keep": writes(kept=large), "look": writes(found=large), "more": after(0.05)}
    ran = run(plan, {**behaviour, "call": said})
    (started,) = ran.of(ChildLifecycle, "started")
    assert started.inputs == {"much": large}
    (told, *_) = ran.of(ChildLifecycle, "steered")
    assert told.context_updates["stack.manager.instructions"] == large
    seen = [one.seen.get("found") for one in ran.of(ChildLifecycle, "observed")]
    assert large in seen
    wanted = Filter(types=(ChildLifecycle.TYPE,))
    assert max(len(turn.payload) for turn in ran.store.records("run-1", where=wanted)) < 2_000


def test_a_steering_that_hangs_is_ended_with_the_stage() -> None:
    plan = watched('timeout="100ms", manager.steer_command="advise"')
    ran = run(plan, {"look": after(30), "call": after(30)})
    assert ran.result.reason == "timed out after 100ms"
    (told,) = ran.of(ChildLifecycle, "steered")
    assert told.reason in ("timed out after 100 ms", "the steering was ended"), (
        "both are up at once"
    )


def test_a_branch_that_is_not_needed_takes_a_supervisor_along() -> None:
    outer = (
        "fan [shape=component, join=first_success]\njoin [shape=tripleoctagon]\n"
        'slow [shape=house, stack.child_dotfile="inner.dot", manager.steer_command="advise"]\n'
        + tools("quick")
        + "\nstart -> fan -> {quick slow} -> join -> exit"
    )
    behaviour = {"look": after(30), "slow": after(30), "quick": after(0.05)}
    ran = run(family(outer, inner=INNER), behaviour)
    assert ran.result.status == "success"
    assert once_each(ran)


def test_a_supervisor_whose_child_asks_a_person_parks() -> None:
    inner = 'ask [shape=hexagon, label="Go on?"]\nstart -> ask\nask -> exit [label="[Y] Yes"]'
    ran = run(watched('manager.poll_interval="10s"', inner))
    assert ran.result.status == "parked"
    assert ran.result.questions == ("/call.1/ask.1",)


def test_a_crash_while_it_steers_loses_the_steering_and_nothing_else() -> None:
    plan, store = (
        watched('manager.poll_interval="1h", manager.steer_command="advise"'),
        MemoryStore(),
    )
    begun = run(plan, {"call": writes(**{"tool.output": "x"}), "look": after(0.05)})
    (steering,) = begun.of(ChildLifecycle, "steering")
    with pytest.raises(Crash):
        run(plan, {"look": after(0.05)}, store=Crashing(store, steering.sequence_no))  # type: ignore[arg-type]
    ran = run(plan, {"look": after(0.05)}, store=store, resume=True)
    (told,) = ran.of(ChildLifecycle, "steered")
    assert told.reason == "the steering was interrupted"
    assert ran.result.status == "success"


def test_replay_notices_a_look_that_saw_what_was_not_there() -> None:
    plan = watched('manager.poll_interval="1h", writes=found')
    store = run(plan, {"look": after(0.01)}).store
    assert replay(store, "run-1").difference is None
    lies = first(
        ChildLifecycle, lambda one: replace(one, seen={**one.seen, "found": 7}), kind="observed"
    )
    forged, at = altered(store, lies)
    told = replay(forged, "run-1").difference
    assert told is not None
    assert told.sequence_no == at
    assert set(told.found) == {"seen"}


def test_from_every_prefix_of_its_journal_the_outcome_is_the_same() -> None:
    plan = watched(
        'manager.poll_interval="1h", manager.actions="observe, wait", writes=found', FORKS
    )
    behaviour: dict[str, Any] = {"one": writes(found="a"), "two": writes(found="b")}
    undisturbed = run(plan, behaviour)
    for survives in range(3, len(undisturbed.records)):
        store = MemoryStore()
        with pytest.raises(Crash):
            run(plan, Scripted(behaviour), store=Crashing(store, survives))  # type: ignore[arg-type]
        before = committed(store)
        second = Scripted(behaviour)
        resumed = run(plan, second, store=store, resume=True)
        assert resumed.result.status == "success"
        assert resumed.context["found"] == ["a", "b"]
        assert not before & {call.stage_id for call in second.calls}, survives
        assert once_each(resumed), survives


def test_attempts_of_a_stage_see_what_it_was_entered_with_whatever_is_said_meanwhile() -> None:
    plan = watched(
        'manager.poll_interval="10ms", manager.steer_command="advise"',
        INNER.replace('tool_command="look"', 'tool_command="look", max_retries=1'),
    )
    seen: list[tuple[str, bool]] = []

    async def sees(call: Call) -> Outcome:
        await asyncio.sleep(0.05)
        seen.append((call.step.id, "stack.manager.instructions" in call.context))
        status = Status.RETRY if len(seen) == 1 else Status.SUCCESS
        return Outcome(status, failure_reason="once more")

    ran = run(plan, {"look": sees, "more": sees, "call": writes(**{"tool.output": "hurry"})})
    assert ran.result.status == "success"
    assert seen == [("look", False), ("look", False), ("more", True)]


def test_a_merge_in_the_child_begins_with_what_was_there_at_the_fork() -> None:
    inner = FORKS.replace("found: append", "hint: append")
    plan = watched('manager.poll_interval="10ms", manager.steer_command="advise"', inner)
    said = writes(**{"tool.output": "hurry", "hint": ["north"]})

    async def one(call: Call) -> Outcome:
        await asyncio.sleep(0.05)
        return writes(hint=["south"])

    ran = run(plan, {"one": one, "two": after(0.05), "call": said})
    (decision,) = ran.of(FanInDecision)
    assert decision.context_updates["hint"] == ["south"]


def test_a_steering_takes_a_slot_of_jobs_as_any_attempt_does() -> None:
    plan = watched('manager.poll_interval="5ms", manager.steer_command="advise"')
    running: list[str] = []
    most = 0

    async def works(call: Call) -> Outcome:
        nonlocal most
        running.append(call.step.id)
        most = max(most, len(running))
        await asyncio.sleep(0.03)
        running.remove(call.step.id)
        return Outcome(Status.SUCCESS)

    ran = run(plan, {"look": works, "more": works, "call": works}, jobs=1)
    assert most == 1
    assert "steered" in kinds(ran)
    assert ran.result.status == "success"


def test_its_stop_condition_is_asked_after_a_look_and_at_no_other_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[None] = []

    def counted(*given: Any) -> bool:
        asked.append(None)
        return holds(*given)

    monkeypatch.setattr(supervising, "holds", counted)
    plan = watched('manager.poll_interval="1h", manager.stop_condition="found>2"')
    ran = run(plan, {"look": after(0.01), "more": after(0.01)}, replayed=False)
    assert kinds(ran) == ["started", "observed"]
    assert len(asked) == 1


def test_a_look_is_not_put_off_by_a_clock_that_is_put_back() -> None:
    class PutBack(SystemClock):
        """Two hours earlier, from the second look on."""

        def now(self) -> int:
            return super().now() - (7_200_000 if looks else 0)

    looks: list[Record] = []

    def heard(record: Record, _state: State) -> None:
        if isinstance(record, ChildLifecycle) and record.kind == "observed":
            looks.append(record)

    plan = watched('manager.poll_interval="20ms"')
    handler = Scripted({"look": after(0.3)})
    ports = Ports(MemoryStore(), {"tool": handler, "agent": handler}, Nobody(), PutBack())

    async def go() -> str:
        new = NewRun(plan, canonical(to_json(plan)), "t.dot", "", "run-1", "")
        journal = create_run(new, ports, [heard])
        return (await Engine(journal, ports, Folders(Path(), Path())).run()).status

    assert asyncio.run(go()) == "success"
    assert len(looks) > 3


def test_what_a_loser_with_a_supervisor_had_reached_is_told() -> None:
    outer = (
        "fan [shape=component, join=first_success]\njoin [shape=tripleoctagon]\n"
        'slow [shape=house, stack.child_dotfile="inner.dot"]\n'
        + tools("quick")
        + "\nstart -> fan -> {quick slow} -> join -> exit"
    )
    ran = run(family(outer, inner=INNER), {"look": after(30), "quick": after(0.05)})
    (loser,) = ran.of(ParallelLifecycle, "branch_cancelled")
    assert (loser.terminal_stage, loser.reason) == (
        "/fan.1/slow/slow.1",
        "'slow' was at attempt 1",
    )


def test_a_resume_looks_for_what_a_steering_left_running_by_the_steerings_own_mark(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = watched('manager.poll_interval="1h", manager.steer_command="advise"')
    store = MemoryStore()

    async def advises(call: Call) -> Outcome:
        call.report(Process(4_000_000, "then"))
        return writes(**{"tool.output": "x"})

    behaviour = {"call": advises, "look": after(0.05)}
    begun = run(plan, behaviour)
    (process,) = (
        one for one in begun.of(StageLifecycle, "process_started") if one.node_id == "call"
    )
    with pytest.raises(Crash):
        run(plan, behaviour, store=Crashing(store, process.sequence_no))  # type: ignore[arg-type]
    marks: list[str] = []

    async def looks_for(process: Process, grace_s: float, mark: str) -> bool:
        marks.append(mark)
        return False

    monkeypatch.setattr(opening, "end_leftover", looks_for)
    run(plan, {"look": after(0.01)}, store=store, resume=True)
    assert marks == ["run-1:/call.1@1/steer.1"]
