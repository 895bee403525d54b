"""The plan's digest: one name for everything that a run can depend on.

Places, comments, the order of nodes, descriptions, drawing and unknown attributes are left
out; so are fields that have their default, so that a plan keeps its digest when a later
version knows one field more. It must not know how a plan was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import TypeVar

from ..value import Json, canonical
from .model import Branch, Plan, Region, Route, Step
from .shape import shape_of

Placed = TypeVar("Placed", Route, Branch)


def sealed(plan: Plan) -> Plan:
    """The plan with its digest set; the same for every plan that runs the same."""
    return replace(plan, digest=digest_of(plan))


def digest_of(plan: Plan) -> str:
    """`sha256:<hex>` over the canonical JSON of what a run can depend on."""
    versioned: dict[str, Json] = {**essence(plan), "version": plan.version}
    # A lone surrogate is refused by the front ends; hashing it must still not raise.
    text = canonical(versioned).encode("utf-8", "surrogatepass")
    return f"sha256:{sha256(text).hexdigest()}"


def essence(plan: Plan) -> Mapping[str, Json]:
    """What a run can depend on, as JSON, with the defaults left out: `steps`, `regions` and all."""
    content = shape_of(Plan).encode(_essence(plan), sparse=True)
    assert isinstance(content, Mapping)
    return content


def _essence(plan: Plan) -> Plan:
    inputs = (replace(declared, description="") for declared in plan.inputs)
    return replace(
        plan,
        steps={name: _step(step) for name, step in plan.steps.items()},
        regions={name: _region(region) for name, region in plan.regions.items()},
        inputs=tuple(sorted(inputs, key=lambda declared: declared.name)),
        children={},  # the steps that run them name their digests
        digest="",
    )


def _step(step: Step) -> Step:
    return replace(step, routes=tuple(map(_unplaced, step.routes)), extra={}, place=None)


def _region(region: Region) -> Region:
    branches = tuple(map(_unplaced, region.branches))
    return replace(region, branches=branches, nodes=tuple(sorted(region.nodes)))


def _unplaced(part: Placed) -> Placed:
    return replace(part, place=None)
