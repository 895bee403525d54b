"""Stage ids as authors write them: `/each.1/file[3]/look.1`, held to the plan.

In a run's own ids other characters than letters, digits, `_` and `-` are percent-encoded;
here names may stand as they are. It must not know what an id is written for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from attractorc.compiler.plan.model import Child, Plan, Region
from attractorc.compiler.value import encoded, nearest

_STAGE_ID = re.compile(r"(?:/[^/]+)*/[^/]+\.[1-9][0-9]*")
_VISITED = re.compile(r".+\.[1-9][0-9]*(?:@[1-9][0-9]*)?")
FORM = "/<node>.<visit> or /<fan-out>.<visit>/<branch>/<node>.<visit>"


class NoStage(ValueError):
    """The plan has no such stage; one clause."""


def normal(text: str, plan: Plan | None) -> str:
    """A stage id as runs write it; without a plan, of one without pipelines in it."""
    first, *parts = text.split("/")
    made, here = [first], plan
    while parts:
        stage = parts.pop(0)
        made.append(_with_visit(stage))
        below = None if here is None or plan is None else _called(stage, here, plan)
        if below is not None:
            here = below
        elif parts:
            made.append(encoded(unquote(parts.pop(0))))
    return "/".join(made)


def _called(stage: str, here: Plan, plan: Plan) -> Plan | None:
    """The plan of the pipeline that a stage runs; None if it runs none."""
    step = here.steps.get(_node(stage))
    return _below(step.work, here, plan) if step and isinstance(step.work, Child) else None


def _below(work: Child, here: Plan, plan: Plan) -> Plan:
    return plan.children[work.plan] if work.plan else here


def _node(stage: str) -> str:
    """The node of one stage in an id: without its visit, and without the attempt."""
    return unquote(stage.rpartition(".")[0])


def _with_visit(part: str) -> str:
    name, dot, visit = part.rpartition(".")
    return f"{encoded(unquote(name))}{dot}{visit}"


def node_of(text: str, plan: Plan) -> str:
    """The node of a stage id that the plan can have. Raises `NoStage`."""
    return place_of(text, plan)[1]


def place_of(text: str, plan: Plan) -> tuple[Plan, str]:
    """The node of a stage id that the plan can have, and the pipeline that it is in.

    Raises `NoStage`.
    """
    if _STAGE_ID.fullmatch(text) is None:
        raise NoStage(f"'{text}' is no stage id; write {FORM}")
    *around, last = text.split("/")[1:]
    here, inside = plan, None
    while around:
        if _VISITED.fullmatch(around[0]) is None:
            raise NoStage(f"'{text}' is no stage id; write {FORM}")
        name = _known(around.pop(0), here, inside)
        work = here.steps[name].work
        if name in here.regions and around:
            _check_branch(unquote(around.pop(0)), here.regions[name])
            inside = name
        elif isinstance(work, Child):
            here, inside = _below(work, here, plan), None
        else:
            raise NoStage(f"'{text}': '{name}' is no fan-out")
    return here, _known(last, here, inside)


def in_family(name: str, plan: Plan) -> Plan | None:
    """The first pipeline of a plan and its children that has a node."""
    return next((one for one in plan.family if name in one.steps), None)


def _known(part: str, plan: Plan, inside: str | None) -> str:
    name = _node(part)
    if name not in plan.steps:
        raise NoStage(no_node(name, plan))
    if plan.steps[name].region != inside:
        where = "on the trunk" if inside is None else f"in the branches of '{inside}'"
        raise NoStage(f"'{name}' does not stand {where}")
    return name


def _check_branch(name: str, region: Region) -> None:
    ids = [branch.id for branch in region.branches]
    dynamic = region.policy.for_each is not None
    if dynamic and not any(name.startswith(f"{one}[") and name.endswith("]") for one in ids):
        raise NoStage(f"'{region.fan_out}' has branches such as '{ids[0]}[0]', and no '{name}'")
    if not dynamic and name not in ids:
        hint = _hint(name, dict.fromkeys(ids, name))
        raise NoStage(f"the fan-out '{region.fan_out}' has no branch '{name}'{hint}")


def no_node(name: str, plan: Plan) -> str:
    """That there is no such node, and which one may be meant."""
    return f"the pipeline has no node '{name}'{_hint(name, plan.steps)}"


def _hint(name: str, known: Mapping[str, object]) -> str:
    meant = nearest(name, known)
    return f"; did you mean '{meant}'?" if meant else ""
