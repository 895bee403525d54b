"""Threads: who goes on with whose session, in runs with real branches and a backend that tells."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from attractorc.compiler.plan.model import FanIn, Judge, Parallel, Plan
from attractorc.compiler.policy import FanOut, Winner, WinnerKey
from attractorc.interpreter.carried import FULL, SUMMARY_HIGH, Exchange
from attractorc.interpreter.driver.replay import replay
from attractorc.interpreter.fidelity import CONVERSATION_TOKENS, transcript
from attractorc.interpreter.handlers.agent import Response
from attractorc.interpreter.ports import Call
from attractorc.interpreter.queries import attempts
from attractorc.interpreter.queries.reading import turn_record
from attractorc.interpreter.records import (
    LinkStageToAgent,
    RouteDecision,
    RunLifecycle,
    StageLifecycle,
)
from attractorc.interpreter.records.files import content
from attractorc.interpreter.stores.memory import MemoryStore
from attractorc.interpreter.stores.sqlite import SqliteStore

from .crashing import Crash, Crashing
from .pipelines import Ran, plan, quick, region, run, step, to, when, writes
from .talking import Agents, Messages, Sessions, Talker, agent, failing
from .test_plan_change import changed, died_after, taking_over
from .test_replay import altered, first


def shared(decide: str = "declared") -> Plan:
    """Every agent stage names the same thread: on the trunk, in two branches, in a nested one."""
    return plan(
        agent("plan", "fan"),
        step("fan", work=Parallel()),
        agent("a1", "a2", region="fan"),
        agent("a2", "join", region="fan"),
        agent("b1", "inner", region="fan"),
        step("inner", work=Parallel(), region="fan"),
        agent("x1", "meet", region="inner"),
        agent("y1", "meet", region="inner"),
        step("meet", "b2", work=FanIn("inner"), region="fan"),
        agent("b2", "join", region="fan"),
        step("join", "ship", work=FanIn("fan")),
        agent("ship", "exit"),
        regions=(
            region("fan", {"a": "a1", "b": "b1"}, "join", policy=FanOut(decide=decide)),
            replace(region("inner", {"x": "x1", "y": "y1"}, "meet"), parent="fan"),
        ),
        default_fidelity="full",
        default_thread_id="shared",
    )


class Meeting(Sessions):
    """Holds the first stages of two branches until both are there."""

    def __init__(self, *meet: str) -> None:
        super().__init__()
        self._meet = meet
        self._both = asyncio.Event()
        self._there: set[str] = set()

    async def respond(self, call: Call, agent: Any, prompt: str) -> Response:
        if call.step.id in self._meet:
            self._there.add(call.step.id)
            if len(self._there) == len(self._meet):
                self._both.set()
            await asyncio.wait_for(self._both.wait(), 5)
        return await super().respond(call, agent, prompt)


class TestBranches:
    def test_no_branch_goes_on_with_a_siblings_or_the_trunks_session(self) -> None:
        backend = Meeting("a1", "b1")
        ran = run(shared(), Agents(backend))
        assert ran.result.status == "success"
        sessions: dict[str, set[str]] = {}
        for link in ran.of(LinkStageToAgent):
            assert link.thread_key == "shared"
            sessions.setdefault(link.path, set()).add(link.agent_session_id)
        assert {path: len(found) for path, found in sessions.items()} == {
            "": 1,
            "/fan.1/a": 1,
            "/fan.1/b": 1,
            "/fan.1/b/inner.1/x": 1,
            "/fan.1/b/inner.1/y": 1,
        }
        assert len(set().union(*sessions.values())) == 5, "five paths, five sessions"

    def test_each_goes_on_with_its_own_across_an_inner_fan_out(self) -> None:
        backend = Sessions()
        run(shared(), Agents(backend))
        given = {heard.stage: heard.session for heard in backend.heard}
        fresh = {"plan", "a1", "b1", "x1", "y1"}
        assert {stage for stage, session in given.items() if not session} == fresh
        before = {heard.path: heard for heard in backend.heard if not heard.session}
        for later in ("a2", "b2", "ship"):
            (heard,) = backend.at(later)
            assert heard.session, later
            assert before[heard.path].stage == {"a2": "a1", "b2": "b1", "ship": "plan"}[later]

    def test_a_transcript_holds_nothing_of_a_sibling(self) -> None:
        backend = Talker()
        run(shared(), Agents(backend))
        told = {heard.stage: heard.prompt for heard in backend.heard}
        assert "a1 answers" in told["a2"]
        assert "b1 answers" not in told["a2"]
        assert "plan answers" in told["ship"]
        assert not any(f"{name} answers" in told["ship"] for name in ("a1", "a2", "b1", "b2", "x1"))

    def test_another_visit_of_a_fan_out_begins_anew(self) -> None:
        made = plan(
            step("fan", work=Parallel()),
            agent("a", "join", region="fan", fidelity="full", thread="t"),
            agent("b", "join", region="fan", fidelity="full", thread="t"),
            step("join", "again", work=FanIn("fan")),
            step("again", to("fan", condition=when("x", "1")), to("exit", weight=-1)),
            regions=(region("fan", "a b", "join"),),
        )
        backend = Sessions()
        run(made, Agents(backend, {"again": [writes(x="1"), writes(x="2")]}))
        assert [heard.session for heard in backend.heard] == [""] * 4


class TestThreads:
    def test_two_threads_of_one_walker_stay_apart(self) -> None:
        made = plan(
            agent("a", "b", thread="one"),
            agent("b", "c", thread="two"),
            agent("c", "d", thread="one"),
            agent("d", "exit", thread="two"),
            default_fidelity="full",
        )
        backend = Sessions()
        run(made, Agents(backend))
        assert [heard.session for heard in backend.heard] == ["", "", "s1", "s2"]

    def test_a_stage_of_lower_fidelity_is_no_part_of_a_thread(self) -> None:
        made = plan(
            agent("a", "b", thread="one"),
            agent("b", "c", thread="one", fidelity="truncate"),
            agent("c", "exit", thread="one"),
            default_fidelity="full",
        )
        backend = Talker()
        run(made, Agents(backend))
        assert backend.at("b")[0].prompt == "Run: run-1\n\n---\n\nDo b"
        assert "a answers" in backend.at("c")[0].prompt
        assert "b answers" not in backend.at("c")[0].prompt

    def test_the_first_stage_of_a_thread_is_told_what_a_summary_tells(self) -> None:
        made = plan(
            step("t", "a"),
            agent("a", "b", thread="one"),
            agent("b", "exit", thread="one"),
            default_fidelity="full",
        )
        backend = Sessions()
        run(made, Agents(backend, {"t": writes(found="seven")}))
        first, second = (heard.prompt for heard in backend.heard)
        assert "- found: seven" in first
        assert first.endswith("\n\n---\n\nDo a")
        assert second == "Do b", "the session knows the rest"

    def test_a_session_is_handed_to_the_backend_that_gave_it_and_to_no_other(self) -> None:
        made = plan(
            agent("a", "b", thread="t"),
            agent("b", "c", thread="t", backend="other"),
            agent("c", "exit", thread="t", backend="other"),
            default_fidelity="full",
        )
        main, other = Sessions("m"), Sessions("o")
        run(made, Agents(main, None, other=other))
        assert [heard.session for heard in other.heard] == ["", "o1"]
        assert "a answers" in other.heard[0].prompt, "what the other backend was told and said"
        assert other.heard[1].prompt == "Do c"

    def test_a_backend_of_messages_reads_the_turns_and_is_sent_the_new_one_only(self) -> None:
        made = plan(agent("a", "b"), agent("b", "c"), agent("c", "exit"), default_fidelity="full")
        backend = Messages()
        ran = run(made, Agents(backend))
        last = backend.at("c")[0]
        assert last.prompt == "Do c"
        first, second = last.conversation.exchanges
        assert first.prompt.endswith("Do a")
        assert second == Exchange("Do b", "b answers")
        (record,) = [one for one in ran.of(StageLifecycle, "completed") if one.node_id == "c"]
        kept = content(record.artifacts["prompt.md"], ran.store.get_blob).decode()
        assert "b answers" in kept, "prompt.md holds all that the agent was told"
        assert kept.endswith("Do c")

    def test_a_conversation_that_is_told_again_does_not_grow_by_what_it_repeats(self) -> None:
        names = [f"n{index}" for index in range(8)]
        stages = [
            agent(name, after) for name, after in zip(names, [*names[1:], "exit"], strict=True)
        ]
        backend = Talker()
        run(plan(*stages, default_fidelity="full"), Agents(backend))
        last = backend.heard[-1].prompt
        assert [last.count(f"Do {name}\n") for name in names[:-1]] == [1] * 7
        assert [last.count(f"{name} answers") for name in names[:-1]] == [1] * 7

    def test_too_long_a_conversation_leaves_its_beginning_out_and_says_so(self) -> None:
        turn = Exchange("p" * 4 * 10_000, "r" * 4 * 10_000)
        found = transcript.latest(5, lambda index: turn)
        assert len(found.exchanges) == CONVERSATION_TOKENS // 20_000 == 3
        assert found.left_out == 2
        assert "(2 earlier turns are left out.)" in transcript.as_text(found)

    def test_a_turn_that_does_not_fit_is_left_out_with_all_before_it(self) -> None:
        sizes = [1, 4 * CONVERSATION_TOKENS, 1]
        found = transcript.latest(3, lambda index: Exchange("p" * sizes[index], ""))
        assert (len(found.exchanges), found.left_out) == (1, 2)

    def test_an_agent_that_chooses_a_winner_goes_on_with_a_thread_too(self) -> None:
        judge = Judge(("Choose",), fidelity="full", thread_id="t")
        made = plan(
            agent("plan", "fan", fidelity="full", thread="t"),
            step("fan", work=Parallel()),
            step("a", "join", region="fan"),
            step("b", "join", region="fan"),
            step("join", "exit", work=FanIn("fan", judge)),
            regions=(
                region("fan", "a b", "join", winner=Winner((WinnerKey("prompt"),), written=True)),
            ),
        )
        backend = Sessions(answers={"join": [Response('{"winner": "b"}', session="s1")]})
        ran = run(made, Agents(backend))
        assert ran.context["parallel.fan_in.best_id"] == "b"
        assert backend.at("join")[0].session == "s1"
        assert backend.at("join")[0].prompt.startswith("Choose")


class TestAttempts:
    def test_a_retry_sees_the_thread_as_its_stage_was_entered(self) -> None:
        made = plan(
            agent("a", "b"), quick(agent("b", "c"), 1), agent("c", "exit"), default_fidelity="full"
        )
        backend = Talker({"b": [failing(), Response("b answers")]})
        ran = run(made, Agents(backend))
        first, second = backend.at("b")
        assert first.prompt == second.prompt
        assert "I give up" not in backend.at("c")[0].prompt
        assert [
            (one.kind, one.attempt) for one in ran.of(LinkStageToAgent) if one.node_id == "b"
        ] == [
            ("tried", 1),
            ("turn", 2),
        ]

    def test_a_stage_that_fails_for_good_is_a_turn_of_its_thread(self) -> None:
        made = plan(
            agent("a", to("b", condition=when("outcome", "fail"))),
            agent("b", "exit"),
            default_fidelity="full",
        )
        backend = Talker({"a": [failing("no tests")]})
        run(made, Agents(backend))
        assert "I give up" in backend.at("b")[0].prompt


class TestStore:
    def test_a_thread_has_a_context_of_its_own_that_holds_its_turns(self) -> None:
        ran = run(shared(), Agents(Sessions()))
        by_path: dict[str, set[str]] = {}
        for link in ran.of(LinkStageToAgent, "turn"):
            by_path.setdefault(link.path, set()).add(link.agent_context_id)
        assert {path: len(found) for path, found in by_path.items()} == dict.fromkeys(by_path, 1)
        contexts = [next(iter(found)) for found in by_path.values()]
        assert len(set(contexts)) == 5, "none is shared between two paths"
        for path, (context,) in by_path.items():
            found = [turn_record(ran.store, turn) for turn in ran.store.turns(context)]
            links = [one for one in found if isinstance(one, LinkStageToAgent)]
            expected = [one for one in ran.of(LinkStageToAgent) if one.path == path]
            assert links == expected

    def test_a_turn_names_its_stage_its_session_and_what_was_said(self) -> None:
        made = plan(agent("a", "b"), agent("b", "exit"), default_fidelity="full")
        ran = run(made, Agents(Sessions()))
        first, second = ran.of(LinkStageToAgent)
        assert (second.stage_attempt_id, second.agent_session_id, second.backend) == (
            "run-1:/b.1@1",
            "s1",
            "main",
        )
        assert second.agent_context_id == first.agent_context_id
        assert first.agent_head_turn_id is None
        assert second.agent_head_turn_id is not None
        assert ran.store.get_blob(second.prompt) == b"Do b"
        assert ran.store.get_blob(second.response) == b"b answers"

    def test_a_session_without_a_thread_is_noted_beside_its_stage(self) -> None:
        ran = run(plan(agent("a", "exit")), Agents(Sessions()))
        (link,) = ran.of(LinkStageToAgent)
        assert (link.kind, link.agent_session_id, link.thread_key) == ("noted", "s1", None)
        assert link.agent_context_id is None

    def test_attempts_tell_fidelity_thread_and_session(self) -> None:
        made = plan(agent("a", "b"), agent("b", "exit", fidelity="full", thread="t"))
        ran = run(made, Agents(Sessions()))
        found = {one.node_id: one for one in attempts(ran.store, "run-1")}
        assert [
            (found[name].fidelity, found[name].thread, found[name].session) for name in "ab"
        ] == [("", "", "s1"), ("full", "t", "s2")]

    def test_a_removed_run_takes_its_threads_along_and_leaves_those_of_others(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "runs.db"
        store = SqliteStore(path)
        made = plan(agent("a", "b"), agent("b", "exit"), default_fidelity="full")
        run(made, Agents(Sessions("gone-with-it")), store=store, run_id="going")
        kept = run(made, Agents(Sessions()), store=store, run_id="staying")
        store.remove_runs(["going"])
        with closing(sqlite3.connect(path)) as file:
            (turns,) = file.execute("SELECT count(*) FROM turns").fetchone()
            (lost,) = file.execute(
                "SELECT count(*) FROM contexts WHERE base NOT IN (SELECT id FROM turns)"
            ).fetchone()
        assert (turns, lost) == (len(kept.records), 0)
        assert b"gone-with-it" not in path.read_bytes()
        for link in kept.of(LinkStageToAgent):
            assert store.get_blob(link.response) == f"{link.node_id} answers".encode()

    def test_no_file_of_a_stage_is_kept_for_its_turn_alone(self) -> None:
        made = plan(agent("a", "b"), agent("b", "exit"), default_fidelity="full")
        ran = run(made, Agents(Talker()))
        names = {name for one in ran.of(StageLifecycle, "completed") for name in one.artifacts}
        assert names == {"prompt.md", "response.md"}


class TestResume:
    def test_after_any_crash_each_path_has_one_degraded_hop_and_no_old_session(self) -> None:
        made = shared()
        whole = run(made, Agents(Sessions("old")))
        hops = 0
        for survives in range(5, len(whole.records)):
            store = MemoryStore()
            with pytest.raises(Crash):
                run(
                    made,
                    Agents(Sessions("old")),
                    store=Crashing(store, survives),  # type: ignore[arg-type]
                    replayed=False,
                )
            backend = Sessions("new")
            ran = run(made, Agents(backend), store=store, resume=True)
            assert ran.result.status == "success"
            hops += self._held(ran, backend)
        assert hops > 50, "the test would hold for runs without any hop"

    @staticmethod
    def _held(ran: Ran, backend: Sessions) -> int:
        (resumed,) = ran.of(RunLifecycle, "resumed")
        assert not any(heard.session.startswith("old") for heard in backend.heard)
        starts = [one for one in ran.of(StageLifecycle, "started") if one.thread_key]
        used = {one.path for one in starts if one.sequence_no < resumed.sequence_no}
        hops = 0
        first: set[str] = set()
        for one in starts:
            if one.sequence_no < resumed.sequence_no:
                assert (one.fidelity, one.degraded_from) == (FULL, None)
                continue
            due = one.path in used and one.path not in first
            first.add(one.path)
            expected = (SUMMARY_HIGH, FULL) if due else (FULL, None)
            assert (one.fidelity, one.degraded_from) == expected, (one.path, one.node_id)
            hops += due
        return hops

    def test_a_retry_of_the_degraded_stage_is_degraded_too_and_the_next_stage_is_not(self) -> None:
        made = plan(
            agent("a", "b"), quick(agent("b", "c"), 1), agent("c", "exit"), default_fidelity="full"
        )
        store = self._left_after(made, "a")
        backend = Sessions("new", {"b": [failing(), Response("b answers", session="new7")]})
        ran = run(made, Agents(backend), store=store, resume=True)
        found = [
            (one.node_id, one.attempt, one.fidelity)
            for one in ran.of(StageLifecycle, "started")
            if one.handler == "agent" and one.node_id != "a"
        ]
        assert found == [("b", 1, SUMMARY_HIGH), ("b", 2, SUMMARY_HIGH), ("c", 1, FULL)]
        assert backend.at("c")[0].session == "new7", "the hop began the thread anew"
        links = {one.node_id: one for one in ran.of(LinkStageToAgent, "turn")}
        assert links["a"].agent_context_id != links["b"].agent_context_id
        assert links["b"].agent_context_id == links["c"].agent_context_id

    def test_another_thread_of_the_path_goes_on_from_what_the_store_has_of_it(self) -> None:
        made = plan(
            agent("a", "b", thread="one"),
            agent("b", "c", thread="two"),
            agent("c", "d", thread="one"),
            agent("d", "exit", thread="two"),
            default_fidelity="full",
        )
        backend = Sessions("new")
        ran = run(made, Agents(backend), store=self._left_after(made, "b"), resume=True)
        assert ran.result.status == "success"
        c, d = backend.heard
        assert (c.fidelity, d.fidelity) == (SUMMARY_HIGH, FULL)
        assert d.session == ""
        assert "b answers" in d.prompt

    def test_a_path_that_never_was_in_a_thread_is_not_degraded(self) -> None:
        made = plan(agent("a", "b"), agent("b", "exit", fidelity="full"))
        ran = run(made, Agents(Sessions()), store=self._left_after(made, "a"), resume=True)
        starts = {one.node_id: one for one in ran.of(StageLifecycle, "started")}
        assert (starts["b"].fidelity, starts["b"].degraded_from) == (FULL, None)

    def test_a_hop_that_was_cut_short_is_made_again(self) -> None:
        made = plan(agent("a", "b"), agent("b", "exit"), default_fidelity="full")
        store = self._left_after(made, "a")
        count = len(store.records("run-1", limit=1_000))
        with pytest.raises(Crash):  # after the second engine's `resumed` and the start of b
            run(
                made,
                Agents(Sessions()),
                store=Crashing(store, 2 + 1),  # type: ignore[arg-type]
                resume=True,
                replayed=False,
            )
        assert len(store.records("run-1", limit=1_000)) == count + 3
        ran = run(made, Agents(Sessions()), store=store, resume=True)
        starts = [one for one in ran.of(StageLifecycle, "started") if one.node_id == "b"]
        assert starts[-1].degraded_from == FULL

    def test_a_plan_that_takes_over_may_bring_the_first_agents(self) -> None:
        old = plan(step("a", "b"), step("b", "exit"))
        new = changed(
            old, b=agent("b", "c", fidelity="full"), c=agent("c", "exit", fidelity="full")
        )
        store = died_after(old, lambda one: isinstance(one, RouteDecision) and one.node_id == "a")
        backend = Sessions()
        run(old, Agents(backend), store=store, resume=True, given=taking_over(new))
        assert [heard.session for heard in backend.heard] == ["", "s1"]

    @staticmethod
    def _left_after(made: Plan, node: str) -> MemoryStore:
        """A store with a run whose engine died once this node's stage was routed."""
        whole = run(made, Agents(Sessions("old")))
        (route,) = [one for one in whole.of(RouteDecision) if one.node_id == node]
        store = MemoryStore()
        with pytest.raises(Crash):
            run(
                made,
                Agents(Sessions("old")),
                store=Crashing(store, route.sequence_no),  # type: ignore[arg-type]
                replayed=False,
            )
        return store


class TestReplay:
    @pytest.mark.parametrize(
        ("field", "value"), [("fidelity", "compact"), ("thread_key", "elsewhere")]
    )
    def test_a_replay_notices_another_fidelity_and_another_thread(
        self, field: str, value: str
    ) -> None:
        made = plan(agent("a", "b"), agent("b", "exit"), default_fidelity="full")
        store = MemoryStore()
        run(made, Agents(Sessions()), store=store)
        change = first(
            StageLifecycle, lambda one: replace(one, **{field: value}), kind="started", node_id="b"
        )
        false, at = altered(store, change)
        difference = replay(false, "run-1").difference
        assert difference is not None
        assert difference.sequence_no == at
        assert difference.found[field] == value
