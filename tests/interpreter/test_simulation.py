"""Virtual time, scripts and their actors, and whole runs under them."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from attractorc.compiler.plan.model import Agent, Custom, Human, Plan, Tool
from attractorc.compiler.policy import FanOut, Join
from attractorc.interpreter.driver import resume_run
from attractorc.interpreter.driver.journal import Journal, read
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.ports import Answer, Question
from attractorc.interpreter.records import InterviewLifecycle, RunLifecycle, StageLifecycle
from attractorc.interpreter.simulation import (
    EPOCH_MS,
    Play,
    Reply,
    Script,
    ScriptedInterviewer,
    Simulated,
    Stuck,
    VirtualClock,
    VirtualLoop,
    carried_out,
    merged,
    simulate,
    simulated_ports,
)
from attractorc.interpreter.simulation.actors import played
from attractorc.interpreter.simulation.script import Turns
from attractorc.interpreter.simulation.virtual_time import AllWait
from attractorc.interpreter.stores.memory import MemoryStore

from . import fakes
from .pipelines import fan, plan, quick, step, to

T = TypeVar("T")
DAY_S = 86_400


def virtually(main: Coroutine[Any, Any, T], loop: VirtualLoop | None = None) -> T:
    with asyncio.Runner(loop_factory=lambda: loop or VirtualLoop()) as runner:
        return runner.run(main)


# --- virtual time -----------------------------------------------------------------------


def test_a_year_of_sleep_takes_no_time() -> None:
    loop, begun = VirtualLoop(), time.monotonic()
    virtually(asyncio.sleep(365 * DAY_S), loop)
    assert loop.milliseconds == 365 * DAY_S * 1_000
    assert time.monotonic() - begun < 1


def test_sleepers_wake_in_the_order_of_their_moments_and_of_their_beginnings() -> None:
    order: list[str] = []

    async def sleeper(name: str, *naps: float) -> None:
        for nap in naps:
            await asyncio.sleep(nap)
        order.append(name)

    async def main() -> None:
        # 0.1 + 0.2 is no 0.3 for floats, but it is the same moment.
        await asyncio.gather(
            sleeper("late", 2),
            sleeper("a", 0.1, 0.2),
            sleeper("b", 0.3),
            sleeper("c", 0.3),
            sleeper("soon", 0.05),
        )

    virtually(main())
    assert order == ["soon", "b", "c", "a", "late"]


def test_a_timeout_ends_what_waits_at_its_moment() -> None:
    loop = VirtualLoop()

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(90):
                await asyncio.Event().wait()

    virtually(main(), loop)
    assert loop.milliseconds == 90_000


def test_a_timer_that_was_cancelled_costs_no_time() -> None:
    loop = VirtualLoop()

    async def main() -> None:
        async with asyncio.timeout(DAY_S):
            await asyncio.sleep(1)

    virtually(main(), loop)
    assert loop.milliseconds == 1_000


def test_waiting_for_nothing_is_an_error_and_no_hang() -> None:
    with pytest.raises(AllWait):
        virtually(asyncio.Event().wait())


def test_the_clock_counts_from_its_epoch() -> None:
    loop = VirtualLoop()
    clock = VirtualClock(loop, EPOCH_MS)

    async def main() -> None:
        await clock.sleep(1_500)
        await clock.sleep(-5)

    virtually(main(), loop)
    assert (clock.now(), clock.monotonic()) == (EPOCH_MS + 1_500, 1_500)


# --- turns ------------------------------------------------------------------------------


def turns_of(entries: dict[str, str], *attempts: tuple[str, str, str]) -> str:
    """The turns that attempts (path, stage, number) take."""
    turns: Turns[str] = Turns(entries)
    taken = ""
    for path, stage, number in attempts:
        node = stage.partition(".")[0]
        taken += turns.take(path, node, f"{path}/{stage}", f"{path}/{stage}@{number}") or "-"
    return taken


TURNS = {
    "retries and visits take one turn after another": (
        {"a": "xyz"},
        [("", "a.1", "1"), ("", "a.1", "2"), ("", "a.2", "1")],
        "xyz",
    ),
    "the last turn stands for all that follow": (
        {"a": "xy"},
        [("", "a.1", "1"), ("", "a.1", "2"), ("", "a.1", "3")],
        "xyy",
    ),
    "what no entry is for has no turn": ({"b": "x"}, [("", "a.1", "1")], "-"),
    "an attempt that runs again keeps its turn": (
        {"a": "xy"},
        [("", "a.1", "1"), ("", "a.1", "1"), ("", "a.1", "2")],
        "xxy",
    ),
    "a branch goes on with its turns when its fan-out is visited again": (
        {"a": "xy"},
        [("/f.1/a", "a.1", "1"), ("/f.2/a", "a.1", "1")],
        "xy",
    ),
    "instances of a dynamic fan-out count apart": (
        {"a": "xy"},
        [("/f.1/i[0]", "a.1", "1"), ("/f.1/i[1]", "a.1", "1"), ("/f.1/i[0]", "a.1", "2")],
        "xxy",
    ),
    "a stage id counts before a node id": (
        {"a": "x", "/f.1/i[1]/a.1": "yz"},
        [("/f.1/i[0]", "a.1", "1"), ("/f.1/i[1]", "a.1", "1"), ("/f.1/i[1]", "a.1", "2")],
        "xyz",
    ),
}


@pytest.mark.parametrize(("entries", "attempts", "taken"), TURNS.values(), ids=TURNS.keys())
def test_turns(entries: dict[str, str], attempts: list[tuple[str, str, str]], taken: str) -> None:
    assert turns_of(entries, *attempts) == taken


def test_a_script_without_a_turn_for_a_stage_is_refused() -> None:
    with pytest.raises(ValueError, match="no turn for 'a'"):
        Script({"a": []})


def test_of_two_scripts_the_entries_of_the_second_count_first() -> None:
    fail, slow = Play(Status.FAIL), Play(after_ms=1)
    base = Script({"a": [fail], "b": [fail]}, {"g": [Reply("skip")]}, slow)
    assert merged(base, Script({"a": [slow]}), default=False) == Script(
        {"a": [slow], "b": [fail]}, {"g": [Reply("skip")]}, slow
    )
    assert merged(base, Script(default=fail), default=True).default == fail


# --- what a play means ------------------------------------------------------------------

TOOL = step("t", work=Tool("make"))
AGENT = step("a", work=Agent(()))
PLAYS = {
    "a status alone": (TOOL, Play(), Outcome(Status.SUCCESS, source="script")),
    "a failure says who failed it": (
        TOOL,
        Play(Status.FAIL),
        Outcome(Status.FAIL, failure_reason="the script says fail", source="script"),
    ),
    "all that an outcome says": (
        TOOL,
        Play(
            Status.FAIL,
            writes={"k": 1},
            label="Yes",
            next=("x",),
            notes="n",
            reason="r",
            permanent=True,
        ),
        Outcome(Status.FAIL, "Yes", ("x",), {"k": 1}, "n", "r", True, "script"),
    ),
    "a success is never permanent and has no reason": (
        TOOL,
        Play(reason="r", permanent=True),
        Outcome(Status.SUCCESS, source="script"),
    ),
    "what a tool prints becomes what it would in a run": (
        step("t", work=Tool("make", "lines"), writes=("k",)),
        Play(output="a\nb\n", writes={"more": True}),
        Outcome(
            Status.SUCCESS,
            context_updates={"tool.output": "a\nb", "k": ["a", "b"], "more": True},
            notes="Tool completed: make",
            source="script",
            artifacts={"tool_output.txt": b"a\nb\n"},
        ),
    ),
    "a tool that should print JSON and does not fails": (
        step("t", work=Tool("make", "json")),
        Play(output="[1]"),
        Outcome(
            Status.FAIL,
            context_updates={"tool.output": "[1]"},
            failure_reason="the command should print a JSON object, but what it printed: "
            "it is a list, not an object",
            source="script",
            artifacts={"tool_output.txt": b"[1]"},
        ),
    ),
    "what an agent says becomes what it would in a run": (
        step("a", work=Agent(()), writes=("k",)),
        Play(response="Hello"),
        Outcome(
            Status.SUCCESS,
            context_updates={"last_stage": "a", "last_response": "Hello", "k": "Hello"},
            notes="Stage completed: a",
            source="script",
            artifacts={"prompt.md": b"a", "response.md": b"Hello"},
        ),
    ),
    "a failed tool keeps the status that the script gives": (
        TOOL,
        Play(Status.RETRY, output="x", reason="later"),
        Outcome(
            Status.RETRY,
            context_updates={"tool.output": "x"},
            failure_reason="later",
            source="script",
            artifacts={"tool_output.txt": b"x"},
        ),
    ),
    "statuses that no exit code gives stand": (
        TOOL,
        Play(Status.PARTIAL_SUCCESS, output="x"),
        Outcome(
            Status.PARTIAL_SUCCESS,
            context_updates={"tool.output": "x"},
            notes="Tool completed: make",
            source="script",
            artifacts={"tool_output.txt": b"x"},
        ),
    ),
}


@pytest.mark.parametrize(("one", "play", "outcome"), PLAYS.values(), ids=PLAYS.keys())
def test_played(one: Any, play: Play, outcome: Outcome) -> None:
    assert played(one, play) == outcome


# --- people -----------------------------------------------------------------------------


def asked(script: Script, *ids: str) -> list[Answer]:
    interviewer = ScriptedInterviewer(script)

    async def main() -> list[Answer]:
        return [await interviewer.ask(Question(one, "?", (), "g", "")) for one in ids]

    return virtually(main())


def test_replies_are_given_in_turn() -> None:
    script = Script(answers={"g": [Reply("answer", "N", 5), Reply("skip"), Reply("park")]})
    assert [one.kind for one in asked(script, "/g.1", "/g.2", "/g.2", "/g.2")] == [
        "chosen",
        "skipped",
        "parked",
        "parked",
    ]


def test_a_question_that_no_reply_is_for_parks() -> None:
    assert asked(Script(), "/g.1") == [Answer("parked", source="script")]


# --- whole runs -------------------------------------------------------------------------

FAIL = Play(Status.FAIL, reason="no")


def gated(**fields: Any) -> Plan:
    gate = step("gate", to("exit", "[Y] Yes"), to("work", "[N] No"), work=Human(()), **fields)
    return plan(step("work", "gate"), gate)


def done(run: Simulated) -> list[str]:
    return [
        f"{record.node_id}.{record.visit}@{record.attempt} {record.status} {record.timestamp[14:]}"
        for record in run.records
        if isinstance(record, StageLifecycle) and record.kind in ("completed", "failed", "retrying")
        if record.handler or record.outcome_source == "script"
    ]


def test_backoffs_last_as_long_as_declared() -> None:
    one = quick(step("work", "exit"), 2)
    slow = replace(one, retry=replace(one.retry, initial_delay_ms=1_000, jitter=True))
    script = Script({"work": [replace(FAIL, after_ms=10_000), FAIL, Play()]})
    assert done(simulate(plan(slow), script)) == [
        "work.1@1 fail 00:10.000Z",
        "work.1@2 fail 00:11.000Z",
        "work.1@3 success 00:13.000Z",
    ]


def test_branches_run_at_the_same_time_up_to_their_limit() -> None:
    minute = Script(default=Play(after_ms=60_000))
    assert simulate(fan("a b c d e"), minute).took_ms == 120_000
    assert simulate(fan("a b c d e"), minute, jobs=1).took_ms == 300_000


def test_who_is_first_is_decided_by_virtual_time() -> None:
    policy = FanOut(Join("first_success"), decide="arrival")
    script = Script({"a": [Play(after_ms=50)], "b": [Play(after_ms=20)], "c": [Play(after_ms=70)]})
    run = simulate(fan(policy=policy), script)
    assert run.took_ms == 20
    assert run.context["parallel.branch.b.status"] == "success"
    assert run.context["parallel.branch.a.status"] == "cancelled"


def test_a_stage_that_hangs_is_ended_by_its_timeout() -> None:
    one = plan(step("work", "exit", timeout_ms=90_000))
    run = simulate(one, Script({"work": [Play(hang=True)]}))
    assert run.result.reason == "timed out after 90 s"
    assert run.took_ms == 90_000


def test_a_gate_that_nobody_answers_in_time_asks_again() -> None:
    script = Script(answers={"gate": [Reply("timeout"), Reply("answer", "Y", 1_000)]})
    run = simulate(gated(timeout_ms=60_000, retry=quick(TOOL, 1).retry), script)
    assert run.result.status == "success"
    assert run.took_ms == 61_001


def test_a_gate_without_a_reply_parks_the_run() -> None:
    run = simulate(gated(), Script())
    assert (run.result.status, run.result.questions) == ("parked", ("/gate.1",))


def test_custom_types_and_agents_are_scripted_like_tools() -> None:
    one = plan(step("mine", "a", work=Custom("mine")), step("a", "exit", work=Agent(())))
    run = simulate(one, Script({"mine": [Play(writes={"k": 1})], "a": [Play(response="hi")]}))
    assert (run.context["k"], run.context["last_response"]) == (1, "hi")


def test_keys_that_a_stage_may_not_write_are_dropped_as_in_any_run() -> None:
    one = plan(step("work", "exit", writes=("k",)))
    run = simulate(one, Script({"work": [Play(writes={"k": 1, "other": 2, "graph.goal": "x"})]}))
    assert run.context["k"] == 1
    assert "other" not in run.context


def test_the_run_says_that_it_was_simulated() -> None:
    first = simulate(plan(step("work", "exit")), Script()).records[0]
    assert isinstance(first, RunLifecycle)
    assert first.options == {"simulated": True}


def test_a_stage_that_hangs_for_ever_is_named() -> None:
    with pytest.raises(Stuck, match=r"^the simulation cannot go on: /work\.1 waits for ever$"):
        simulate(plan(step("work", "exit")), Script({"work": [Play(hang=True)]}))


@pytest.mark.parametrize(
    ("looping", "script"),
    [
        pytest.param(plan(step("work", "work")), Script(), id="a stage that costs no time"),
        pytest.param(
            plan(step("work", "work", timeout_ms=5)),
            Script({"work": [Play(writes={"k": 1}, after_ms=3)]}),
            id="a stage that costs some",
        ),
        pytest.param(
            plan(step("g", to("g", "[A] Again"), work=Human(()))),
            Script(answers={"g": [Reply("answer", "A")]}),
            id="a gate",
        ),
    ],
)
def test_a_pipeline_that_goes_in_circles_is_ended(
    looping: Plan, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attractorc.interpreter.simulation.actors.TURNS_LIMIT", 1_234)
    with pytest.raises(Stuck, match="had its turn 1,234 times"):
        simulate(looping, script)


def test_a_kept_run_goes_on_where_its_script_was() -> None:
    store = MemoryStore()
    again = Script({"work": [Play(writes={"n": 1}), Play(writes={"n": 2})]})
    first = simulate(gated(), again, store=store)
    assert first.result.status == "parked"
    store.post("simulated", "answer", {"question": "/gate.1", "choice": "N"}, "")
    stage = simulated_ports(gated(), again, store, epoch_ms=EPOCH_MS + 5_000)
    stage.remember(first.records)

    async def opening() -> Journal:
        return await resume_run("simulated", stage.ports)

    result, journal = carried_out(stage, opening)
    assert (result.status, journal.state.trunk.context["n"]) == ("parked", 2)
    told = [record for record, _ in read(store, "simulated")]
    assert sum(isinstance(one, InterviewLifecycle) and one.kind == "completed" for one in told) == 1


def test_replies_that_an_earlier_engine_was_given_are_not_given_again() -> None:
    interviewer = ScriptedInterviewer(Script(answers={"g": [Reply("skip"), Reply("answer", "Y")]}))
    interviewer.remember("", "g", "/g.1")
    answer = virtually(interviewer.ask(Question("/g.2", "?", (), "g", "")))
    assert answer == Answer("chosen", "Y", "script")


JOURNAL = """
import hashlib
from attractorc.interpreter.outcome import Status
from attractorc.interpreter.simulation import Play, Script, simulate
from tests.interpreter.pipelines import fan
heads = "a b c d e f g h"
plays = {head: [Play(Status.FAIL if n % 3 else Status.SUCCESS, 7 * n, {head: n, "all": {head: n}})]
         for n, head in enumerate(heads.split())}
