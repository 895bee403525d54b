"""Whether a plan holds together: every name in it leads somewhere, every number makes sense.

What the rules promise about a compiled pipeline, checked again at the door for a plan that
came from a file and may have been edited by hand. The first fault found is reported. It
must not know how a plan is written in JSON, beyond the names of its fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..policy import Join, branches_named
from .child import child_of
from .model import Exit, FanIn, Human, Parallel, Plan, Region, Start, Step


class Broken(ValueError):
    """A plan whose parts do not fit together: one sentence with the place."""


def check_integrity(plan: Plan) -> None:
    """Raise `Broken` with the first fault, in a fixed order of the plan's parts."""
    for fault in _faults(plan):
        raise Broken(fault)
    for digest, child in plan.children.items():
        for fault in (*_faults(child), *_child(digest, child)):
            raise Broken(f"children.{digest}.{fault}")
    for one in plan.family:
        for fault in _named(plan, one):
            raise Broken(fault if one is plan else f"children.{one.digest}.{fault}")


def _child(digest: str, child: Plan) -> Iterator[str]:
    if child.digest != digest:
        yield f"digest: expected '{digest}', found '{child.digest}'"
    if child.children:
        yield "children: only the plan that is run has a table of children"


def _named(plan: Plan, one: Plan) -> Iterator[str]:
    """Steps whose child is not in the table, or is given other inputs than it declares."""
    for name, step in one.steps.items():
        work = child_of(step.work)
        if work is None:
            continue
        child = plan.children.get(work.plan) if work.plan else one
        if child is None:
            yield f"steps.{name}.work.plan: there is no child '{work.plan}'"
            continue
        known = {declared.name for declared in child.inputs}
        for given in work.given:
            if given.name not in known:
                yield f"steps.{name}.work.given: the child has no input '{given.name}'"
        named = {given.name for given in work.given}
        for declared in child.inputs:
            if declared.required and declared.name not in named:
                yield f"steps.{name}.work.given: the child's input '{declared.name}' has no value"


def _faults(plan: Plan) -> Iterator[str]:
    yield from _ends(plan)
    names = [declared.name for declared in plan.inputs]
    yield from (f"inputs: '{name}' stands twice" for name in _twice(names))
    for name, step in plan.steps.items():
        for fault in _step(plan, name, step):
            yield f"steps.{name}.{fault}"
    for name, region in plan.regions.items():
        for fault in _region(plan, name, region):
            yield f"regions.{name}.{fault}"
    yield from _parents(plan.regions)


def _ends(plan: Plan) -> Iterator[str]:
    for field, name, work in (("start", plan.start, Start), ("exit", plan.exit, Exit)):
        if name not in plan.steps:
            yield f"{field}: there is no step '{name}'"
        elif not isinstance(plan.steps[name].work, work):
            yield f"{field}: the step '{name}' is of another kind"
    for field in ("retry_target", "fallback_retry_target"):
        target = getattr(plan, field)
        if target is not None and target not in plan.steps:
            yield f"{field}: there is no step '{target}'"


def _step(plan: Plan, name: str, step: Step) -> Iterator[str]:
    if step.id != name:
        yield f"id: expected '{name}', found '{step.id}'"
    if step.region is not None and step.region not in plan.regions:
        yield f"region: there is no region '{step.region}'"
    for field in ("retry_target", "fallback_retry_target"):
        target = getattr(step, field)
        if target is not None and target not in plan.steps:
            yield f"{field}: there is no step '{target}'"
    for index, route in enumerate(step.routes):
        if route.target not in plan.steps:
            yield f"routes[{index}].target: there is no step '{route.target}'"
        elif not _reaches(plan, step, route.target):
            yield f"routes[{index}].target: '{route.target}' is not in the region of '{name}'"
    yield from _work(plan, step)
    yield from _least("retry.max_attempts", step.retry.max_attempts, 1)
    yield from _least("retry.initial_delay_ms", step.retry.initial_delay_ms, 0)
    yield from _least("retry.backoff_factor", step.retry.backoff_factor, 0)
    yield from _least("retry.max_delay_ms", step.retry.max_delay_ms, 0)
    yield from _least("timeout_ms", step.timeout_ms, 0)
    yield from _least("max_visits", step.max_visits, 1)


def _reaches(plan: Plan, step: Step, target: str) -> bool:
    """A walker stays in its region until it arrives where the region's branches meet."""
    if plan.steps[target].region == step.region:
        return True
    region = None if step.region is None else plan.regions.get(step.region)
    return region is not None and region.join_at == target


def _work(plan: Plan, step: Step) -> Iterator[str]:
    match step.work:
        case Parallel():
            if step.id not in plan.regions:
                yield f"work: there is no region '{step.id}' for this fan-out"
        case FanIn(region=str(region)):
            if region not in plan.regions:
                yield f"work.region: there is no region '{region}'"
            elif plan.regions[region].join_at != step.id:
                yield f"work.region: the branches of '{region}' do not meet here"
        case Human(default_choice=str(choice), form="choice"):
            if all(choice not in (route.target, route.label) for route in step.routes):
                yield f"work.default_choice: no route of this step leads to '{choice}'"
        case _:
            pass


