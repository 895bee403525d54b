"""The JSON Schemas of the suite: of its files, made from their forms, and of observations.

`conformance.schema.json` and `observation.schema.json` are these texts; a test fails when one
is stale, and `make schemas` writes them. They must not know YAML.
"""

from __future__ import annotations

import json
from typing import Any

from attractorc.testing.schema import file_schema

from .form import COUNTS, SUITE
from .laws import STATES

_TEXT: dict[str, Any] = {"type": "string"}
_NUMBER: dict[str, Any] = {"type": "integer", "minimum": 0}
_ENDS = ("success", "partial_success", "fail", "skipped", "cancelled", "timed_out")
_STATUSES = ("success", "partial_success", "fail", "retry", "skipped")
_OUTCOMES = ("success", "partial_success", "fail", "cancelled", "parked")


def _object(says: str, **properties: Any) -> dict[str, Any]:
    return {
        "description": says,
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


def _list(of: Any) -> dict[str, Any]:
    return {"type": "array", "items": of}


def _by(of: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": of}


_WRITE = _object("A write of a branch.", state={"enum": list(STATES)}, writer=_TEXT)
_JOIN = _object(
    "How the join was decided.",
    satisfied={"type": "boolean"},
    reason=_TEXT,
    taken=_list(_TEXT),
    counts=_object("What was counted then.", **dict.fromkeys(COUNTS, _NUMBER)),
)
_MERGE = _object(
    "What became of what the branches wrote.",
    winner={"type": ["string", "null"]},
    writes=_by(_by(_WRITE)),
)
_BRANCH = _object(
    "A branch; `open` has not ended.",
    id=_TEXT,
    path=_TEXT,
    end={"enum": [*_ENDS, "open"]},
    reason=_TEXT,
)
_FAN_OUT = _object(
    "One visit of a fan-out.",
    stage=_TEXT,
    node=_TEXT,
    branches=_list(_BRANCH),
    join={"anyOf": [_JOIN, {"type": "null"}]},
    merge={"anyOf": [_MERGE, {"type": "null"}]},
    records=_list(_TEXT),
)
_STAGE = _object(
    "One visit of a node on a path.",
    stage=_TEXT,
    node=_TEXT,
    path=_TEXT,
    began_ms=_NUMBER,
    attempts=_NUMBER,
    status={"enum": [*_STATUSES, None]},
)


def observation_schema() -> dict[str, Any]:
    """The schema of what a program prints."""
    run = _object(
        "A run as it was.",
        outcome={"enum": list(_OUTCOMES)},
        reason=_TEXT,
        context={"type": "object"},
        questions=_list(_TEXT),
        took_ms=_NUMBER,
        stages=_list(_STAGE),
        fan_outs=_list(_FAN_OUT),
    )
    refused = _object("The pipeline is an error, and why.", refused={**_list(_TEXT), "minItems": 1})
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "observation.schema.json",
        "title": "conformance observation",
        "description": "What a program prints of one case of the conformance suite.",
        "if": {"required": ["refused"]},
        "then": refused,
        "else": run,
    }


def texts() -> dict[str, str]:
    """The schemas as they stand in their files."""
    said = "Cases of parallel semantics, which any implementation can be held to."
    made = {
        "conformance": file_schema(SUITE, "conformance", "conformance cases", said),
        "observation": observation_schema(),
    }
    return {
        f"{name}.schema.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for name, schema in made.items()
    }
