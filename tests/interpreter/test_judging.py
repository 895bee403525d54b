"""Winners by asking: an agent, a person, and the order in which branches came."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from attractorc.compiler.plan.digest import sealed
from attractorc.compiler.plan.model import FanIn, Human, Judge, Parallel, Plan
from attractorc.compiler.policy import FanOut, Join, Merge, MergeRule, WinnerKey
from attractorc.interpreter.outcome import Outcome, Status, failed
from attractorc.interpreter.ports import Answer, Call, Filter, Question
from attractorc.interpreter.queries import attempts, why
from attractorc.interpreter.records import (
    FanInDecision,
    InterviewLifecycle,
    StageLifecycle,
)
from attractorc.interpreter.simulation import Play, Script, simulate
from attractorc.interpreter.stores.memory import MemoryStore

from .branches import by
from .crashing import Crash, Crashing
from .pipelines import (
    Behaviour,
    Nobody,
    Ran,
    Says,
    after,
    fails,
    plan,
    quick,
    region,
    run,
    step,
    to,
    when,
    writes,
)

PROMPT, HUMAN, FIRST = WinnerKey("prompt"), WinnerKey("human"), WinnerKey("first")
SCORE = WinnerKey("max", "score")
TOOK = Merge((MergeRule("n", "winner"),))
JUDGE = Judge(("Which is best?",), model="m", question=("Which do you want?",))
WRITTEN = {"a": writes(n="a", score=1), "b": writes(n="b", score=2), "c": writes(n="c", score=2)}


def contest(
    *keys: WinnerKey,
    judge: Judge = JUDGE,
    policy: FanOut | None = None,
    meeting: str = "fan_in",
    retries: int = 0,
    **fields: Any,
) -> Plan:
    """start -> fan -> {a b c} -> join -> exit, where the winner is asked for."""
    asks_at_fan_in = meeting == "fan_in"
    asker = step("join", "exit", work=FanIn("fan", judge), **fields)
    fork = step("fan", work=Parallel())
    if not asks_at_fan_in:
        asker = step("join", "exit")
        fork = step("fan", work=Parallel(judge), **fields)
    if retries and asks_at_fan_in:
        asker = quick(asker, retries)
    return plan(
        fork,
        *(step(name, "join", region="fan") for name in "abc"),
        asker,
        regions=(
            region(
                "fan",
                "a b c",
                "join",
                meeting=meeting,
                policy=policy or FanOut(),
                winner=by(*keys),
                merge=TOOK,
            ),
        ),
    )


def says(text: str | dict[str, Any]) -> Outcome:
    """An agent's answer, as an agent handler gives it."""
    answer = text if isinstance(text, str) else json.dumps(text)
    return Outcome(
        Status.SUCCESS,
        context_updates={"last_response": answer},
        artifacts={"prompt.md": b"asked", "response.md": answer.encode()},
    )


def judging(ran: Ran) -> list[Call]:
    return [call for call in ran.handler.calls if call.candidates]


def decision(ran: Ran) -> FanInDecision:
    (found,) = ran.of(FanInDecision)
    return found


def stages(ran: Ran, node: str) -> list[str]:
    return [one.kind for one in ran.of(StageLifecycle) if one.node_id == node]


def test_an_agent_is_given_the_candidates_and_chooses_one() -> None:
    ran = run(contest(PROMPT), {**WRITTEN, "a": fails(), "join": says({"winner": "c"})})
    assert ran.result.status == "success"
    assert (ran.context["n"], ran.context["parallel.fan_in.best_id"]) == ("c", "c")
    assert ran.context["parallel.fan_in.method"] == "prompt"
    assert decision(ran).winner["asked"] == {
        "key": "prompt",
        "candidates": ["b", "c"],
        "answer": "c",
    }
    (call,) = judging(ran)
    assert (call.stage_id, call.attempt, call.candidates) == ("/join.1", 1, ("b", "c"))
    assert call.prompt.startswith("Which is best?\n\n")
    told = json.loads(call.prompt[call.prompt.index("[\n") : call.prompt.rindex("]") + 1])
    assert told == [
        {
            "id": name,
            "end": "success",
            "score": 2,
            "terminal_stage": f"/fan.1/{name}/{name}.1",
            "writes": {"n": name, "score": 2},
        }
        for name in ("b", "c")
    ]
    assert stages(ran, "join") == ["started", "judging", "judged", "completed"]
    completed = ran.of(StageLifecycle, "completed")[-2]
    assert completed.node_id == "join"
    assert set(completed.artifacts) == {"prompt.md", "response.md"}
    assert "last_response" not in ran.context


