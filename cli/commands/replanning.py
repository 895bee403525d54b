"""A resume with a pipeline file: is it the run's plan, and if not, what has changed?

Compiles the file, tells the difference, and gives the plan to whoever takes the run up, which
judges whether it may take over. It must not know what a run has reached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .exits import Refused
from .plans import plan_of_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attractorc.compiler.plan.model import Plan
    from attractorc.compiler.value import Json
    from attractorc.interpreter.driver.changing import NewPlan
    from attractorc.interpreter.ports import Store


def plan_given(
    store: Store, run_id: str, current: Plan, file: str | None, accept: bool, colour: bool
) -> NewPlan | None:
    """The plan in a file, by default the one that the run came from, if one is asked for.

    Prints what has changed, on standard error. Raises `Refused` for a file without a plan, and
    for another plan than the run's unless `accept`.
    """
    from attractorc.compiler.render.plan_changes import plan_changes
    from attractorc.interpreter.driver.changing import NewPlan

    if file is None and not accept:
        return None
    named = _source_of(store, run_id) if file is None else file
    plan, text, source = plan_of_file(named, colour)
    if plan.digest != current.digest:
        for line in plan_changes(current, plan):
            click.echo(line, err=True)
        if not accept:
            raise Refused(
                f"{named}: this is not the plan that run '{run_id}' goes by, see above; leave "
                "the file out to go on with that, or let this one take over with "
                "--accept-plan-change"
            )
    return NewPlan(plan, text, named, source, accept)


def refuse_override(options: Mapping[str, Json], plan: Plan) -> None:
    """Raise `Refused` where a run was told on its command line what this plan contradicts."""
    from .exec import refuse_declared

    if options.get("decide") == "declared":
        refuse_declared(plan)


def _source_of(store: Store, run_id: str) -> str:
    from attractorc.interpreter.queries.reading import every
    from attractorc.interpreter.records import PlanChange, SourceRecord

    names = [one.name for one in every(store, run_id, SourceRecord)]
    names += [one.name for one in every(store, run_id, PlanChange)]
    return names[-1]
