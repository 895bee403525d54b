"""What one record says about the outcome of its run: as an object, and as canonical text.

Apart from the outcome, because a comparison of runs asks for single entries. It must not know
what becomes of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attractorc.compiler.value import Json, canonical, quoted

from ..records import (
    ChildLifecycle,
    FanInDecision,
    InterviewLifecycle,
    ParallelLifecycle,
    Record,
    RouteDecision,
    RunLifecycle,
    StageLifecycle,
)
from ..records.drafts import InOrder

RESULTS = ("completed", "failed", "retrying")
STORE_IDS = ("context", "terminal_turn")


_TOLD: Mapping[type[Record], tuple[str, ...]] = {
    StageLifecycle: RESULTS,
    RouteDecision: ("",),
    ChildLifecycle: ("started",),
    ParallelLifecycle: ("started", "join_decided"),
    FanInDecision: ("",),
    InterviewLifecycle: ("completed", "timeout"),
    RunLifecycle: ("initialized",),
}
"""The kinds of records that have an entry, by their family.

Ends of branches have no order of their own: the join and the fan-out's results list them.
"""


def has_entry(record: Record) -> bool:
    """Whether anything is canonical in one record."""
    return getattr(record, "kind", "") in _TOLD.get(type(record), ())


def canonical_entry(record: Record) -> dict[str, Json] | None:
    """What is canonical in one record, None if nothing is."""
    if not has_entry(record):
        return None
    match record:
        case StageLifecycle():
            return _present(
                stage=f"{record.node_id}.{record.visit}@{record.attempt}",
                kind=record.kind,
                status=record.status,
                preferred_label=record.preferred_label,
                failure_reason=record.failure_reason,
                context_updates=record.context_updates,
                dropped_keys=record.dropped_keys,
            )
        case RouteDecision():
            return _present(
                route=f"{record.node_id}.{record.visit}",
                rule=record.rule,
                edge=record.selected_edge,
                status=record.terminated_status,
                reason=record.terminated_reason,
            )
        case ChildLifecycle():
            return _present(
                child=f"{record.node_id}.{record.visit}@{record.attempt}",
                plan_digest=record.plan_digest,
                inputs=record.inputs,
            )
        case ParallelLifecycle(kind="started"):
            return _present(fork=f"{record.node_id}.{record.visit}", branches=record.branches)
        case ParallelLifecycle():
            return _present(join=record.join)
        case FanInDecision():
            branches = [_without(branch, STORE_IDS) for branch in record.branches]
            return _present(
                merge=f"{record.node_id}.{record.visit}",
                status=record.status,
                reason=record.reason,
                branches=branches,
                winner=record.winner,
                keys=record.keys,
                files=record.files,
            )
        case InterviewLifecycle():
            return _present(question=record.question_id, kind=record.kind, selected=record.selected)
        case RunLifecycle():
            return _present(
                plan_digest=record.plan_digest, inputs=record.inputs, start=record.start_at
            )
        case _:
            return None


def stage_text(record: StageLifecycle) -> str:
    """The text of a stage's result: its entry's, written key by key, since most are such."""
    text = ""
    if record.context_updates:
        text = f'"context_updates":{_flat(record.context_updates)},'
    if record.dropped_keys:
        text += f'"dropped_keys":{canonical(tuple(record.dropped_keys))},'
    if record.failure_reason:
        text += f'"failure_reason":{quoted(record.failure_reason)},'
    text += f'"kind":{quoted(record.kind)},'
    if record.preferred_label:
        text += f'"preferred_label":{quoted(record.preferred_label)},'
    text += f'"stage":{quoted(f"{record.node_id}.{record.visit}@{record.attempt}")}'
    return f'{{{text},"status":{quoted(record.status)}}}' if record.status else f"{{{text}}}"


def route_text(record: RouteDecision) -> str:
    """The text of a route, as that of a stage's result."""
    text = ""
    if record.selected_edge:
        text = f'"edge":{_flat(record.selected_edge)},'
    if record.terminated_reason:
        text += f'"reason":{quoted(record.terminated_reason)},'
    text += f'"route":{quoted(f"{record.node_id}.{record.visit}")}'
    if record.rule:
        text += f',"rule":{quoted(record.rule)}'
    if record.terminated_status:
        text += f',"status":{quoted(record.terminated_status)}'
    return f"{{{text}}}"


def _flat(fields: Mapping[str, Json]) -> str:
    """The canonical text of an object whose values are mostly texts."""
    texts = [
        f"{quoted(key)}:{quoted(value) if type(value) is str else canonical(value)}"
        for key, value in (fields.items() if type(fields) is InOrder else sorted(fields.items()))
    ]
    return f"{{{','.join(texts)}}}"


def _present(**fields: Any) -> dict[str, Json]:
    return {name: value for name, value in fields.items() if value}


def _without(value: Json, names: tuple[str, ...]) -> Json:
    if not isinstance(value, Mapping):
        return value
    return {name: part for name, part in value.items() if name not in names}