ASKED: tuple[tuple[str, tuple[WinnerKey, ...], dict[str, Any], list[str], str, str], ...] = (
    (
        "a later key is asked for what the earlier ones left tied",
        (SCORE, PROMPT),
        {},
        ["b", "c"],
        "c",
        "max(score), prompt",
    ),
    (
        "nobody is asked about one candidate that the earlier keys left",
        (SCORE, PROMPT),
        {"b": writes(n="b", score=9)},
        [],
        "b",
        "max(score)",
    ),
    (
        "nobody is asked about the only candidate",
        (PROMPT,),
        {"a": fails(), "b": fails()},
        [],
        "c",
        "only_candidate",
    ),
    ("nobody is asked after a key that leaves one", (FIRST, PROMPT), {}, [], "a", "first"),
    ("what follows an answer is not asked", (PROMPT, HUMAN), {}, ["a", "b", "c"], "c", "prompt"),
    ("what follows an answer decides nothing", (PROMPT, FIRST), {}, ["a", "b", "c"], "c", "prompt"),
)


@pytest.mark.parametrize(
    ("keys", "changed", "asked", "best", "method"),
    [case[1:] for case in ASKED],
    ids=[case[0] for case in ASKED],
)
def test_several_keys_in_turn(
    keys: tuple[WinnerKey, ...], changed: dict[str, Any], asked: list[str], best: str, method: str
) -> None:
    behaviour = {**WRITTEN, **changed, "join": says({"winner": "c"})}
    ran = run(contest(*keys), behaviour)
    assert [list(call.candidates) for call in judging(ran)] == ([asked] if asked else [])
    assert (ran.context["parallel.fan_in.best_id"], ran.context["parallel.fan_in.method"]) == (
        best,
        method,
    )
    assert not ran.of(InterviewLifecycle)


def test_without_a_candidate_nobody_is_asked_and_there_is_no_winner() -> None:
    all_done = FanOut(Join("all_done", text="all_done"))
    ran = run(contest(PROMPT, policy=all_done), dict.fromkeys("abc", fails()))
    assert (judging(ran), decision(ran).winner["method"]) == ([], "none")


def test_where_the_join_is_not_satisfied_nobody_is_asked() -> None:
    all_of_them = FanOut(Join("all_success", text="all_success"), losers="drain")
    ran = run(contest(PROMPT, policy=all_of_them), {**WRITTEN, "a": fails()})
    assert (ran.result.status, judging(ran)) == ("fail", [])
    assert decision(ran).winner["method"] == "none"


def test_a_value_that_is_no_number_is_told_before_anybody_is_asked() -> None:
    ran = run(contest(PROMPT, SCORE), {**WRITTEN, "a": writes(score="high")})
    assert judging(ran) == []
    assert "max(score) needs a number" in ran.result.reason


WRONG: dict[str, tuple[str, str]] = {
    "no JSON at all": ("I like b", "the answer names no winner"),
    "two answers": ('{"winner": "a"} or {"winner": "b"}', "the answer names a winner 2 times"),
    "an unknown branch": ('{"winner": "x"}', "which is no branch of 'fan'"),
    "a branch that failed": ('{"winner": "a"}', "which is not to be chosen"),
    "no text": ('{"winner": 3}', "which is no branch id"),
    "nothing": ("", "the answer names no winner"),
}


def test_who_was_asked_and_what_it_cost_is_known_of_the_fan_ins_attempt() -> None:
    answer = says({"winner": "c"})._replace(agent={"backend": "judge", "tries": 2}, session="s1")
    ran = run(contest(PROMPT), {**WRITTEN, "join": answer})
    for status in (None, "success"):  # looked for from its start, and from its end
        found = attempts(ran.store, "run-1", Filter("join"), status=status)
        (entry,) = found
        assert (entry.attempt, entry.status) == (1, "success")
        assert (entry.agent, entry.session) == ({"backend": "judge", "tries": 2}, "s1")


