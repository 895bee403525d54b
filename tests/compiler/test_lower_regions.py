"""Fan-outs as regions of a plan: branches, policies, and where they meet."""

from __future__ import annotations

from fractions import Fraction

import pytest

from attractorc.compiler.plan.model import ContextRef, FanIn, Judge, Parallel
from attractorc.compiler.policy import ForEach, Merge, MergeRule, Retry, Winner, WinnerKey

from .lowering import plan_of


def test_a_fan_outs_routes_are_those_after_its_join() -> None:
    plan = plan_of(
        "f [shape=component] start -> f -> {a b} -> j j [shape=tripleoctagon] j -> exit"
        ' f -> exit [condition="outcome=fail"]'
    )
    assert [route.target for route in plan.steps["f"].routes] == ["exit"]
    assert [branch.id for branch in plan.regions["f"].branches] == ["a", "b"]
    assert plan.steps["j"].work == FanIn("f")


def test_branches_stand_in_declared_order_heavier_first() -> None:
    plan = plan_of(
        "f [shape=component] start -> f f -> a f -> b [weight=2, branch=bee] f -> c [weight=2]"
        " {a b c} -> exit"
    )
    branches = plan.regions["f"].branches
    assert [(branch.id, branch.head) for branch in branches] == [
        ("bee", "b"),
        ("c", "c"),
        ("a", "a"),
    ]


def test_nested_regions_know_their_parents_and_steps_their_innermost_region() -> None:
    plan = plan_of(
        "f [shape=component] g [shape=component] j [shape=tripleoctagon]"
        " start -> f -> {a g} g -> {b c} -> m -> j a -> j j -> exit"
    )
    outer, inner = plan.regions["f"], plan.regions["g"]
    assert (outer.meeting, outer.join_at, outer.parent) == ("fan_in", "j", None)
    assert (inner.meeting, inner.join_at, inner.parent) == ("node", "m", "f")
    assert outer.nodes == ("a", "b", "c", "g", "m")
    assert {step.id: step.region for step in plan.steps.values()} == {
        "start": None, "exit": None, "f": None, "j": None,
        "a": "f", "g": "f", "m": "f", "b": "g", "c": "g",
    }  # fmt: skip


def test_an_inner_region_that_meets_at_the_outer_fan_in_joins_at_its_own_fan_out() -> None:
    plan = plan_of(
        'f [shape=component] g [shape=component, merge="x: sum"]'
        ' j [shape=tripleoctagon, merge="x: max"]'
        " start -> f -> {a g} g -> {b c} -> j a -> j -> exit"
    )
    assert plan.steps["j"].work == FanIn("f")
    assert plan.regions["f"].merge == Merge((MergeRule("x", "max"),))
    inner = plan.regions["g"]
    assert (inner.meeting, inner.join_at) == ("node", "j")
    assert inner.merge == Merge((MergeRule("x", "sum"),))


def test_policies_of_the_decision_stand_on_the_fan_in_or_the_fan_out() -> None:
    fan_in = plan_of(
        'f [shape=component, winner="min(cost)"] j [shape=tripleoctagon, merge="x: sum",'
        " on_conflict=winner] start -> f -> {a b} -> j -> exit"
    ).regions["f"]
    assert fan_in.merge == Merge((MergeRule("x", "sum"),), on_conflict="winner")
    assert fan_in.winner == Winner((WinnerKey("min", "cost"),), True)
    own = plan_of(
        "f [shape=component, workspace=copy] j [shape=tripleoctagon, merge_files=all]"
        " start -> f -> {a b} -> j -> exit"
    ).regions["f"]
    assert (own.policy.workspace, own.merge) == ("copy", Merge(files="all"))
    node = plan_of('f [shape=component, merge="x: sum"] start -> f -> {a b} -> c -> exit').regions[
        "f"
    ]
    assert (node.meeting, node.join_at) == ("node", "c")
    assert node.merge == Merge((MergeRule("x", "sum"),))
    assert node.winner == Winner()


def test_a_fan_outs_policy_is_complete() -> None:
    policy = (
        plan_of(
            "f [shape=component, join=quorum, quorum_ratio=0.5, error_policy=ignore, losers=drain,"
            " decide=arrival, max_parallel=2]"
            " start -> f -> {a b} -> exit"
        )
        .regions["f"]
        .policy
    )
    assert (policy.join.kind, policy.join.ratio, policy.join.text) == (
        "quorum", Fraction(1, 2), "quorum(1/2)",
    )  # fmt: skip
    assert (policy.error_policy, policy.losers, policy.decide) == ("ignore", "drain", "arrival")
    assert policy.max_parallel == 2


def test_branches_that_meet_nowhere_end_with_their_region() -> None:
    plan = plan_of(
        'f [shape=component] start -> f -> {a b} f -> exit [condition="outcome=success"]'
    )
    region = plan.regions["f"]
    assert (region.meeting, region.join_at) == ("none", None)


