"""Fan-outs: real branches, joins, cancelled losers, nested regions, what fan-ins write."""

from __future__ import annotations

import asyncio
import contextlib
from fractions import Fraction
from itertools import permutations

import pytest

from attractorc.compiler.expr import Comparison
from attractorc.compiler.plan.model import Branch, Conditional, FanIn, Human, Parallel, Region
from attractorc.compiler.policy import FanOut, Join, Merge, MergeRule, Winner, WinnerKey
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.ports import Call
from attractorc.interpreter.records import (
    FanInDecision,
    ParallelLifecycle,
    RouteDecision,
    StageLifecycle,
)

from .pipelines import (
    SUCCEEDS,
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

FIRST = FanOut(Join("first_success", text="first_success"))
ALL = FanOut(Join("all_success", text="all_success"))
TWO = FanOut(Join("k_of_n", k=2, text="k_of_n(2)"))
QUORUM = FanOut(Join("quorum", ratio=Fraction(2, 3), text="quorum(2/3)"))


def ends(ran) -> dict[str, str]:
    kinds = ("completed", "failed", "skipped", "cancelled", "timed_out")
    terminals = ran.of(ParallelLifecycle, *(f"branch_{kind}" for kind in kinds))
    return {one.branch_id: one.status for one in terminals}


def the_join(ran):
    return ran.of(ParallelLifecycle, "join_decided")[0]


class Meeting:
    """Handlers that all wait for each other: passes only if n of them run at once."""

    def __init__(self, parties: int) -> None:
        self.barrier = asyncio.Barrier(parties)

    async def run(self, call: Call) -> Outcome:
        async with asyncio.timeout(0.5):
            await self.barrier.wait()
        return SUCCEEDS


@pytest.mark.parametrize(("max_parallel", "status"), [(5, "success"), (4, "fail")])
def test_branches_really_run_at_once_up_to_max_parallel(max_parallel, status) -> None:
    made = fan("a b c d e", FanOut(max_parallel=max_parallel))

    meeting: list[Meeting] = []

    async def meet(call: Call) -> Outcome:
        if not meeting:
            meeting.append(Meeting(5))
        return await meeting[0].run(call)

    assert run(made, dict.fromkeys("abcde", meet)).result.status == status


def test_jobs_caps_the_attempts_of_the_whole_run() -> None:
    running, most = 0, 0

    async def count(call: Call) -> Outcome:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return SUCCEEDS

    run(fan("a b c d e f", FanOut(max_parallel=6)), dict.fromkeys("abcdef", count), jobs=2)
    assert most == 2


def test_a_branch_is_a_whole_subflow_with_its_own_routes_and_retries() -> None:
    made = plan(
        step("fan", work=Parallel()),
        quick(step("a", "a2", region="fan"), 1),
        step("a2", to("a3", condition=when("outcome", "fail")), "join", region="fan"),
        step("a3", "join", region="fan"),
        step("b", "join", region="fan"),
        step("join", "exit", work=FanIn("fan")),
        regions=(region("fan", "a b", "join"),),
    )
    again = Outcome(Status.RETRY, failure_reason="later")
    ran = run(made, {"a": [again, SUCCEEDS], "a2": fails(), "b": fails("no")})
    assert sorted(ran.handler.ran) == ["a", "a", "a2", "a3", "b"]
    assert ends(ran) == {"a": "success", "b": "fail"}
    assert [one.reason for one in ran.of(ParallelLifecycle, "branch_retrying")] == ["later"]


def test_siblings_never_see_each_others_writes() -> None:
    seen: dict[str, list[str]] = {}

    async def look(call: Call) -> Outcome:
        await asyncio.sleep(0.01 if call.step.id == "b" else 0)
        seen[call.step.id] = sorted(key for key in call.context if key.startswith("w."))
        return writes(**{f"w.{call.step.id}": 1})

    made = plan(
        step("before", "fan"),
        step("fan", work=Parallel()),
        step("a", "a2", region="fan"),
        step("a2", "join", region="fan"),
        step("b", "join", region="fan"),
        step("join", "after", work=FanIn("fan")),
        step("after", "exit"),
        regions=(region("fan", "a b", "join", merge=Merge((MergeRule("w.*", "one"),))),),
    )
    run(made, dict.fromkeys(["before", "a", "a2", "b", "after"], look))
    assert seen == {
        "before": [],
        "a": ["w.before"],
        "a2": ["w.a", "w.before"],
        "b": ["w.before"],
        "after": ["w.a", "w.a2", "w.b", "w.before"],
    }


JOINS = {
    "wait_all is satisfied by one success": (FanOut(), "sff", "success", "partial_success"),
    "wait_all fails when all failed": (FanOut(), "fff", "fail", "fail"),
    "all_success needs every branch": (ALL, "ssf", "fail", "fail"),
    "first_success takes one": (FIRST, "fsf", "success", "partial_success"),
    "2 of 3 is satisfied by two": (TWO, "sfs", "success", "partial_success"),
    "2 of 3 fails with one": (TWO, "sff", "fail", "fail"),
    "a quorum of 2/3 is two of three": (QUORUM, "ssf", "success", "success"),
    "fail_fast fails at the first failure": (
        FanOut(Join("k_of_n", k=2, text="k_of_n(2)"), error_policy="fail_fast"),
        "fss",
        "fail",
        "fail",
    ),
    "ignore leaves failed branches out of the count": (
        FanOut(Join("all_success", text="all_success"), error_policy="ignore"),
        "fss",
        "success",
        "partial_success",
    ),
}


@pytest.mark.parametrize(("policy", "results", "run_status", "own"), JOINS.values(), ids=JOINS)
def test_a_join_decides_the_fan_out(policy, results, run_status, own) -> None:
    behaviour = {
        name: SUCCEEDS if result == "s" else fails()
        for name, result in zip("abc", results, strict=True)
    }
    ran = run(fan("a b c", policy), behaviour)
    assert ran.result.status == run_status
    outcomes = [one.status for one in ran.of(StageLifecycle) if one.node_id == "fan" and one.status]
    assert outcomes == [own]


@pytest.mark.parametrize("order", list(permutations((0, 0.03, 0.06))), ids=str)
@pytest.mark.parametrize("policy", [FanOut(), FIRST, TWO, ALL], ids=lambda p: p.join.text)
def test_no_finishing_order_changes_the_outcome(policy, order) -> None:
    outcomes = {"a": fails(), "b": writes(x=1, score=1), "c": writes(x=2, score=3)}
    merge = Merge((MergeRule("x", "append"),))
    digests = set()
    for delays in (order, (0, 0, 0)):
        behaviour = {
            name: after(delay, outcome)
            for delay, (name, outcome) in zip(delays, outcomes.items(), strict=True)
        }
        digests.add(run(fan("a b c", policy, merge=merge), behaviour).result.outcome_digest)
    assert len(digests) == 1


def test_losers_are_cancelled_and_their_late_results_are_not_taken() -> None:
    stopped: list[str] = []

    async def slow(call: Call) -> Outcome:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            stopped.append(call.step.id)
            raise
        return SUCCEEDS

    ran = run(fan("a b c", FIRST), {"b": slow, "c": slow})
    assert ends(ran) == {"a": "success", "b": "cancelled", "c": "cancelled"}
    assert sorted(stopped) == ["b", "c"]
    assert the_join(ran).join["losers_of"] == ["b", "c"]
    cancelled = [one.node_id for one in ran.of(StageLifecycle, "cancelled")]
    assert sorted(cancelled) == ["b", "c"]


def test_a_handler_that_ignores_its_cancellation_is_fenced_off() -> None:
    async def stubborn(call: Call) -> Outcome:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(10)
        return writes(x="late")

    ran = run(fan("a b", FIRST, merge=Merge((MergeRule("x", "last"),))), {"b": stubborn})
    assert ends(ran)["b"] == "cancelled"
    assert "x" not in ran.context
    assert [one.node_id for one in ran.of(StageLifecycle, "ignored")] == ["b"]


def test_a_branch_that_never_started_gets_its_terminal_record_too() -> None:
    ran = run(fan("a b c", FanOut(FIRST.join, max_parallel=1)))
    assert ran.handler.ran == ["a"]
    assert ends(ran) == {"a": "success", "b": "cancelled", "c": "cancelled"}


def test_the_earlier_branch_wins_first_success_even_if_it_is_slower() -> None:
    ran = run(fan("a b", FIRST), {"a": after(0.05)})
    assert ran.context["parallel.fan_in.best_id"] == "a"
    assert ends(ran) == {"a": "success", "b": "cancelled"}


def test_under_arrival_the_faster_branch_wins() -> None:
    policy = FanOut(FIRST.join, decide="arrival")
    ran = run(fan("a b", policy), {"a": after(0.2)})
    assert ran.context["parallel.fan_in.best_id"] == "b"


def test_drained_losers_run_to_their_end_and_are_candidates() -> None:
    policy = FanOut(FIRST.join, losers="drain")
    winner = Winner((WinnerKey("max", "score"),), written=True)
    made = fan("a b", policy, winner=winner)
    ran = run(made, {"a": writes(score=1), "b": after(0.03, writes(score=2))})
    assert ends(ran) == {"a": "success", "b": "success"}
    assert ran.context["parallel.fan_in.best_id"] == "b"
    assert the_join(ran).join["taken"] == [{"branch": "a", "end": "success"}]


def conditional_fan(condition) -> object:
    branches = (Branch("a", "a", condition=condition), Branch("b", "b"))
    return plan(
        step("fan", work=Parallel()),
        step("a", "join", region="fan"),
        step("b", "join", region="fan"),
        step("join", "exit", work=FanIn("fan")),
        regions=(Region("fan", branches, "join", "fan_in", ALL),),
    )


def test_a_branch_whose_condition_is_false_is_skipped_and_not_failed() -> None:
    ran = run(conditional_fan(Comparison("go", "=", "yes")))
    assert (ran.result.status, ends(ran)) == ("success", {"a": "skipped", "b": "success"})
    assert ran.handler.ran == ["b"]


def test_a_fan_out_without_an_activated_branch_fails() -> None:
    never = Comparison("go", "=", "yes")
    branches = (Branch("a", "a", condition=never),)
    made = plan(
        step("fan", work=Parallel()),
        step("a", "join", region="fan"),
        step("join", "exit", work=FanIn("fan")),
        regions=(Region("fan", branches, "join", "fan_in"),),
    )
    ran = run(made)
    assert ran.result.reason == (
        "no branch of 'fan' was activated: the condition of every branch is false"
    )
    assert ran.context["parallel.fan.results"] == [{"branch_id": "a", "status": "skipped"}]


def test_a_branch_that_dead_ends_on_unmatched_conditions_fails() -> None:
    made = plan(
        step("fan", work=Parallel()),
        step("a", to("join", condition=when("k", "v")), region="fan"),
        step("b", "join", region="fan"),
        step("join", "exit", work=FanIn("fan")),
        regions=(region("fan", "a b", "join"),),
    )
    assert ends(run(made)) == {"a": "fail", "b": "success"}


def test_a_goal_gate_inside_a_branch_leads_back_within_it() -> None:
    made = plan(
        step("fan", work=Parallel()),
        step("a", "a2", region="fan", goal_gate=True, retry_target="a"),
        step("a2", "join", region="fan"),
        step("b", to("join", condition=when("outcome", "fail")), region="fan", goal_gate=True),
        step("join", "exit", work=FanIn("fan")),
        regions=(region("fan", "a b", "join"),),
    )
    ran = run(made, {"b": fails("red")})
    assert ends(ran) == {"a": "success", "b": "fail"}


def nested(inner_policy: FanOut | None = None, outer_policy: FanOut | None = None):
    return plan(
        step("outer", work=Parallel()),
        step("x", "inner", region="outer"),
        step("inner", work=Parallel(), region="outer"),
        step("a", "meet", region="inner"),
        step("b", "meet", region="inner"),
        step("meet", "y", work=FanIn("inner"), region="outer"),
        step("y", "join", region="outer"),
        step("z", "join", region="outer"),
        step("join", "exit", work=FanIn("outer")),
        regions=(
            region(
                "outer",
                "x z",
                "join",
                policy=outer_policy or FanOut(),
                merge=Merge((MergeRule("n", "append"),)),
            ),
            region(
                "inner",
                "a b",
                "meet",
                policy=inner_policy or FanOut(),
                merge=Merge((MergeRule("n", "append"),)),
                parent="outer",
            ),
        ),
    )


def test_a_nested_fan_out_joins_inside_its_branch() -> None:
    ran = run(nested(), {"a": writes(n="a"), "b": writes(n="b"), "z": writes(n="z")})
    assert ran.result.status == "success"
    assert ran.context["n"] == ["a", "b", "z"]
    paths = {one.path for one in ran.of(StageLifecycle, "started")}
    assert paths == {
        "",
        "/outer.1/x",
        "/outer.1/x/inner.1/a",
        "/outer.1/x/inner.1/b",
        "/outer.1/z",
    }


def test_cancelling_a_branch_cancels_the_fan_out_inside_it() -> None:
    slow = after(10)
    made = nested(
        outer_policy=FanOut(Join("first_success", text="first_success"), decide="arrival")
    )
    ran = run(made, {"a": slow, "b": slow, "z": after(0.05)})
    assert ran.result.status == "success"
    assert ends(ran) == {"z": "success", "a": "cancelled", "b": "cancelled", "x": "cancelled"}


def test_an_inner_fan_out_may_meet_at_the_fan_in_of_the_outer_one() -> None:
    made = plan(
        step("outer", work=Parallel()),
        step("inner", work=Parallel(), region="outer"),
        step("a", "join", region="inner"),
        step("b", "join", region="inner"),
        step("z", "join", region="outer"),
        step("join", "exit", work=FanIn("outer")),
        regions=(
            region("outer", "inner z", "join"),
            region("inner", "a b", "join", meeting="node", parent="outer"),
        ),
    )
    ran = run(made)
    assert ran.result.status == "success"
    assert [one.node_id for one in ran.of(FanInDecision)] == ["inner", "join"]
    assert ends(ran) == {"a": "success", "b": "success", "inner": "success", "z": "success"}


def test_branches_may_meet_at_an_ordinary_node_that_runs_once() -> None:
    made = plan(
        step("fan", work=Parallel()),
        step("a", "then", region="fan"),
        step("b", "then", region="fan"),
        step("then", "exit"),
        regions=(
            region("fan", "a b", "then", meeting="node", merge=Merge((MergeRule("x", "sum"),))),
        ),
    )
    ran = run(made, {"a": writes(x=1), "b": writes(x=2)})
    assert (ran.handler.ran.count("then"), ran.context["x"]) == (1, 3)


def test_branches_that_meet_nowhere_end_with_their_region() -> None:
    made = plan(
        step("fan", to("after", condition=when("outcome", "success")), work=Parallel()),
        step("a", region="fan"),
        step("b", region="fan"),
        step("after", "exit"),
        regions=(region("fan", "a b", None),),
    )
    ran = run(made)
    assert (ran.result.status, ran.handler.ran[-1]) == ("success", "after")


def test_an_outcome_edge_of_the_fan_out_goes_round_the_fan_in() -> None:
    made = plan(
        step("fan", to("mend", condition=when("outcome", "fail")), work=Parallel()),
        step("a", "join", region="fan"),
        step("b", "join", region="fan"),
        step("join", "exit", work=FanIn("fan")),
        step("mend", "exit"),
        regions=(region("fan", "a b", "join", policy=ALL),),
    )
    ran = run(made, {"a": fails()})
    assert (ran.result.status, ran.handler.ran[-1]) == ("success", "mend")
    assert not ran.of(FanInDecision)
    assert ran.context["parallel.fan.fail_count"] == 1


def test_a_fan_out_in_a_loop_starts_afresh_each_time() -> None:
    made = plan(
        step("fan", work=Parallel()),
        step("a", "join", region="fan"),
        step("b", "join", region="fan"),
        step("join", "gate", work=FanIn("fan")),
        step("gate", to("fan", condition=when("again", "yes")), "exit"),
        regions=(region("fan", "a b", "join", merge=Merge((MergeRule("n", "sum"),))),),
    )
    gate = [writes(again="yes"), writes(again="no")]
    ran = run(made, {"a": writes(n=1), "gate": gate})
    paths = sorted({one.path for one in ran.of(StageLifecycle, "started")})
    assert paths == ["", "/fan.1/a", "/fan.1/b", "/fan.2/a", "/fan.2/b"]
    assert ran.result.status == "success"


def test_a_fan_in_that_was_entered_without_branches_says_so() -> None:
    made = plan(step("a", "join"), step("join", "exit", work=FanIn(None)))
    assert run(made).result.reason.startswith("the fan-in 'join' was entered without")


def test_a_conditional_head_sees_the_outcome_before_the_fan_out() -> None:
    made = plan(
        step("first", to("fan", condition=when("outcome", "fail"))),
        step("fan", work=Parallel()),
        step(
            "q", to("a", condition=when("outcome", "fail")), "b", work=Conditional(), region="fan"
        ),
        step("a", "join", region="fan"),
        step("b", "join", region="fan"),
        step("z", "join", region="fan"),
        step("join", "exit", work=FanIn("fan")),
        regions=(region("fan", "q z", "join"),),
    )
    assert sorted(run(made, {"first": fails()}).handler.ran) == ["a", "first", "z"]


def test_branch_contexts_are_forked_from_the_turn_before_the_fan_out() -> None:
    ran = run(fan("a b c"))
    starts = ran.of(ParallelLifecycle, "branch_started")
    assert len({one.base_turn for one in starts}) == 1
    assert len({one.context for one in starts}) == 3
    first = ran.store.turns(starts[0].context, limit=100)
    own = [turn for turn in first if turn.context == starts[0].context]
    assert own[0].type == "attractor.parallel_lifecycle"
    merge = ran.of(FanInDecision)[0]
    assert [one["context"] for one in merge.branches] == [one.context for one in starts]
    assert all(ran.store.head(one["context"]).id == one["terminal_turn"] for one in merge.branches)


def test_every_activated_branch_has_exactly_one_terminal_record() -> None:
    ran = run(fan("a b c d", TWO), {"a": fails(), "d": after(5)})
    terminal = [
        one.branch_id
        for one in ran.of(ParallelLifecycle)
        if one.kind.startswith("branch_")
        and one.kind not in ("branch_started", "branch_arrived", "branch_retrying")
    ]
    assert sorted(terminal) == ["a", "b", "c", "d"]


def test_the_route_into_the_fan_in_says_why_it_was_taken() -> None:
    ran = run(fan("a b"))
    routes = {(one.node_id, one.rule) for one in ran.of(RouteDecision)}
    assert ("fan", "fan_in") in routes


def test_a_thousand_branches_cost_time_in_proportion() -> None:
    names = " ".join(f"b{number}" for number in range(1000))
    ran = run(fan(names, FanOut(max_parallel=50)), Scripted())
    assert ran.result.status == "success"
    assert len(ends(ran)) == 1000


def test_a_question_that_a_join_made_needless_in_the_same_turn_is_never_asked() -> None:
    gate = step("ask", to("join", "[Y] Yes"), work=Human(("Well?",)), region="fan")
    made = plan(
        step("fan", work=Parallel()),
        step("q", "join", work=Conditional(), region="fan"),
        gate,
        step("join", "exit", work=FanIn("fan")),
        regions=(region("fan", "q ask", "join", policy=FIRST),),
    )
    somebody = Says("yes")
    assert run(made, interviewer=somebody).result.status == "success"
    assert somebody.questions == []