@pytest.mark.parametrize(("text", "reason"), WRONG.values(), ids=WRONG)
def test_any_other_answer_fails_the_fan_in(text: str, reason: str) -> None:
    ran = run(contest(PROMPT), {**WRITTEN, "a": fails(), "join": says(text)})
    assert ran.result.status == "fail"
    assert reason in ran.result.reason
    found = decision(ran)
    assert (found.status, found.winner["id"], found.winner["method"]) == ("fail", None, "error")
    assert found.winner["asked"] == {"key": "prompt", "candidates": ["b", "c"], "answer": None}
    assert {one["state"] for key in found.keys for one in key["writes"]} == {"excluded"}
    assert "n" not in ran.context


def test_the_call_is_retried_as_the_fan_ins_own_attempts() -> None:
    answers = [says("b"), failed("overloaded"), says({"winner": "b"})]
    ran = run(contest(PROMPT, retries=2), {**WRITTEN, "join": answers})
    assert (ran.result.status, ran.context["n"]) == ("success", "b")
    assert [call.attempt_id for call in judging(ran)] == [f"run-1:/join.1@{n}" for n in (1, 2, 3)]
    assert stages(ran, "join") == [
        *("started", "judging", "retrying", "ready"),
        *("started", "judging", "retrying", "ready"),
        *("started", "judging", "judged", "completed"),
    ]
    reasons = [one.failure_reason for one in ran.of(StageLifecycle, "retrying")]
    assert reasons[0].endswith('was expected, and it says "b"')
    assert reasons[1] == "overloaded"


def test_the_graphs_retries_cover_what_asks_for_a_retry_and_no_wrong_answer() -> None:
    made = contest(PROMPT)
    steps = {**made.steps, "join": quick(made.steps["join"], 1, covers_fail=False)}
    again = Outcome(Status.RETRY, failure_reason="busy")
    ran = run(sealed(replace(made, steps=steps)), {**WRITTEN, "join": [again, says("b")]})
    assert len(judging(ran)) == 2
    assert "names no winner" in ran.result.reason
    ran = run(sealed(replace(made, steps=steps)), {**WRITTEN, "join": again})
    assert ran.result.reason == "gave up after 2 tries: busy"


def test_a_failure_that_cannot_be_mended_is_not_retried() -> None:
    gone = failed("there is no such model", permanent=True)
    ran = run(contest(PROMPT, retries=3), {**WRITTEN, "join": gone})
    assert (len(judging(ran)), ran.result.reason) == (1, "there is no such model")


def test_a_call_that_takes_too_long_is_a_failed_attempt() -> None:
    slow = after(5, says({"winner": "a"}))
    ran = run(contest(PROMPT, timeout_ms=20), {**WRITTEN, "join": slow})
    assert ran.result.reason == "timed out after 20 ms"


def test_a_hosts_handler_may_give_the_winner_as_a_context_update() -> None:
    ran = run(contest(PROMPT), {**WRITTEN, "join": writes(winner="b")})
    assert (ran.context["n"], "winner" in ran.context) == ("b", False)


def test_where_branches_meet_at_an_ordinary_node_the_fan_out_asks() -> None:
    made = contest(SCORE, PROMPT, meeting="node")
    ran = run(made, {**WRITTEN, "fan": says({"winner": "c"})})
    assert (ran.result.status, ran.context["n"]) == ("success", "c")
    assert [(call.step.id, call.candidates) for call in judging(ran)] == [("fan", ("b", "c"))]
    assert ran.context["parallel.success_count"] == 3
    ran = run(made, {**WRITTEN, "fan": says("none")})
    assert (ran.result.status, "join" in ran.handler.ran) == ("fail", False)


def test_the_call_waits_for_a_slot_and_takes_one() -> None:
    now: list[str] = []
    most = 0

    async def busy(call: Call) -> Outcome:
        nonlocal most
        now.append(call.step.id)
        most = max(most, len(now))
        await asyncio.sleep(0.03)
        now.remove(call.step.id)
        return says({"winner": "p"}) if call.candidates else writes(n=call.step.id)

    class Soon:
        async def ask(self, question: Question) -> Answer:
            await asyncio.sleep(0.005)
            return Answer("chosen", "meet")

    # The gates are answered while `x` has the only slot, so that the winner is asked for then.
    gate = Human(("Go on?",))
    made = plan(
        step("outer", work=Parallel()),
        step("inner", work=Parallel(), region="outer"),
        step("p", "meet", work=gate, region="inner"),
        step("q", "meet", work=gate, region="inner"),
        step("meet", "join", work=FanIn("inner", JUDGE), region="outer"),
        *(step(name, "join", region="outer") for name in "xyz"),
        step("join", "exit", work=FanIn("outer")),
        regions=(
            region("outer", "inner x y z", "join"),
            region("inner", "p q", "meet", winner=by(PROMPT), parent="outer"),
        ),
    )
    ran = run(made, dict.fromkeys(["meet", "x", "y", "z"], busy), jobs=1, interviewer=Soon())
    assert (ran.result.status, most, len(judging(ran))) == ("success", 1, 1)


