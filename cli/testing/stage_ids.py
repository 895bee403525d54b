"""Stage ids as authors write them: `/each.1/file[3]/look.1`, held to the plan.

In a run's own ids other characters than letters, digits, `_` and `-` are percent-encoded;
here names may stand as they are. It must not know what an id is written for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from attractorc.compiler.plan.model import Plan, Region
from attractorc.compiler.value import encoded, nearest

_STAGE_ID = re.compile(r"(?:/[^/]+\.[1-9][0-9]*/[^/]+)*/[^/]+\.[1-9][0-9]*")
FORM = "/<node>.<visit> or /<fan-out>.<visit>/<branch>/<node>.<visit>"


class NoStage(ValueError):
    """The plan has no such stage; one clause."""


def normal(text: str) -> str:
    """A stage id as runs write it."""
    parts = text.split("/")
    made = [
        _with_visit(part) if number % 2 else encoded(unquote(part))
        for number, part in enumerate(parts)
    ]
    return "/".join(made)


def _with_visit(part: str) -> str:
    name, dot, visit = part.rpartition(".")
    return f"{encoded(unquote(name))}{dot}{visit}"


def node_of(text: str, plan: Plan) -> str:
    """The node of a stage id that the plan can have. Raises `NoStage`."""
    if _STAGE_ID.fullmatch(text) is None:
        raise NoStage(f"'{text}' is no stage id; write {FORM}")
    *around, last = text.split("/")[1:]
    inside: str | None = None
    for stage, branch in zip(around[::2], around[1::2], strict=True):
        fan_out = _known(stage, plan, inside)
        region = plan.regions.get(fan_out)
        if region is None:
            raise NoStage(f"'{text}': '{fan_out}' is no fan-out")
        _check_branch(unquote(branch), region)
        inside = fan_out
    return _known(last, plan, inside)


def _known(part: str, plan: Plan, inside: str | None) -> str:
    name = unquote(part.rpartition(".")[0])
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