run = simulate(fan(heads), Script(plays))
rows = run.store.records(run.result.run_id, limit=10_000)
print(hashlib.sha256(b"".join(turn.payload for turn in rows)).hexdigest(), len(rows))
"""


def test_a_journal_is_the_same_to_the_byte_whatever_the_hash_seed_place_and_language(
    tmp_path: Path,
) -> None:
    root = Path(__file__).parents[2]
    seen = set()
    places = (("0", "UTC", "C"), ("1", "Asia/Tokyo", "C.UTF-8"), ("random", "", "C"))
    for seed, zone, language in places:
        ended = subprocess.run(
            [sys.executable, "-c", JOURNAL],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": str(root),
                "PYTHONHASHSEED": seed,
                "TZ": zone,
                "LC_ALL": language,
            },
            capture_output=True,
            text=True,
            check=True,
        )
        seen.add(ended.stdout)
    assert len(seen) == 1
    assert int(seen.pop().split()[1]) > 50


def test_a_case_takes_milliseconds() -> None:
    script = Script(default=Play(after_ms=60_000))
    simulate(fan(), script)
    begun = time.process_time()
    for _ in range(10):
        simulate(fan(), script)
    assert time.process_time() - begun < 1


def test_an_attempt_that_is_cancelled_ends(tmp_path: Path) -> None:
    stage = simulated_ports(fan(), Script(default=Play(hang=True)), MemoryStore())
    handler = stage.ports.handlers["tool"]

    async def main() -> None:
        task = asyncio.create_task(handler.run(fakes.call(tmp_path)))
        await asyncio.sleep(5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    virtually(main(), stage.loop)