def nested(*keys: WinnerKey) -> Plan:
    """outer -> {inner -> (p, q) -> meet, quick} -> join; `quick` decides the outer join."""
    first = FanOut(Join("first_success", text="first_success"), decide="arrival")
    return plan(
        step("outer", work=Parallel()),
        step("inner", work=Parallel(), region="outer"),
        step("p", "meet", region="inner"),
        step("q", "meet", region="inner"),
        step("meet", "join", work=FanIn("inner", JUDGE), region="outer"),
        step("quick", "join", region="outer"),
        step("join", "exit", work=FanIn("outer")),
        regions=(
            region("outer", "inner quick", "join", policy=first),
            region("inner", "p q", "meet", winner=by(*keys), parent="outer"),
        ),
    )


def test_a_call_in_a_branch_that_is_not_needed_is_cancelled() -> None:
    ended: list[str] = []

    async def asked(call: Call) -> Outcome:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            ended.append(call.attempt_id)
            raise
        return says({"winner": "p"})

    ran = run(nested(PROMPT), {"meet": asked, "quick": after(0.05)})
    assert ran.result.status == "success"
    assert ended == ["run-1:/outer.1/inner/meet.1@1"]
    assert stages(ran, "meet") == ["started", "judging", "cancelled"]


def test_a_question_in_a_branch_that_is_not_needed_is_withdrawn() -> None:
    ran = run(nested(HUMAN), {"quick": after(0.05)}, interviewer=Nobody())
    assert ran.result.status == "success"
    assert [one.kind for one in ran.of(InterviewLifecycle)] == ["started", "withdrawn"]


def test_a_person_chooses_among_the_candidates() -> None:
    person = Says("c")
    ran = run(contest(SCORE, HUMAN), WRITTEN, interviewer=person)
    assert (ran.result.status, ran.context["n"]) == ("success", "c")
    (asked,) = person.questions
    assert (asked.id, asked.text) == ("/join.1", "Which do you want?")
    assert [(one.key, one.label, one.target) for one in asked.options] == [
        ("b", "b (score 2)", "b"),
        ("c", "c (score 2)", "c"),
    ]
    assert decision(ran).winner["asked"]["answer"] == "c"
    assert ran.context["parallel.fan_in.method"] == "max(score), human"
    assert "human.gate.selected" not in ran.context
    assert ran.handler.ran == ["a", "b", "c"]


def test_a_person_who_is_not_there_parks_the_run_until_the_answer_is_posted() -> None:
    made = contest(HUMAN)
    parked = run(made, WRITTEN)
    assert (parked.result.status, parked.result.questions) == ("parked", ("/join.1",))
    parked.store.post("run-1", "answer", {"question": "/join.1", "choice": "b"}, "now")
    resumed = run(made, store=parked.store, resume=True)
    assert (resumed.result.status, resumed.context["n"]) == ("success", "b")
    assert resumed.handler.ran == []


class Slow:
    """An interviewer that never answers."""

    async def ask(self, question: Question) -> Answer:
        await asyncio.sleep(30)
        return Answer("skipped")


DEFAULTS = {
    "the default": ("c", "success", "c"),
    "no default": (None, "fail", "nobody answered 'join' in time, and it has no default"),
    "a default that lost already": (
        "a",
        "fail",
        "nobody answered 'join' in time, and its default 'a' is not to be chosen",
    ),
}


@pytest.mark.parametrize(("default", "status", "told"), DEFAULTS.values(), ids=DEFAULTS)
def test_when_nobody_answers_in_time(default: str | None, status: str, told: str) -> None:
    judge = replace(JUDGE, default_choice=default)
    made = contest(SCORE, HUMAN, judge=judge, timeout_ms=10)
    ran = run(made, WRITTEN, interviewer=Slow())
    assert ran.result.status == status
    assert told in (ran.context.get("n"), ran.result.reason.partition(": ")[2])
    assert [one.kind for one in ran.of(InterviewLifecycle)] == ["started", "timeout"]


