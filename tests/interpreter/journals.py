"""Runs with something to ask about: nested regions, merges, a race lost, a person asked."""

from __future__ import annotations

from pathlib import Path

from attractorc.compiler.plan.model import FanIn, Human, Parallel, Plan
from attractorc.compiler.policy import FanOut, Join, Merge, MergeRule
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.ports import Store

from .pipelines import Ran, fails, plan, quick, region, run, step, to, writes

APPENDED = Merge((MergeRule("findings", "append"), MergeRule("total", "sum")))
UNITED = Merge((MergeRule("findings", "union"),))


def nested_plan() -> Plan:
    """start -> prepare -> checks -> {lint, unit, deep -> (a, b) -> inner_in} -> gather -> exit."""
    return plan(
        step("prepare", "checks"),
        step("checks", work=Parallel()),
        step("lint", "gather", region="checks"),
        quick(step("unit", "gather", region="checks"), 1),
        step("deep", work=Parallel(), region="checks"),
        step("a", "inner_in", region="deep"),
        step("b", "inner_in", region="deep"),
        step("inner_in", "gather", work=FanIn("deep"), region="checks"),
        step("gather", "exit", work=FanIn("checks")),
        regions=(
            region("checks", "lint unit deep", "gather", merge=APPENDED),
            region("deep", "a b", "inner_in", merge=UNITED, parent="checks"),
        ),
        goal="Check it",
    )


def nested_run(store: Store | None = None, folder: Path = Path(), run_id: str = "run-1") -> Ran:
    """`unit` fails twice, `b` finds what `a` found, `total` was 1 before the fork."""
    tool = {"tool_output.txt": b"2 tests failed\n"}
    behaviour = {
        "prepare": writes(findings=["p"], total=1),
        "lint": writes(findings=["l"], total=3, note="style", score=0.5),
        "unit": Outcome(Status.FAIL, failure_reason="2 tests failed", artifacts=tool),
        "a": writes(findings=["x"], score=0.9),
        "b": writes(findings=["x", "y"]),
    }
    return run(
        nested_plan(),
        dict(behaviour),
        store=store,
        folder=folder,
        run_id=run_id,
        inputs={"base": "main"},
    )


def race_plan() -> Plan:
    """start -> race -> {slow, quick} -> meet -> exit; the first success wins."""
    first = FanOut(Join("first_success", text="first_success"), decide="arrival")
    return plan(
        step("race", work=Parallel()),
        step("slow", "meet", region="race"),
        step("quick", "meet", region="race"),
        step("meet", "exit", work=FanIn("race")),
        regions=(region("race", "slow quick", "meet", policy=first),),
    )


def asking_plan() -> Plan:
    """start -> approve (a person) -> ship -> exit, or -> rework -> exit."""
    return plan(
        step(
            "approve",
            to("ship", "[Y] Yes"),
            to("rework", "[N] No"),
            work=Human(("Ship it?",)),
        ),
        step("ship", "exit"),
        step("rework", "exit"),
    )


__all__ = ["asking_plan", "fails", "nested_plan", "nested_run", "race_plan", "run"]
