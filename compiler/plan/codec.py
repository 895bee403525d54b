"""The plan's JSON form, in both directions.

Reading is strict, because a plan is also a file that people keep, send and edit: every
fault is one sentence that says where. It must not know a pipeline's text, and imports no
parser, so that a compiled plan runs without one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from ..value import Json
from .digest import digest_of
from .integrity import Broken, check_integrity
from .model import PLAN_VERSION, Plan
from .scalar import Misfit, found
from .shape import shape_of


class PlanError(ValueError):
    """A plan file that cannot be used: one sentence with the place and the cause."""


def to_json(plan: Plan) -> dict[str, Json]:
    """The plan as plain JSON data. Fields whose default says nothing are left out."""
    data = shape_of(Plan).encode(plan, sparse=False)
    assert isinstance(data, Mapping)
    return {"version": plan.version, "digest": plan.digest, **data}


def from_json(data: object) -> Plan:
    """The plan that `to_json` gave, or `PlanError`: shape, references and digest must fit."""
    try:
        _check_version(data)
        plan = shape_of(Plan).decode(data)
        assert isinstance(plan, Plan)
        check_integrity(plan)
    except Misfit as misfit:
        where = misfit.where or "a plan"
        raise PlanError(f"{where}: {misfit.reason}") from misfit
    except Broken as broken:
        raise PlanError(str(broken)) from broken
    except RecursionError as error:
        raise PlanError("this plan is nested too deeply to be read") from error
    _check_digest(plan)
    return plan


def from_text(text: str) -> Plan:
    """The plan in a JSON text, or `PlanError`; keys must not occur twice."""
    try:
        data = json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise PlanError(f"{error.lineno}:{error.colno}: not JSON: {error.msg}") from error
    except RecursionError as error:
        raise PlanError("this plan is nested too deeply to be read") from error
    except Misfit as misfit:
        raise PlanError(misfit.reason) from misfit
    except ValueError as error:
        raise PlanError(f"not JSON: {error}") from error
    return from_json(data)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    entries: dict[str, object] = {}
    for key, value in pairs:
        if key in entries:
            raise Misfit(f"the key {key!r} stands twice in one object")
        entries[key] = value
    return entries


def _check_version(data: object) -> None:
    if not isinstance(data, Mapping):
        raise Misfit(f"expected an object, found {found(data)}")
    if "version" not in data:
        raise Misfit("missing").within("version")
    version = data["version"]
    if isinstance(version, bool) or not isinstance(version, int):
        raise Misfit(f"expected {PLAN_VERSION}, found {found(version)}").within("version")
    if version > PLAN_VERSION:
        raise PlanError(
            f"this plan has version {found(version)}, this attractorc reads version"
            f" {PLAN_VERSION}; compile the pipeline again, or use a newer attractorc"
        )
    if version < PLAN_VERSION:
        raise PlanError(
            f"this plan has version {found(version)}, this attractorc reads version"
            f" {PLAN_VERSION}; compile the pipeline again"
        )


def _check_digest(plan: Plan) -> None:
    for child in plan.children.values():
        if child.digest != digest_of(child):
            raise PlanError(
                f"children.{child.digest}: this child was changed after it was compiled: its"
                f" content has {digest_of(child)}; compile the pipeline again"
            )
    expected = digest_of(plan)
    if not plan.digest:
        raise PlanError(f"digest: missing; the content of this plan has {expected}")
    if plan.digest != expected:
        raise PlanError(
            f"digest: this plan was changed after it was compiled: its content has {expected};"
            " compile the pipeline again, or write this digest if the change is meant"
        )
