"""Entering a fan-out: which branches it has, and which of them are activated (semantics 3).

A static fan-out has the branches of its plan; a dynamic one makes a branch of its template
for each element of a collection. Pure; the record that comes of it freezes both. It must not
know what becomes of the branches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attractorc.compiler.plan.model import Region
from attractorc.compiler.policy import ForEach
from attractorc.compiler.value import Json, canonical, encoded

from ..elements import MOST_ELEMENTS, Element, elements, seen
from ..evaluate import Scene, holds
from ..outcome import End, Outcome, Status
from ..records import ParallelLifecycle
from ..state import State, Walker
from . import drafts, workspaces
from .commands import Command, Commit

_SHOWN_CHARS = 40


def forked(state: State, walker: Walker) -> tuple[Command, ...]:
    """Commands of a started fan-out: the start of its branches, or its failure without any."""
    region = walker.plan.regions[walker.node]
    each = region.policy.for_each
    if each is None:
        made, collection = list(_static(region, walker)), None
        if not made:
            return _failed(state, walker, [], f"'{walker.node}' has no branches")
    else:
        collection = walker.context.get(each.key)
        found = elements(collection)
        fault = _fault(walker, each, collection, found)
        if found is None or fault:
            return _failed(state, walker, [], fault)
        made = list(_dynamic(region, walker, found))
    if made and not any(one["activated"] for one in made):
        reason = (
            f"no branch of '{walker.node}' was activated: the condition of every branch is false"
        )
        return _failed(state, walker, made, reason)
    if made and (work := workspaces.base(state, walker)):
        return work
    record = ParallelLifecycle(
        kind="started",
        node_id=walker.node,
        path=walker.path,
        visit=walker.visit,
        branches=[dict(one) for one in made],
        branch_count=len(made),
        collection=collection,
    )
    return (Commit((record,)),)


def _static(region: Region, walker: Walker) -> Iterator[Mapping[str, Json]]:
    scene = Scene(walker.outcome.value, walker.preferred_label, walker.context)
    for branch in region.branches:
        activated = holds(branch.condition, scene)
        yield {"id": branch.id, "head": branch.head, "activated": activated}


def _dynamic(
    region: Region, walker: Walker, found: tuple[Element, ...]
) -> Iterator[Mapping[str, Json]]:
    (template,) = region.branches
    for element in found:
        activated = True
        if template.condition is not None:
            view = seen(walker.context, element, len(found))
            scene = Scene(walker.outcome.value, walker.preferred_label, view)
            activated = holds(template.condition, scene)
        name = f"{template.id}[{element.name}]"
        yield {"id": name, "head": template.head, "activated": activated}


def _fault(
    walker: Walker, each: ForEach, collection: Json, found: tuple[Element, ...] | None
) -> str:
    """Why no branches can be made of the collection, '' if they can."""
    if each.key not in walker.context:
        return f"'{walker.node}' has for_each={each.key}, and nothing has written '{each.key}'"
    if found is None:
        text = canonical(collection)
        shown = text if len(text) <= _SHOWN_CHARS else f"{text[: _SHOWN_CHARS - 3]}..."
        return (
            f"'{walker.node}' has for_each={each.key}, which needs a list or an object, and "
            f"'{each.key}' is {shown}"
        )
    if len(found) > MOST_ELEMENTS:
        return (
            f"'{each.key}' has {len(found)} elements, and for_each of '{walker.node}' takes at "
            f"most {MOST_ELEMENTS}"
        )
    if not found and each.empty == "fail":
        return f"'{each.key}' has no elements, and '{walker.node}' has empty=fail"
    return ""


def _failed(
    state: State, walker: Walker, made: Sequence[Mapping[str, Json]], reason: str
) -> tuple[Command, ...]:
    """A fan-out without branches that run: it fails, and says which were skipped."""
    skipped: list[Mapping[str, Json]] = [
        {"branch_id": one["id"], "status": End.SKIPPED.value} for one in made
    ]
    outcome = Outcome(
        Status.FAIL,
        context_updates=result_keys(walker.plan.regions[walker.node], skipped),
        failure_reason=reason,
        permanent=True,
        source="engine",
    )
    return (Commit((drafts.committed(state, walker, outcome),)),)


def result_keys(region: Region, results: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
    """The keys that a fan-out sets, plain and under its own name (semantics 6)."""
    ends = [End(str(result["status"])) for result in results]
    plain: dict[str, Json] = {
        "results": [dict(result) for result in results],
        "branch_count": len(results),
        "success_count": sum(end.succeeded for end in ends),
        "fail_count": sum(end.failed for end in ends),
        "join_policy": region.policy.join.text,
    }
    for result in results:
        plain[f"branch.{encoded(str(result['branch_id']))}.status"] = result["status"]
    scoped = f"parallel.{encoded(region.fan_out)}."
    return {
        **{f"parallel.{key}": value for key, value in plain.items()},
        **{f"{scoped}{key}": value for key, value in plain.items()},
    }
