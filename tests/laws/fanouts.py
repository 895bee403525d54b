"""The fan-outs that the laws are looked for in: a few branches of one stage each.

What a branch writes names it, so that each merge shows whose writes it took. Apart from
the walk, which only ends stages. It must not know in which order they end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from attractorc.compiler.expr import Comparison
from attractorc.compiler.plan.model import FanIn, Parallel, Plan
from attractorc.compiler.policy import FanOut, Merge, MergeRule
from attractorc.compiler.value import Json
from attractorc.interpreter.outcome import End, Outcome, Status

from ..interpreter.pipelines import plan, region, step
from .policies import NAMES

SCORES = {"a": 3, "b": 5, "c": 5, "d": 1, "e": 4}
STAGE = "/fan.1"
BASE: dict[str, Json] = {"n": ["base"], "total": 10}
RULES = Merge((MergeRule("n", "append"), MergeRule("total", "sum"), MergeRule("who", "last")))
STATUS = {
    End.SUCCESS: Status.SUCCESS,
    End.PARTIAL_SUCCESS: Status.PARTIAL_SUCCESS,
    End.FAIL: Status.FAIL,
}


def outcome_of(name: str, end: End) -> Outcome:
    """A branch's only stage ends so; what it writes names the branch, whatever the end."""
    return Outcome(
        STATUS[end],
        context_updates={
            "score": SCORES[name],
            "n": [name],
            "total": 10 + SCORES[name],
            "who": name,
            f"own.{name}": end.value,
        },
        failure_reason="it broke" if end is End.FAIL else "",
    )


OUTCOMES: Mapping[str, Mapping[End, Outcome]] = {
    name: {end: outcome_of(name, end) for end in STATUS} for name in NAMES
}


@cache
def _bare(size: int) -> Plan:
    """start -> fan -> a few branches of one stage, each on a condition -> join -> exit."""
    names = NAMES[:size]
    return plan(
        step("fan", work=Parallel()),
        *(step(name, "join", region="fan") for name in names),
        step("join", "exit", work=FanIn("fan")),
        regions=(region("fan", " ".join(names), "join", merge=RULES),),
        context=BASE,
    )


def pipeline(size: int, policy: FanOut) -> Plan:
    """The plan of so many branches under a policy. Its digest is that of no policy."""
    made = _bare(size)
    fan = made.regions["fan"]
    branches = tuple(
        replace(branch, condition=Comparison(f"inputs.{branch.id}", "=", "yes"))
        for branch in fan.branches
    )
    return replace(made, regions={"fan": replace(fan, policy=policy, branches=branches)})
