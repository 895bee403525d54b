"""The JSON Schema of the canonical outcome, which is the same however often a run is repeated.

`schemas/outcome.schema.json` is this text, checked by a test. The types are those of the
record families. Apart from the queries because nobody needs it at run time. It must not know
how an outcome is made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from attractorc.compiler.value import Json

from ..outcome import Status
from ..records.schema import event_schema
from .entries import STORE_IDS

_STAGE = "^.+\\.[1-9][0-9]*$"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a path: the key that tells it, its record family, and what else it says.

    A field's name is the entry's, or `entry=record` where the two differ.
    """

    key: str
    family: str
    sentence: str
    fields: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


ENTRIES: tuple[Entry, ...] = (
    Entry("plan_digest", "run_lifecycle", "The run begins.", ("inputs",)),
    Entry(
        "stage",
        "stage_lifecycle",
        "An attempt at a stage has ended; `stage` is <node>.<visit>@<attempt>.",
        ("status", "preferred_label", "failure_reason", "context_updates", "dropped_keys"),
        ("completed", "failed", "retrying"),
    ),
    Entry(
        "route",
        "route_decision",
        "Which edge was taken after `route`, <node>.<visit>, and by which rule.",
        ("rule", "edge=selected_edge", "status=terminated_status", "reason=terminated_reason"),
    ),
    Entry("fork", "parallel_lifecycle", "The branches of a fan-out start.", ("branches",)),
    Entry("join", "parallel_lifecycle", "A join is decided."),
    Entry(
        "merge",
        "fan_in_decision",
        "What branches wrote is combined; without store ids.",
        ("status", "reason", "branches", "winner", "keys", "files"),
    ),
    Entry(
        "question",
        "interview_lifecycle",
        "A person was asked; `selected` is the label that was chosen.",
        ("selected",),
        ("completed", "timeout"),
    ),
)
_NAMED = {"stage": "^.+\\.[1-9][0-9]*@[1-9][0-9]*$"} | dict.fromkeys(
    ("route", "fork", "merge"), _STAGE
)


def outcome_schema() -> dict[str, Json]:
    """The schema of what `canonical_outcome` gives. Fields that hold nothing are left out."""
    families = event_schema()["$defs"]
    assert isinstance(families, Mapping)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "outcome.schema.json",
        "title": "attractorc outcome",
        "description": "What a run came to: the same for every undisturbed or resumed run of the "
        "same plan with the same answers, so without times, run ids and store ids.",
        "type": "object",
        "additionalProperties": False,
        "required": ["status", "reason", "context", "paths"],
        "properties": {
            "status": {"enum": [status.value for status in Status]},
            "reason": {"type": "string"},
            "context": {"description": "The final context, by key.", "type": "object"},
            "paths": {
                "description": "What happened on each path, in order; '' is the trunk. Of a "
                "cancelled branch nothing is kept.",
                "type": "object",
                "additionalProperties": {
                    "type": "array",
                    "items": {"anyOf": [{"$ref": f"#/$defs/{each.key}"} for each in ENTRIES]},
                },
            },
        },
        "$defs": {each.key: _entry(each, families) for each in ENTRIES},
    }


def outcome_schema_text() -> str:
    """The schema as it stands in its file."""
    return json.dumps(outcome_schema(), indent=2, ensure_ascii=False) + "\n"


def _entry(entry: Entry, families: Mapping[str, Json]) -> dict[str, Json]:
    family = families[entry.family]
    assert isinstance(family, Mapping)
    recorded = family["properties"]
    assert isinstance(recorded, Mapping)
    properties: dict[str, Json] = {entry.key: recorded.get(entry.key, {"type": "string"})}
    if entry.key in _NAMED:
        properties[entry.key] = {"type": "string", "pattern": _NAMED[entry.key]}
    if entry.kinds:
        properties["kind"] = {"enum": list(entry.kinds)}
    for field in entry.fields:
        name, _, record = field.partition("=")
        properties[name] = recorded[record or name]
    if entry.key == "merge":
        forbidden: dict[str, Json] = {"not": {"anyOf": [{"required": [n]} for n in STORE_IDS]}}
        properties["branches"] = {"type": "array", "items": {"type": "object", **forbidden}}
    return {
        "description": entry.sentence,
        "type": "object",
        "additionalProperties": False,
        "required": [entry.key, *(["kind"] if entry.kinds else [])],
        "properties": properties,
    }
