"""Which edge a walker takes after a stage, and which rule said so.

The specification's five steps (3.3) for a stage that succeeded, its failure routing (3.7,
with semantics 2) for one that failed. Pure; it must not know walkers, joins or records.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from attractorc.compiler.plan.labels import match_text
from attractorc.compiler.plan.model import Conditional, Plan, Route, Step

from .evaluate import Scene, holds
from .outcome import Status
from .tuples import tupled


class Choice(NamedTuple):
    """Where to go next. `target` None: the walker stops, for the reason that `rule` names.

    Rules are those of `records.RouteDecision`. `notes` says what a condition stumbled over.
    """

    target: str | None
    rule: str
    route: Route | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Spot:
    """A committed stage, and all that the choice of its next edge depends on.

    `join_at` is where the walker's own region ends, None on the trunk.
    """

    step: Step
    status: Status
    scene: Scene
    suggested: tuple[str, ...] = ()
    join_at: str | None = None
    notes: list[str] = field(default_factory=list)


def only_way(step: Step, preferred_label: str, suggested: tuple[str, ...]) -> Choice | None:
    """The edge of a stage that did not fail, where nothing is to be chosen; None otherwise."""
    if len(step.routes) != 1 or preferred_label or suggested:
        return None
    (route,) = step.routes
    if route.condition is not None:
        return None
    return tupled(Choice, (route.target, "only_edge", route, ()))


def choose(plan: Plan, spot: Spot) -> Choice:
    """The next edge of a stage that is not a fan-out."""
    step = spot.step
    if not step.routes and spot.status is not Status.FAIL:
        return Choice(None, "dead_end")
    choice = _after_failure(plan, spot) if spot.status is Status.FAIL else _after_success(spot)
    return Choice(choice.target, choice.rule, choice.route, tuple(spot.notes))


def after_join(plan: Plan, spot: Spot, meets_at: str | None, carried: bool) -> Choice:
    """The next edge of a fan-out whose join is decided (semantics 5, 6).

    `meets_at` is where its branches meet; `carried` says that a fan-in there takes the
    decision, satisfied or not.
    """
    matching = _matching(spot)
    if matching is not None:
        return matching
    failed = spot.status is Status.FAIL
    if failed and (target := _retry_target(plan, spot.step)) is not None:
        return target
    if meets_at is not None and (carried or not failed):
        return Choice(meets_at, "fan_in" if carried else "join", notes=tuple(spot.notes))
    if failed:
        return Choice(None, "failed", notes=tuple(spot.notes))
    return Choice(None, "no_route" if spot.step.routes else "dead_end", notes=tuple(spot.notes))


def _after_success(spot: Spot) -> Choice:
    matching = _matching(spot)
    if matching is not None:
        return matching
    free = [route for route in spot.step.routes if route.condition is None]
    for route in free:
        # Both what the label says and where it leads: a person chose this very edge.
        named = (route.label or route.target) == spot.scene.preferred_label
        if named and route.target in spot.suggested:
            return Choice(route.target, "preferred_label", route)
    wanted = match_text(spot.scene.preferred_label)
    if wanted:
        for route in free:
            if route.match == wanted:
                return Choice(route.target, "preferred_label", route)
    for suggested in spot.suggested:
        for route in free:
            if route.target == suggested:
                return Choice(route.target, "suggested_next", route)
    if not free:
        return Choice(None, "no_route")
    return _best(free, "only_edge")


def _after_failure(plan: Plan, spot: Spot) -> Choice:
    matching = _matching(spot)
    if matching is not None:
        return matching
    target = _retry_target(plan, spot.step)
    if target is not None:
        return target
    onward = [
        route
        for route in spot.step.routes
        if route.condition is None
        and (route.target == spot.join_at or isinstance(plan.steps[route.target].work, Conditional))
    ]
    return _best(onward, "only_edge") if onward else Choice(None, "failed")


def _matching(spot: Spot) -> Choice | None:
    found = [
        route
        for route in spot.step.routes
        if route.condition is not None and holds(route.condition, spot.scene, spot.notes)
    ]
    if not found:
        return None
    best = min(found, key=_rank)
    return Choice(best.target, "condition", best, tuple(spot.notes))


def _retry_target(plan: Plan, step: Step) -> Choice | None:
    for target, rule in (
        (step.retry_target, "retry_target"),
        (step.fallback_retry_target, "fallback_retry_target"),
    ):
        if target is not None and target in plan.steps:
            return Choice(target, rule)
    return None


def _best(routes: list[Route], only: str) -> Choice:
    best = min(routes, key=_rank)
    if len(routes) == 1:
        return Choice(best.target, only, best)
    tied = sum(1 for route in routes if route.weight == best.weight)
    return Choice(best.target, "lexical" if tied > 1 else "weight", best)


def _rank(route: Route) -> tuple[int, str]:
    return (-route.weight, route.target)
