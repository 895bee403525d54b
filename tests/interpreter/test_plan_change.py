"""A run that goes on with another plan: only where nothing that differs was reached."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attractorc.compiler.plan.digest import sealed
from attractorc.compiler.plan.model import (
    Agent,
    Conditional,
    FanIn,
    Human,
    Input,
    Parallel,
    Plan,
    Step,
    Tool,
)
from attractorc.compiler.policy import FanOut, Join, Merge, MergeRule, Retry
from attractorc.interpreter.driver.changing import NewPlan
from attractorc.interpreter.driver.replay import replay
from attractorc.interpreter.ports import Answer, Index, PlanRefused, Question, Unkeepable
from attractorc.interpreter.queries import parting, show
from attractorc.interpreter.queries.plans import current_plan, first_plan
from attractorc.interpreter.queries.run_directory import RunDirectory
from attractorc.interpreter.records import PlanChange, Record, RouteDecision, StageLifecycle
from attractorc.interpreter.records.codec import encode
from attractorc.interpreter.redaction import Secret, Secrets
from attractorc.interpreter.stores.memory import MemoryStore

from .crashing import Crash, Crashing
from .pipelines import Ran, Says, plan, region, run, step, taking_over, to, when
from .test_prefix_law import Case, cases, finished_once, lucky, stage

# --- what may change, and what may not


def changed(old: Plan, **steps: Step | None) -> Plan:
    """The plan with some of its steps replaced, added, or (None) taken away."""
    mixed: dict[str, Step | None] = {**old.steps, **steps}
    return sealed(replace(old, steps={name: one for name, one in mixed.items() if one is not None}))


def of(old: Plan, name: str, **fields: Any) -> Step:
    return replace(old.steps[name], **fields)


GATE = plan(
    step("a", to("b", condition=when("outcome", "success")), "c"),
    step("b", "ask"),
    step("c", "ask"),
    step("ask", to("fan", "[Y] Yes"), to("exit", "[N] No"), work=Human(("Go on?",))),
    step("fan", work=Parallel()),
    step("p", "p2", region="fan"),
    step("p2", "join", region="fan"),
    step("q", "join", region="fan"),
    step("join", "last", work=FanIn("fan")),
    step("last", "exit"),
    regions=(region("fan", "p q", "join"),),
    inputs=(Input("who", default="me", required=False),),
    context={"graph.goal": "Do it"},
)
"""A run of it parks at `ask`, which has started and chosen nothing; `c` was passed by."""

FREE: dict[str, Callable[[Plan], Plan]] = {
    "a stage behind the question runs another command": lambda old: changed(
        old, last=of(old, "last", work=Tool("other"))
    ),
    "a stage becomes one of another kind": lambda old: changed(
        old, last=of(old, "last", work=Agent(("Do it",)))
    ),
    "a stage comes in between": lambda old: changed(
        old, last=of(old, "last", routes=(to("more"),)), more=step("more", "exit")
    ),
    "a stage goes": lambda old: changed(old, join=of(old, "join", routes=(to("exit"),)), last=None),
    "the fan-out joins by another policy": lambda old: sealed(
        replace(
            old,
            regions={
                "fan": replace(
                    old.regions["fan"],
                    policy=FanOut(
                        Join("first_success", text="first_success"), join_timeout_ms=9999
                    ),
                )
            },
        )
    ),
    "a branch that was not taken is another one": lambda old: changed(
        old, c=of(old, "c", work=Tool("other"))
    ),
    "nothing but the place in the file": lambda old: changed(
        old, last=of(old, "last", extra={"color": "red"})
    ),
}

REACHED: dict[str, tuple[Callable[[Plan], Plan], str]] = {
    "a stage that has run": (
        lambda old: changed(old, a=of(old, "a", work=Tool("other"))),
        "the stage 'a' has started already (/a.1), and is another one",
    ),
    "a stage that has run is gone": (
        lambda old: changed(old, a=of(old, "a", routes=(to("c"), to("c"))), b=None),
        "the stage 'b' has started already (/b.1), and is gone",
    ),
    "the stage that waits for its answer asks something else": (
        lambda old: changed(old, ask=of(old, "ask", work=Human(("Really?",)))),
        "the stage 'ask' has started already (/ask.1), and is another one",
    ),
    "a choice that a person has been shown": (
        lambda old: changed(
            old, ask=of(old, "ask", routes=(*old.steps["ask"].routes, to("last", "[L] Later")))
        ),
        "'ask' has asked a person already (/ask.1), and its choices are others",
    ),
    "an edge where another one was taken": (
        lambda old: changed(old, a=of(old, "a", routes=old.steps["a"].routes[:1])),
        "the way on from 'a' was chosen already (/a.1), and its edges are others",
    ),
    "an input": (
        lambda old: sealed(replace(old, inputs=(*old.inputs, Input("x", required=False)))),
        "the run has begun with what the graph says, and it says another 'inputs'",
    ),
    "the goal": (
        lambda old: sealed(replace(old, goal="Another")),
        "the run has begun with what the graph says, and it says another 'goal'",
    ),
    "the kind of a stage that was weighed and passed by": (
        lambda old: changed(old, c=of(old, "c", work=Conditional())),
        "an edge to 'c' was weighed already (/a.1), and it is of another kind",
    ),
}


def parked(old: Plan = GATE) -> MemoryStore:
    store = MemoryStore()
    assert run(old, store=store).result.status == "parked"
    return store


@pytest.mark.parametrize("sentence", FREE)
def test_a_plan_takes_over_where_only_what_was_not_reached_differs(sentence: str) -> None:
    old = GATE
    new = FREE[sentence](old)
    store = parked(old)
    ran = run(old, store=store, resume=True, interviewer=Says("Yes"), given=taking_over(new))
    assert ran.result.status == "success"
    straight = run(new, interviewer=Says("Yes"))
    assert ran.result.outcome_digest == straight.result.outcome_digest
    assert [one.replaces for one in ran.of(PlanChange)] == [old.digest] * (new.digest != old.digest)


@pytest.mark.parametrize("sentence", REACHED)
def test_a_plan_that_changes_what_was_reached_is_refused(sentence: str) -> None:
    change, said = REACHED[sentence]
    store = parked()
    before = store.records("run-1")
    with pytest.raises(PlanRefused) as refused:
        run(GATE, store=store, resume=True, given=taking_over(change(GATE)))
    assert str(refused.value) == (
        f"new.dot: cannot take over: {said}; what was reached must stay as it is: start a new "
        "run with exec"
    )
    assert store.records("run-1") == before
    assert run(GATE, store=store, resume=True, interviewer=Says("Yes")).result.status == "success"


def died_after(old: Plan, last: Callable[[Record], bool]) -> MemoryStore:
    """A run of the plan that died after the first record of this look."""
    whole = run(old)
    store = MemoryStore()
    with contextlib.suppress(Crash):
        run(old, store=Crashing(store, next(filter(last, whole.records)).sequence_no))
    return store


def entered() -> MemoryStore:
    """A run that died in branch `p`, whose `p2` has not begun."""
    return died_after(
        fan_of_two(),
        lambda one: isinstance(one, StageLifecycle) and (one.node_id, one.kind) == ("p", "started"),
    )


def fan_of_two() -> Plan:
    return plan(
        step("fan", work=Parallel()),
        step("p", "p2", region="fan"),
        step("p2", "join", region="fan"),
        step("q", "join", region="fan"),
        step("join", "last", work=FanIn("fan")),
        step("last", "exit"),
        regions=(region("fan", "q p", "join"),),
    )


def with_policy(old: Plan, **fields: Any) -> Plan:
    return sealed(replace(old, regions={"fan": replace(old.regions["fan"], **fields)}))


@pytest.mark.parametrize(
    "fields",
    [
        {"policy": FanOut(Join("first_success", text="first_success"))},
        {"merge": Merge((MergeRule("x", "append"),))},
        {"branches": fan_of_two().regions["fan"].branches[:1]},
    ],
    ids=["another join", "another merge", "a branch less"],
)
def test_a_fan_out_that_was_entered_stays_as_it_is(fields: dict[str, Any]) -> None:
    new = with_policy(fan_of_two(), **fields)
    with pytest.raises(PlanRefused, match=r"the fan-out 'fan' was entered already \(/fan\.1\)"):
        run(new, store=entered(), resume=True, given=taking_over(new))


def test_a_stage_that_no_branch_has_reached_may_change_inside_an_entered_fan_out() -> None:
    old = fan_of_two()
    new = changed(old, p2=of(old, "p2", work=Tool("other")))
    ran = run(old, store=entered(), resume=True, given=taking_over(new))
    assert ran.result.status == "success"
    called = [call.step.work for call in ran.handler.calls if call.step.id == "p2"]
    assert called == [Tool("other")]
    assert ran.result.outcome_digest == run(new).result.outcome_digest


def test_a_stage_that_was_chosen_and_has_not_begun_may_become_a_question() -> None:
    """The walker stands before it, in the queue of those that run handlers."""
    old = plan(step("a", "b"), step("b", to("exit", "[Y] Yes")))
    new = changed(old, b=of(old, "b", work=Human(("Sure?",))))
    store = died_after(old, lambda one: isinstance(one, RouteDecision) and one.node_id == "a")
    asked = Says("Yes")
    ran = run(old, store=store, resume=True, interviewer=asked, given=taking_over(new))
    assert (ran.result.status, len(asked.questions)) == ("success", 1)


def test_another_plan_is_refused_if_nobody_accepts_it_and_the_same_goes_on() -> None:
    store = parked()
    new = FREE["a stage comes in between"](GATE)
    with pytest.raises(PlanRefused, match="not the plan that run 'run-1' goes by"):
        run(GATE, store=store, resume=True, given=taking_over(new, accept=False))
    same = taking_over(GATE, accept=False)
    ran = run(GATE, store=store, resume=True, interviewer=Says("Yes"), given=same)
    assert ran.result.status == "success"
    assert ran.of(PlanChange) == []


def test_a_plan_with_a_secret_does_not_take_over() -> None:
    new = changed(GATE, last=of(GATE, "last", work=Tool("login hunter22")))
    secrets = Secrets([Secret("API_TOKEN", "hunter22")])
    with pytest.raises(Unkeepable, match=r"the plan of 'new\.dot' holds the value of API_TOKEN"):
        run(GATE, store=parked(), resume=True, given=taking_over(new), secrets=secrets)


# --- what a run whose plan was changed is afterwards


def twice_changed() -> tuple[Ran, Plan, Plan]:
    """Changed behind the first question, and behind the second one again."""
    asks = [
        step(name, to(then, "[Y] Yes"), work=Human((f"{name}?",)))
        for name, then in (("one", "a"), ("two", "b"))
    ]
    old = plan(asks[0], step("a", "two"), asks[1], step("b", "exit"))
    new = changed(old, a=of(old, "a", work=Tool("other")))
    newest = changed(new, b=of(new, "b", routes=(to("c"),)), c=step("c", "exit"))
    store = MemoryStore()
    run(old, store=store)
    once = run(old, store=store, resume=True, interviewer=Once("one"), given=taking_over(new))
    assert once.result.status == "parked"
    ran = run(old, store=store, resume=True, interviewer=Says("Yes"), given=taking_over(newest))
    return ran, old, newest


class Once:
    """Answers one question, and is not there for the others."""

    def __init__(self, node: str) -> None:
        self.node = node

    async def ask(self, question: Question) -> Answer:
        return Answer("chosen", "Yes") if question.node_id == self.node else Answer("parked")


def test_a_second_change_works_and_a_resume_without_a_file_goes_by_the_last_one() -> None:
    ran, old, newest = twice_changed()
    assert ran.result.status == "success"
    assert [one.changed for one in ran.of(PlanChange)] == [
        ["stage a"],
        ["stage c added", "edges of b"],
    ]
    assert ran.handler.ran == ["b", "c"]
    assert first_plan(ran.store, "run-1").digest == old.digest
    assert current_plan(ran.store, "run-1").digest == newest.digest
    assert show(ran.store, "run-1").plan_digest == newest.digest


def test_the_outcome_is_that_of_a_run_of_the_last_plan() -> None:
    ran, _old, newest = twice_changed()
    straight = run(newest, store=ran.store, run_id="run-2", interviewer=Says("Yes"))
    assert ran.result.outcome_digest == straight.result.outcome_digest
    assert parting(ran.store, "run-1", "run-2") is None


def test_a_run_directory_tells_of_the_last_plan(tmp_path: Path) -> None:
    ran, _old, newest = twice_changed()
    RunDirectory(tmp_path, ran.store, "run-1").export()
    manifest = json.loads((tmp_path / "manifest.json").read_bytes())
    assert manifest["plan_digest"] == newest.digest
    checkpoint = json.loads((tmp_path / "checkpoint.json").read_bytes())
    assert checkpoint["completed_nodes"] == ["start", "one", "a", "two", "b", "c", "exit"]


def test_replay_notices_a_change_of_what_was_reached() -> None:
    store = parked()
    new = REACHED["a stage that has run"][0](GATE)
    text = taking_over(new).plan_text.encode()
    number = store.records("run-1")[-1].depth + 2
    forged = PlanChange(
        run_id="run-1",
        sequence_no=number,
        timestamp="2026-01-01T00:00:00.000Z",
        plan_digest=new.digest,
        blob=store.put_blob(text),
        size_bytes=len(text),
        replaces=GATE.digest,
        changed=["stage a"],
    )
    context = store.run("run-1").context
    where = Index(run_id="run-1", sequence_no=number)
    store.append(context, PlanChange.TYPE, 1, encode(forged), f"run-1|{number}", index=where)
    found = replay(store, "run-1").difference
    assert found is not None
    assert found.sequence_no == number
    assert "'a' has started already" in str(found.expected["refused"])


def test_time_that_a_new_plan_measures_begins_with_it() -> None:
    """The old plan had no timeouts, so that nobody had counted until then."""
    store = parked()
    policy = FanOut(join_timeout_ms=60_000)
    new = sealed(replace(GATE, regions={"fan": replace(GATE.regions["fan"], policy=policy)}))
    ran = run(GATE, store=store, resume=True, interviewer=Says("Yes"), given=taking_over(new))
    assert ran.result.status == "success"
    assert ran.journal.state.timed
    assert 0 <= ran.journal.state.active_ms < 60_000


# --- the law


@st.composite
def changes(draw: st.DrawFn) -> tuple[Case, Plan]:
    """A pipeline, and one in which some stages, edges and policies are others."""
    case = draw(cases())
    old = case.plan
    steps = dict(old.steps)
    tools = sorted(name for name, one in steps.items() if isinstance(one.work, Tool))
    for name in draw(st.lists(st.sampled_from(tools), unique=True, max_size=2)):
        one = steps[name]
        again = Retry(draw(st.integers(1, 3)), covers_fail=True, initial_delay_ms=0, jitter=False)
        steps[name] = replace(one, work=Tool("another"), retry=again)
    if draw(st.booleans()):
        steps["last"] = replace(steps["last"], routes=(to("more"),))
        steps["more"] = stage("more", "exit")
    regions = dict(old.regions)
    name = draw(st.sampled_from([None, *sorted(regions)]))
    if name is not None:
        policy = replace(regions[name].policy, join=Join("all_done", text="all_done"))
        regions[name] = replace(regions[name], policy=policy)
    return case, sealed(replace(old, steps=steps, regions=regions))


@settings(deadline=None, max_examples=100)
@given(changes(), st.integers(0, 10_000), st.integers(1, 40))
def test_whenever_a_plan_takes_over_the_outcome_is_that_of_the_new_plan(
    drawn: tuple[Case, Plan], at: int, more: int
) -> None:
    """A plan that is refused changes nothing: the run then ends as the old plan's."""
    case, new = drawn
    whole = played(case, MemoryStore())
    store = MemoryStore()
    survives = 3 + at % (len(whole.records) - 3)
    with contextlib.suppress(Crash):
        played(case, Crashing(store, survives))
    handed: NewPlan | None = taking_over(new)
    try:
        with contextlib.suppress(Crash):
            played(case, Crashing(store, more), resume=True, given=handed)
    except PlanRefused:
        handed = None
    if store.run("run-1").status in ("running", "stopped"):
        ended = played(case, store, resume=True, given=handed)
        assert finished_once(ended)
        straight = whole if handed is None else played(Case(new, case.seed), MemoryStore())
        assert ended.result.outcome_digest == straight.result.outcome_digest


def played(case: Case, store: Any, resume: bool = False, given: NewPlan | None = None) -> Ran:
    handler = {name: lucky(case) for name in (*case.plan.steps, "more")}
    return run(case.plan, handler, store=store, resume=resume, given=given)
