"""The order in which a plan's steps are shown: each before what it leads to, loops aside.

Follows routes, joins and retry targets within one region. The same for every order of
nodes in the file. It must not know how steps are drawn.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..plan.model import Plan, Step


def flow_order(plan: Plan, first: str, region: str | None) -> tuple[str, ...]:
    """Ids of the steps of a region (None: the trunk) that `first` leads to, itself first.

    A reverse postorder; the plan's exit stands last.
    """
    visited = {first}
    finished: list[str] = []
    pending = [(first, _inside(plan, first, region))]
    while pending:
        current, following = pending[-1]
        successor = next((step for step in following if step not in visited), None)
        if successor is None:
            pending.pop()
            finished.append(current)
        else:
            visited.add(successor)
            pending.append((successor, _inside(plan, successor, region)))
    finished.reverse()
    return tuple(sorted(finished, key=lambda step: step == plan.exit))


def _inside(plan: Plan, name: str, region: str | None) -> Iterator[str]:
    leads = _leads_to(plan, plan.steps[name])
    return iter([step for step in reversed(leads) if plan.steps[step].region == region])


def _leads_to(plan: Plan, step: Step) -> list[str]:
    leads: list[str | None] = [route.target for route in step.routes]
    fan_out = plan.regions.get(step.id)
    if fan_out is not None:
        leads.insert(0, fan_out.join_at)
    leads += [step.retry_target, step.fallback_retry_target]
    return [lead for lead in leads if lead is not None and lead in plan.steps]
