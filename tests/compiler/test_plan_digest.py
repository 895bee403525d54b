"""The digest of a plan: the same for what runs the same, another for what does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attractorc.compiler.plan.digest import digest_of, sealed
from attractorc.compiler.plan.model import (
    Agent,
    Branch,
    Exit,
    FanIn,
    Input,
    Parallel,
    Place,
    Plan,
    Region,
    Route,
    Start,
    Step,
    Tool,
)
from attractorc.compiler.policy import FanOut, Join, Merge, MergeRule, Retry, Winner, WinnerKey

from .plans import plans

quick = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


def small() -> Plan:
    """start -> fan -> {a, b} -> meet -> exit, with an input and something in the context."""
    steps = (
        Step("start", "start", Start(), (Route("fan"),)),
        Step("fan", "fan", Parallel(), (Route("exit", weight=1), Route("start"))),
        Step("a", "A", Tool("ls"), (Route("meet"),), region="fan"),
        Step("b", "B", Agent(("think",)), (Route("meet"),), region="fan"),
        Step("meet", "meet", FanIn("fan"), (Route("exit"),)),
        Step("exit", "exit", Exit()),
    )
    k_of_n = Join("k_of_n", k=1, text="k_of_n(1)")
    region = Region(
        "fan",
        (Branch("a", "a"), Branch("b", "b")),
        "meet",
        "fan_in",
        FanOut(k_of_n),
        nodes=("a", "b"),
    )
    return Plan(
        "small",
        "start",
        "exit",
        {step.id: step for step in steps},
        {"fan": region},
        goal="done",
        inputs=(Input("x"), Input("y")),
        context={"graph.goal": "done"},
    )


def with_step(name: str, **changes: Any) -> Plan:
    plan = small()
    return replace(plan, steps={**plan.steps, name: replace(plan.steps[name], **changes)})


def with_region(**changes: Any) -> Plan:
    plan = small()
    return replace(plan, regions={"fan": replace(plan.regions["fan"], **changes)})


def turned(plan: Plan) -> Plan:
    """The same plan with its nodes in another order."""
    return replace(plan, steps=dict(reversed(plan.steps.items())))


SAME: list[tuple[str, Callable[[], Plan]]] = [
    ("the order of nodes", lambda: turned(small())),
    ("the order of a region's nodes", lambda: with_region(nodes=("b", "a"))),
    ("the order of inputs", lambda: replace(small(), inputs=(Input("y"), Input("x")))),
    (
        "what an input is for",
        lambda: replace(small(), inputs=(Input("x", description="d"), Input("y"))),
    ),
    ("the place of a node", lambda: with_step("a", place=Place("other.yaml", 3, 4))),
    (
        "the place of a route",
        lambda: with_step("a", routes=(Route("meet", place=Place("f", 1, 1)),)),
    ),
    (
        "the place of a branch",
        lambda: with_region(branches=(Branch("a", "a", place=Place("f", 1, 1)), Branch("b", "b"))),
    ),
    ("an unknown or drawing attribute", lambda: with_step("a", extra={"color": "red"})),
    ("the digest that stands there", lambda: replace(small(), digest="sha256:0")),
]

OTHER: list[tuple[str, Callable[[], Plan]]] = [
    ("the name", lambda: replace(small(), name="big")),
    ("the goal", lambda: replace(small(), goal="more")),
    ("the version of plans", lambda: replace(small(), version=2)),
    ("a key of the context", lambda: replace(small(), context={"graph.goal": "more"})),
    ("the type of an input", lambda: replace(small(), inputs=(Input("x", "int"), Input("y")))),
    ("the kind of a node", lambda: with_step("a", work=Agent(("ls",)))),
    ("a command", lambda: with_step("a", work=Tool("ls -l"))),
    ("a prompt", lambda: with_step("b", work=Agent(("think more",)))),
    ("a model", lambda: with_step("b", work=Agent(("think",), model="m"))),
    ("a label", lambda: with_step("a", label="AA")),
    ("a timeout", lambda: with_step("a", timeout_ms=1)),
    ("a retry", lambda: with_step("a", retry=Retry(2))),
    ("what a stage may write", lambda: with_step("a", writes=())),
    ("a weight", lambda: with_step("fan", routes=(Route("exit", weight=2), Route("start")))),
    (
        "the order of a node's edges",
        lambda: with_step("fan", routes=(Route("start"), Route("exit", weight=1))),
    ),
    ("the order of branches", lambda: with_region(branches=(Branch("b", "b"), Branch("a", "a")))),
    ("the name of a branch", lambda: with_region(branches=(Branch("a1", "a"), Branch("b", "b")))),
    ("k of a join", lambda: with_region(policy=FanOut(Join("k_of_n", k=2, text="k_of_n(1)")))),
    (
        "a quorum",
        lambda: with_region(policy=FanOut(Join("quorum", ratio=Fraction(1, 2), text="k_of_n(1)"))),
    ),
    (
        "how many branches run",
        lambda: with_region(policy=replace(small().regions["fan"].policy, max_parallel=2)),
    ),
    ("a merge rule", lambda: with_region(merge=Merge((MergeRule("a", "append"),)))),
    ("a winner", lambda: with_region(winner=Winner((WinnerKey("first"),), True))),
    ("where branches meet", lambda: with_region(join_at="exit", meeting="node")),
]


@pytest.mark.parametrize("other", [case[1] for case in SAME], ids=[case[0] for case in SAME])
def test_what_no_run_can_see_keeps_the_digest(other: Callable[[], Plan]) -> None:
    assert digest_of(other()) == digest_of(small())


@pytest.mark.parametrize("other", [case[1] for case in OTHER], ids=[case[0] for case in OTHER])
def test_what_a_run_depends_on_changes_the_digest(other: Callable[[], Plan]) -> None:
    assert digest_of(other()) != digest_of(small())


@given(plans(), st.randoms(use_true_random=False))
@quick
def test_no_order_of_nodes_matters(plan: Plan, random: Any) -> None:
    names = list(plan.steps)
    random.shuffle(names)
    assert digest_of(replace(plan, steps={name: plan.steps[name] for name in names})) == plan.digest


def test_sealing_sets_the_digest_and_nothing_else() -> None:
    plan = small()
    assert sealed(plan) == replace(plan, digest=digest_of(plan))
    assert sealed(sealed(plan)) == sealed(plan)


def test_the_digest_is_the_same_in_every_version_that_reads_this_version_of_plans() -> None:
    """A change here makes every stored plan unreadable: raise `PLAN_VERSION` instead."""
    assert digest_of(small()) == (
        "sha256:f5c13cb76c51294ba7bdb4ed6f14e4ba6da1a77ccd783accde33150c5d55457d"
    )