def test_a_fan_out_over_a_collection_keeps_its_key_and_what_an_empty_one_is() -> None:
    plan = plan_of(
        "f [shape=component, for_each=context.files, empty=fail, branch_timeout=5m,"
        " join_timeout=2h] j [shape=tripleoctagon] start -> f -> a -> j -> exit"
    )
    policy = plan.regions["f"].policy
    assert policy.for_each == ForEach("files", "fail")
    assert (policy.branch_timeout_ms, policy.join_timeout_ms) == (300_000, 7_200_000)


ENDS = "start -> f -> {a b} -> j -> exit f [shape=component] j [shape=tripleoctagon"
PROMPTED = (Winner((WinnerKey("prompt"),), True), Judge(("Which?",)))
DEFAULT = "Compare the results of the branches of 'f' and choose the best."


@pytest.mark.parametrize(
    ("attributes", "winner", "judge"),
    [
        pytest.param('prompt="Which?"', *PROMPTED, id="a prompt alone asks an agent"),
        pytest.param('winner=prompt, prompt="Which?"', *PROMPTED, id="so does the rule"),
        pytest.param(
            "winner=prompt",
            PROMPTED[0],
            Judge((DEFAULT,)),
            id="without a prompt there is an instruction",
        ),
        pytest.param(
            'winner="max(x), prompt, first", llm_model=m, backend=b, reasoning_effort=low',
            Winner((WinnerKey("max", "x"), WinnerKey("prompt"), WinnerKey("first")), True),
            Judge((DEFAULT,), model="m", backend="b", effort="low"),
            id="a model and a backend",
        ),
        pytest.param(
            "winner=human",
            Winner((WinnerKey("human"),), True),
            Judge(question=("Which branch of 'f' is the best?",)),
            id="without a text there is a question",
        ),
        pytest.param(
            'winner=human, label="Which one?", "human.default_choice"=b',
            Winner((WinnerKey("human"),), True),
            Judge(question=("Which one?",), default_choice="b"),
            id="the label is the question",
        ),
        pytest.param(
            'winner=human, label="Vote", prompt="Which ${x}?"',
            Winner((WinnerKey("human"),), True),
            Judge(question=("Which ", ContextRef("x"), "?")),
            id="the prompt is the question where no agent is asked",
        ),
        pytest.param(
            'winner="human, prompt", label="Which one?", prompt="Which?"',
            Winner((WinnerKey("human"), WinnerKey("prompt")), True),
            Judge(("Which?",), question=("Which one?",)),
            id="each has its text where both are asked",
        ),
        pytest.param("winner=first, llm_model=m", Winner((WinnerKey("first"),), True), None,
                     id="nobody is asked"),
    ],
)  # fmt: skip
def test_who_is_asked_for_the_winner(attributes: str, winner: Winner, judge: Judge | None) -> None:
    plan = plan_of(f"{ENDS}, {attributes}]")
    assert plan.regions["f"].winner == winner
    assert plan.steps["j"].work == FanIn("f", judge)
    assert plan.steps["f"].work == Parallel()


def test_the_goal_and_the_graphs_model_are_told_to_an_agent_that_chooses() -> None:
    plan = plan_of(f'graph [goal="Less code", llm_model=m] {ENDS}, winner=prompt]')
    told = f"{DEFAULT} The goal is: Less code"
    assert plan.steps["j"].work == FanIn("f", Judge((told,), model="m"))


def test_a_prompt_from_a_default_block_chooses_no_winner() -> None:
    plan = plan_of(f'node [prompt="Do it"] {ENDS}]')
    assert (plan.regions["f"].winner, plan.steps["j"].work) == (Winner(), FanIn("f"))


def test_where_branches_meet_at_no_fan_in_the_fan_out_asks() -> None:
    plan = plan_of(
        'f [shape=component, winner=prompt, prompt="Which?", max_retries=2, timeout=1m]'
        " start -> f -> {a b} -> c -> exit"
    )
    assert plan.steps["f"].work == Parallel(Judge(("Which?",)))
    assert (plan.steps["f"].retry.max_attempts, plan.steps["f"].timeout_ms) == (3, 60_000)


def test_a_rule_on_the_fan_out_is_asked_at_the_fan_in() -> None:
    plan = plan_of(f"{ENDS}] f [winner=prompt]")
    assert plan.steps["j"].work == FanIn("f", Judge((DEFAULT,)))
    assert plan.steps["f"].work == Parallel()


def test_retries_and_times_are_a_fan_ins_own_only_where_it_asks() -> None:
    text = f"{ENDS}, max_retries=2, timeout=1m, on_interrupted=fail, winner=RULE]"
    asks, asks_nobody = (
        plan_of(text.replace("RULE", rule)).steps["j"] for rule in ("prompt", "first")
    )
    assert (asks.retry.max_attempts, asks.retry.covers_fail) == (3, True)
    assert (asks.timeout_ms, asks.on_interrupted) == (60_000, "fail")
    assert (asks_nobody.retry, asks_nobody.timeout_ms) == (Retry(), None)
    assert asks_nobody.on_interrupted == "rerun"


def test_plans_that_ask_nobody_keep_their_digest_whatever_only_the_asked_would_read() -> None:
    plain = plan_of(f"{ENDS}]")
    more = plan_of(f"{ENDS}, llm_model=m, max_retries=2, timeout=1m]")
    assert plain.digest == more.digest