def test_a_question_that_timed_out_is_asked_again_by_the_fan_ins_retries() -> None:
    class Late:
        asked = 0

        async def ask(self, question: Question) -> Answer:
            self.asked += 1
            return Answer("timeout") if self.asked == 1 else Answer("chosen", "b")

    ran = run(contest(HUMAN, retries=1), WRITTEN, interviewer=Late())
    assert (ran.result.status, ran.context["n"]) == ("success", "b")
    assert [one.kind for one in ran.of(InterviewLifecycle)] == [
        *("started", "timeout"),
        *("started", "completed"),
    ]


REFUSED = {
    "an answer that is no choice": (Answer("chosen", "z"), "the answer 'z' is no choice of 'join'"),
    "a branch that is not to be chosen": (Answer("chosen", "a"), "'a' is no choice of 'join'"),
    "a skipped question": (Answer("skipped"), "the question of 'join' was skipped"),
}


@pytest.mark.parametrize(("answer", "reason"), REFUSED.values(), ids=REFUSED)
def test_an_answer_that_chooses_nothing_fails_the_fan_in(answer: Answer, reason: str) -> None:
    class One:
        async def ask(self, question: Question) -> Answer:
            return answer

    ran = run(contest(SCORE, HUMAN), WRITTEN, interviewer=One())
    assert ran.result.status == "fail"
    assert reason in ran.result.reason
    assert decision(ran).winner["method"] == "error"


def test_branches_of_one_initial_are_chosen_by_their_ids() -> None:
    made = plan(
        step("fan", work=Parallel()),
        step("fix-1", "join", region="fan"),
        step("fix-2", "join", region="fan"),
        step("join", "exit", work=FanIn("fan", JUDGE)),
        regions=(region("fan", "fix-1 fix-2", "join", winner=by(HUMAN)),),
    )
    person = Says("fix-2")
    ran = run(made, {"fix-2": Outcome(Status.PARTIAL_SUCCESS)}, interviewer=person)
    assert ran.context["parallel.fan_in.best_id"] == "fix-2"
    assert [(one.key, one.label) for one in person.questions[0].options] == [
        ("fix-1", "fix-1"),
        ("fix-2", "fix-2 (partial_success)"),
    ]


def test_arrival_ranks_by_the_order_in_which_ends_were_taken() -> None:
    race = FanOut(decide="arrival")
    behaviour: dict[str, Behaviour] = {
        name: after(wait, writes(n=name)) for name, wait in zip("abc", (0.09, 0.05, 0), strict=True)
    }
    made = contest(WinnerKey("arrival"), policy=race)
    ran = run(made, behaviour)
    assert ran.context["n"] == "c"
    ranking = [(one["branch"], one["values"]) for one in decision(ran).winner["ranking"]]
    assert ranking == [("c", {"arrival": 1}), ("b", {"arrival": 2}), ("a", {"arrival": 3})]


def test_arrival_puts_drained_branches_after_those_that_were_counted() -> None:
    race = FanOut(Join("first_success", text="first_success"), decide="arrival", losers="drain")
    behaviour: dict[str, Behaviour] = {
        name: after(wait) for name, wait in zip("abc", (0.05, 0, 0.09), strict=True)
    }
    ran = run(contest(WinnerKey("arrival"), policy=race), behaviour)
    ranking = [one["branch"] for one in decision(ran).winner["ranking"]]
    assert (ranking, ran.context["parallel.fan_in.best_id"]) == (["b", "a", "c"], "b")


@pytest.mark.parametrize(
    ("keys", "lines"),
    [
        (
            (SCORE, PROMPT),
            [
                "  winner: c, by max(score), prompt",
                "    an agent was asked to choose among b, c: chose c",
                "    1. c: max(score) = 2, prompt = chosen",
                "    2. b: max(score) = 2, prompt = not chosen",
                "    3. a: max(score) = 1, prompt = not asked",
            ],
        ),
        (
            (HUMAN, FIRST),
            [
                "  winner: c, by human",
                "    a person was asked to choose among a, b, c: chose c",
                "    1. c: human = chosen, first = 3",
                "    2. a: human = not chosen, first = 1",
                "    3. b: human = not chosen, first = 2",
            ],
        ),
    ],
    ids=["an agent", "a person"],
)
def test_why_tells_who_was_asked_and_what_was_answered(
    keys: tuple[WinnerKey, ...], lines: list[str]
) -> None:
    ran = run(contest(*keys), {**WRITTEN, "join": says({"winner": "c"})}, interviewer=Says("c"))
    (told,) = why(ran.store, "run-1", "join")
    start = told.lines.index(lines[0])
    assert list(told.lines[start : start + len(lines)]) == lines


