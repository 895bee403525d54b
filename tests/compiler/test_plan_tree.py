"""The plan as a tree: everything that decides something is said, where it happens."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from attractorc.compiler.expr import Comparison, Truth
from attractorc.compiler.plan.digest import sealed
from attractorc.compiler.plan.model import (
    Agent,
    Branch,
    Conditional,
    ContextRef,
    Custom,
    Exit,
    FanIn,
    Human,
    Input,
    InputRef,
    Parallel,
    Plan,
    Region,
    Route,
    Start,
    Step,
    Tool,
)
from attractorc.compiler.policy import (
    AllOf,
    AtLeast,
    Atom,
    FanOut,
    Join,
    Merge,
    MergeRule,
    Retry,
    Winner,
    WinnerKey,
)
from attractorc.compiler.render.plan_order import flow_order
from attractorc.compiler.render.plan_tree import one_line, plan_tree
from attractorc.compiler.render.plan_words import join_words

from .plans import plans

quick = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


def plan_of(steps: tuple[Step, ...], *regions: Region, **more: Any) -> Plan:
    by_id = {step.id: step for step in steps}
    found = {region.fan_out: region for region in regions}
    return sealed(Plan("review", "start", "exit", by_id, found, **more))


def everything() -> Plan:
    """A plan with each kind of step, an inner fan-out, a loop, and a step nobody reaches."""
    fails = Comparison("outcome", "=", "fail")
    steps = (
        Step("exit", "Done", Exit()),
        Step("lost", "lost", Tool("true"), (Route("exit"),)),
        Step("start", "start", Start(), (Route("checks"),)),
        Step("checks", "Run the checks", Parallel(), (Route("exit", condition=fails),)),
        Step("unit", "unit", Tool("pytest -q\nexit 0", "json"), (Route("verdict"),),
             retry=Retry(3, True), timeout_ms=900_000, writes=("failed", "coverage"),
             region="checks"),
        Step("lint", "lint", Tool("ruff check ."), (Route("deep"),), region="checks"),
        Step("deep", "deep", Parallel(), region="checks"),
        Step("slow", "slow", Custom("acme.scan"), (Route("verdict"),), region="deep"),
        Step("fast", "fast", Agent(("be fast",)), (Route("verdict"),), region="deep"),
        Step("verdict", "verdict", FanIn("checks"), (Route("ship"),)),
        Step("ship", "Ship it?", Human(("Ship it?",), "route"),
             (Route("route", "[Y] Yes", weight=2), Route("think", "[N] Think again")),
             goal_gate=True, retry_target="think"),
        Step("think", "think",
             Agent(("Why? ", ContextRef("context.last"), InputRef("base"), " word" * 40), "gpt-x",
                   fidelity="full", thread_id="t"),
             (Route("checks", restart=True),), max_visits=3, reads=("a", "b*")),
        Step("route", "route", Conditional(), (Route("exit"),)),
    )  # fmt: skip
    checks = Region(
        "checks",
        (Branch("unit", "unit", weight=1), Branch("lint", "lint", Truth("context.lint"))),
        "verdict",
        "fan_in",
        FanOut(
            Join("formula", formula=AllOf((Atom("unit"), AtLeast(1, ("lint", "unit")))), text="x"),
            "fail_fast", "drain", "arrival", 1, 60_000, 1_500, "copy",
        ),
        Winner((WinnerKey("max", "coverage"), WinnerKey("first")), True),
        Merge((MergeRule("findings", "append"), MergeRule("*", "isolate")), "all", "collect"),
    )  # fmt: skip
    deep = Region(
        "deep",
        (Branch("slow", "slow"), Branch("fast", "fast")),
        "verdict",
        "node",
        FanOut(Join("quorum", ratio=Fraction(2, 3), text="quorum(2/3)")),
        parent="checks",
    )
    return plan_of(
        steps,
        checks,
        deep,
        goal="Can this change ship?\nReally?",
        inputs=(Input("base", default="main", required=False), Input("depth", "int")),
    )


def test_a_plan_is_shown_as_a_tree(snapshot: Any) -> None:
    assert plan_tree(everything()) == snapshot


def join_of(join: Join, *conditions: Any, **policy: Any) -> str:
    branches = tuple(
        Branch(f"b{number}", "x", conditions[number] if number < len(conditions) else None)
        for number in range(3)
    )
    return join_words(Region("f", branches, None, "none", FanOut(join, **policy)))


@pytest.mark.parametrize(
    ("words", "join", "policy"),
    [
        ("all must end and one succeed (wait_all)", Join(), {}),
        ("all must succeed (all_success)", Join("all_success"), {}),
        ("one must succeed (first_success)", Join("first_success"), {}),
        ("all must end (all_done)", Join("all_done"), {}),
        ("2 of 3 must succeed (k_of_n(2))", Join("k_of_n", k=2), {}),
        ("2 of 3 must succeed (majority)", Join("majority"), {}),
        ("2 of 3 must succeed (quorum(1/2))", Join("quorum", ratio=Fraction(1, 2)), {}),
        ("1 of 3 must succeed (quorum(1/9))", Join("quorum", ratio=Fraction(1, 9)), {}),
        (
            "1/2 of the activated must succeed (quorum(1/2)), failed branches do not count",
            Join("quorum", ratio=Fraction(1, 2)),
            {"error_policy": "ignore"},
        ),
        (
            "all must succeed (all_success), the first failure ends it",
            Join("all_success"),
            {"error_policy": "fail_fast"},
        ),
    ],
)
def test_a_join_is_said_in_words(words: str, join: Join, policy: dict[str, Any]) -> None:
    told = join_of(join, **policy)
    assert told == f"{words}, ends taken in declared order, losers cancelled"


def test_a_quorum_of_branches_that_may_be_skipped_counts_the_activated_ones() -> None:
    told = join_of(Join("majority"), Truth("context.deep"))
    assert told.startswith("more than half of the activated must succeed (majority)")


@given(plans())
@quick
def test_every_step_is_shown_once_and_no_line_is_too_long(plan: Plan) -> None:
    lines = plan_tree(plan).splitlines()
    assert max(map(len, lines)) <= 100
    for name in plan.steps:
        heads = [line for line in lines if line.lstrip(" │").startswith(f"{name} (")]
        assert len(heads) == 1, name


@given(plans())
@quick
def test_the_order_of_nodes_in_the_file_changes_nothing(plan: Plan) -> None:
    turned = replace(plan, steps=dict(reversed(plan.steps.items())))
    assert plan_tree(turned) == plan_tree(plan)


def test_a_loop_is_shown_after_what_leads_into_it_and_the_exit_last() -> None:
    steps = (
        Step("start", "start", Start(), (Route("ask"),)),
        Step("ask", "ask", Tool("x"), (Route("exit"), Route("fix"))),
        Step("fix", "fix", Tool("x"), (Route("ask"),)),
        Step("exit", "exit", Exit()),
    )
    assert flow_order(plan_of(steps), "start", None) == ("start", "ask", "fix", "exit")


def test_ten_thousand_steps_in_a_row_are_shown() -> None:
    steps = [Step("start", "start", Start(), (Route("s0"),)), Step("exit", "exit", Exit())]
    for number in range(10_000):
        following = f"s{number + 1}" if number < 9_999 else "exit"
        steps.append(Step(f"s{number}", "s", Tool("x"), (Route(following),)))
    assert len(plan_tree(plan_of(tuple(steps))).splitlines()) == 20_005


def test_fan_outs_nested_beyond_reason_end_in_a_line_that_says_so() -> None:
    depth = 200
    steps = [Step("start", "start", Start(), (Route("f0"),)), Step("exit", "exit", Exit())]
    regions = []
    for number in range(depth):
        parent = f"f{number - 1}" if number else None
        steps.append(Step(f"f{number}", "f", Parallel(), region=parent))
        inside = (*(f"f{deeper}" for deeper in range(number + 1, depth)), "last")
        branch = Branch("b", inside[0])
        regions.append(Region(f"f{number}", (branch,), "exit", "node", parent=parent, nodes=inside))
    steps.append(Step("last", "last", Tool("x"), (Route("exit"),), region=f"f{depth - 1}"))
    text = plan_tree(plan_of(tuple(steps), *regions))
    assert "(nested too deep to show)" in text
    assert "not reached" not in text


def test_text_from_a_file_cannot_steer_the_terminal() -> None:
    assert one_line("a\x1b[31m b\n\tc\u202e") == "a [31m b c"
