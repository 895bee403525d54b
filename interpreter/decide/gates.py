"""Goal gates: what must have succeeded before a walker may end (specification 3.4).

The trunk's gates are asked at the exit and may use the graph's retry targets; a branch's
are asked when it would end well and only its own nodes' targets count (semantics 2).
"""

from __future__ import annotations

from ..records import RouteDecision
from ..state import State, Walker
from . import drafts

BACK_LIMIT = 100
"""How often goal gates that do not hold may lead one walker back, whatever `max_visits` says."""


def gate_route(state: State, walker: Walker) -> RouteDecision | None:
    """The way back to an unsatisfied gate, or the failure; None if every gate is satisfied."""
    for node, status in walker.gates.items():
        if status.succeeded:
            continue
        step = walker.plan.steps[node]
        targets = [step.retry_target, step.fallback_retry_target]
        if walker.parent_fork is None:
            targets += [walker.plan.retry_target, walker.plan.fallback_retry_target]
        target = next((name for name in targets if name in walker.plan.steps), None)
        if target is not None and walker.sent_back >= BACK_LIMIT:
            return drafts.route(
                state,
                walker,
                "goal_gate",
                terminated_status="fail",
                terminated_reason=f"the goal gate '{node}' is not satisfied, and goal gates have "
                f"led back {BACK_LIMIT} times already",
            )
        if target is not None:
            return drafts.route(
                state,
                walker,
                "goal_gate",
                selected_edge={"from": walker.node, "to": target},
                notes=[f"the goal gate '{node}' is not satisfied"],
            )
        return drafts.route(
            state,
            walker,
            "goal_gate",
            terminated_status="fail",
            terminated_reason=f"the goal gate '{node}' is not satisfied and no retry target "
            "leads back to it",
        )
    return None