def _region(plan: Plan, name: str, region: Region) -> Iterator[str]:
    if region.fan_out != name:
        yield f"fan_out: expected '{name}', found '{region.fan_out}'"
    if name not in plan.steps or not isinstance(plan.steps[name].work, Parallel):
        yield f"fan_out: there is no fan-out step '{name}'"
    if region.parent is not None and region.parent not in plan.regions:
        yield f"parent: there is no region '{region.parent}'"
    for index, branch in enumerate(region.branches):
        if branch.head not in plan.steps:
            yield f"branches[{index}].head: there is no step '{branch.head}'"
    ids = [branch.id for branch in region.branches]
    yield from (f"branches: '{branch}' stands twice" for branch in _twice(ids))
    for index, node in enumerate(region.nodes):
        if node not in plan.steps:
            yield f"nodes[{index}]: there is no step '{node}'"
    yield from _for_each(region)
    yield from _meeting(plan, region)
    yield from (f"policy.join.{fault}" for fault in _join(region.policy.join, set(ids)))
    yield from (f"winner.{fault}" for fault in _winner(region, set(ids)))
    yield from _judge(plan, region)
    yield from (
        f"merge.rules[{index}].argument: 'keyed' needs the field that tells items apart"
        for index, rule in enumerate(region.merge.rules)
        if rule.strategy == "keyed" and not rule.argument
    )
    yield from _least("policy.max_parallel", region.policy.max_parallel, 1)
    yield from _least("policy.join_timeout_ms", region.policy.join_timeout_ms, 0)
    yield from _least("policy.branch_timeout_ms", region.policy.branch_timeout_ms, 0)


def _for_each(region: Region) -> Iterator[str]:
    """With `for_each` the one branch is a template, which nothing can name."""
    if region.policy.for_each is None:
        return
    if len(region.branches) != 1:
        yield f"branches: expected one, the template of for_each, found {len(region.branches)}"
    if not region.policy.for_each.key:
        yield "policy.for_each.key: missing"
    if region.policy.join.kind == "formula":
        yield "policy.join: a formula cannot name branches of for_each"
    if any(key.kind == "priority" for key in region.winner.keys):
        yield "winner: a priority cannot name branches of for_each"


def _meeting(plan: Plan, region: Region) -> Iterator[str]:
    if region.join_at is None:
        if region.meeting != "none":
            yield f"meeting: expected none where 'join_at' is null, found '{region.meeting}'"
        return
    if region.join_at not in plan.steps:
        yield f"join_at: there is no step '{region.join_at}'"
        return
    work = plan.steps[region.join_at].work
    own = isinstance(work, FanIn) and work.region == region.fan_out
    if region.meeting == "none" or (region.meeting == "fan_in") != own:
        yield f"meeting: '{region.meeting}' does not fit the step '{region.join_at}'"


def _join(join: Join, branches: set[str]) -> Iterator[str]:
    if join.kind == "k_of_n" and join.k is None:
        yield "k: missing"
    yield from _least("k", join.k, 1)
    if join.kind == "quorum" and join.ratio is None:
        yield "ratio: missing"
    if join.ratio is not None and not 0 < join.ratio <= 1:
        yield f"ratio: expected a fraction above 0 and up to 1, found '{join.ratio}'"
    if join.kind == "formula" and join.formula is None:
        yield "formula: missing"
    for branch in branches_named(join.formula) if join.formula is not None else ():
        if branch not in branches:
            yield f"formula: there is no branch '{branch}'"


def _winner(region: Region, branches: set[str]) -> Iterator[str]:
    for index, key in enumerate(region.winner.keys):
        if key.kind == "arrival" and region.policy.decide != "arrival":
            yield f"keys[{index}]: 'arrival' needs the policy decide=arrival"
        if key.kind in ("max", "min", "vote") and not key.key:
            yield f"keys[{index}].key: missing"
        for branch in key.branches:
            if branch not in branches:
                yield f"keys[{index}].branches: there is no branch '{branch}'"


def _judge(plan: Plan, region: Region) -> Iterator[str]:
    """Whoever the winner rule asks is known to the stage that merges."""
    name = region.join_at if region.meeting == "fan_in" else region.fan_out
    step = None if name is None else plan.steps.get(name)
    if step is None or not isinstance(step.work, FanIn | Parallel):
        return
    asked, judge = {key.kind for key in region.winner.keys}, step.work.judge
    if "prompt" in asked and (judge is None or judge.prompt is None):
        yield f"winner: the work of '{name}' does not say how an agent is asked"
    if "human" in asked and judge is None:
        yield f"winner: the work of '{name}' does not say what a person is asked"


def _parents(regions: Mapping[str, Region]) -> Iterator[str]:
    rooted: set[str] = set()
    for name in regions:
        chain: set[str] = set()
        current: str | None = name
        while current is not None and current not in rooted:
            if current in chain:
                yield f"regions.{name}.parent: this region lies inside itself"
                return
            chain.add(current)
            current = regions[current].parent
        rooted.update(chain)


def _least(field: str, value: float | None, least: int) -> Iterator[str]:
    if value is not None and value < least:
        yield f"{field}: expected at least {least}, found {value}"


def _twice(names: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield name
        seen.add(name)
