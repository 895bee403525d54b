"""Running cases: each a simulated run of the plan, and what was missed.

It must not know how files are found, or how results are printed.
"""

from __future__ import annotations

from dataclasses import dataclass

from attractorc.compiler.plan.model import Plan
from attractorc.interpreter.simulation import Simulated, Stuck, simulate

from .cases import Case
from .judging import Miss, judged
from .observing import observed


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What came of a case: its misses, and the run, which is None if it would never end."""

    case: Case
    misses: tuple[Miss, ...]
    run: Simulated | None

    @property
    def passed(self) -> bool:
        """Whether everything that was expected held."""
        return not self.misses


def run_case(plan: Plan, case: Case) -> CaseResult:
    """Run one case on virtual time, in memory, and judge it."""
    try:
        run = simulate(plan, case.script, inputs=case.inputs, jobs=case.jobs, run_id="case")
    except Stuck as stuck:
        ends = Miss("the run", case.span, "a run that ends", str(stuck))
        return CaseResult(case, (ends,), None)
    return CaseResult(case, judged(case.expect, observed(plan, run)), run)