def test_why_tells_that_there_was_no_answer() -> None:
    ran = run(contest(PROMPT), {**WRITTEN, "join": says("hm")})
    (told,) = why(ran.store, "run-1", "join")
    assert "    an agent was asked to choose among a, b, c: there was no answer" in told.lines


def test_a_merge_conflict_after_an_answer_is_not_asked_again() -> None:
    made = contest(PROMPT, retries=3)
    one = replace(made.regions["fan"], merge=Merge((MergeRule("n", "same"),)))
    made = sealed(replace(made, regions={"fan": one}))
    ran = run(made, {**WRITTEN, "join": says({"winner": "c"})})
    assert (ran.result.status, len(judging(ran))) == ("fail", 1)
    assert "'n' cannot be merged by same" in ran.result.reason


def test_the_rule_is_the_same_for_every_visit_of_a_loop() -> None:
    made = contest(PROMPT)
    steps = {
        **made.steps,
        "join": replace(made.steps["join"], routes=(to("more"),)),
        "more": step("more", to("fan", condition=when("round", "1")), "exit"),
    }
    behaviour = {
        **WRITTEN,
        "join": [says({"winner": "a"}), says({"winner": "b"})],
        "more": [writes(round="1"), writes(round="2")],
    }
    ran = run(sealed(replace(made, steps=steps)), behaviour)
    assert [one.winner["asked"]["answer"] for one in ran.of(FanInDecision)] == ["a", "b"]
    assert [call.stage_id for call in judging(ran)] == ["/join.1", "/join.2"]


def crashed_while_asking(made: Plan) -> MemoryStore:
    """The store of a run that died with the agent's call out."""
    store = MemoryStore()
    whole = run(made, {**WRITTEN, "join": says({"winner": "b"})})
    (asked,) = whole.of(StageLifecycle, "judging")
    with pytest.raises(Crash):
        run(made, WRITTEN, store=Crashing(store, asked.sequence_no))
    return store


def test_a_call_that_was_interrupted_is_made_again_under_its_number() -> None:
    made = contest(PROMPT)
    store = crashed_while_asking(made)
    ran = run(made, {"join": says({"winner": "b"})}, store=store, resume=True)
    assert (ran.result.status, ran.context["n"]) == ("success", "b")
    assert [call.attempt_id for call in ran.handler.calls] == ["run-1:/join.1@1"]
    assert stages(ran, "join") == [
        *("started", "judging", "interrupted"),
        *("started", "judging", "judged", "completed"),
    ]


def test_a_call_that_must_not_be_made_twice_fails_the_fan_in_after_an_interruption() -> None:
    made = contest(PROMPT, on_interrupted="fail")
    ran = run(made, store=crashed_while_asking(made), resume=True)
    assert (ran.result.status, ran.handler.ran) == ("fail", [])
    assert "was interrupted and may have run (on_interrupted=fail)" in ran.result.reason
    assert decision(ran).winner["asked"]["answer"] is None


PLAYS: dict[str, tuple[Play | None, str, str]] = {
    "nothing is said about it": (None, "success", "a"),
    "it only succeeds": (Play(after_ms=60_000), "success", "a"),
    "it answers": (Play(response='{"winner": "c"}'), "success", "c"),
    "it gives the winner as a context value": (Play(writes={"winner": "b"}), "success", "b"),
    "it answers nonsense": (Play(response="c?"), "fail", "names no winner"),
    "it fails": (Play(Status.FAIL, reason="no model"), "fail", "no model"),
}


@pytest.mark.parametrize(("play", "status", "told"), PLAYS.values(), ids=PLAYS)
def test_a_script_says_what_an_agent_answers(play: Play | None, status: str, told: str) -> None:
    stages = {name: [Play(writes={"n": name})] for name in "abc"}
    if play is not None:
        stages["join"] = [play]
    ran = simulate(contest(PROMPT), Script(stages))
    assert ran.result.status == status
    assert told in (ran.result.reason if status == "fail" else str(ran.context["n"]))
