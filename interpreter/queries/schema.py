"""The JSON Schema of what queries print with `--json`, made from their dataclasses.

`schemas/query.schema.json` is this text, checked by a test. Apart from the queries because
nobody needs it at run time. It must not know the store.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import types
import typing
from collections.abc import Mapping
from typing import Any

from attractorc.compiler.value import Json

from ..ports import RunRow
from ..workspace import Leftover
from .attempts import AttemptEntry
from .branches import BranchEntry
from .checkpoints import CheckpointEntry
from .explanation import Explanation
from .interviews import QuestionEntry
from .joining import DecisionEntry, JoinEntry, Taken
from .ledger import Contribution, Origin
from .lineage import Lineage, Step
from .parting import Parting, Side
from .replayed import Difference, Replayed
from .retention import RemovedRuns
from .summary import Position, RunSummary
from .timeline import StageEntry

LINES: Mapping[str, type] = {
    "runs": RunRow,
    "show": RunSummary,
    "branches": BranchEntry,
    "joins": JoinEntry,
    "fan-in-decisions": DecisionEntry,
    "lineage": Lineage,
    "checkpoints": CheckpointEntry,
    "attempts": AttemptEntry,
    "questions": QuestionEntry,
    "why": Explanation,
    "gc": Leftover,
    "gc_runs": RemovedRuns,
    "timeline": StageEntry,
    "diff": Parting,
    "replay": Replayed,
}
"""What one line of each command's JSON is; the lines of `events` have their own schema."""
_PARTS = (Contribution, Difference, Origin, Position, Side, Step, Taken)
_SCALARS: Mapping[Any, str] = {str: "string", int: "integer", bool: "boolean"}


def query_schema() -> dict[str, Json]:
    """The schema of one line; each command's own is `#/$defs/<command>`."""
    definitions: dict[str, Json] = {name: _object(cls) for name, cls in LINES.items()}
    definitions.update((_part(cls), _object(cls)) for cls in _PARTS)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "attractorc queries",
        "description": "One line of what `runs`, `show`, `branches` and so on print with --json.",
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in LINES],
        "$defs": definitions,
    }


def query_schema_text() -> str:
    """The schema as it stands in its file."""
    return json.dumps(query_schema(), indent=2, ensure_ascii=False) + "\n"


def _object(cls: type) -> dict[str, Json]:
    hints = typing.get_type_hints(cls, localns={"Json": Any})
    fields = [field.name for field in dataclasses.fields(cls)]
    return {
        "description": " ".join(inspect.cleandoc(cls.__doc__ or "").split()),
        "type": "object",
        "additionalProperties": False,
        "required": list(fields),
        "properties": {name: _shape(hints[name]) for name in fields},
    }


def _shape(hint: Any) -> dict[str, Json]:
    if hint in _SCALARS:
        return {"type": _SCALARS[hint]}
    if isinstance(hint, types.UnionType):
        return {"anyOf": [_shape(member) for member in typing.get_args(hint)]}
    if hint is types.NoneType:
        return {"type": "null"}
    if typing.get_origin(hint) is tuple:
        return {"type": "array", "items": _shape(typing.get_args(hint)[0])}
    if typing.get_origin(hint) is Mapping:
        return {"type": "object", "additionalProperties": _shape(typing.get_args(hint)[1])}
    for name, cls in LINES.items():
        if hint is cls:
            return {"$ref": f"#/$defs/{name}"}
    return {"$ref": f"#/$defs/{_part(hint)}"} if hint in _PARTS else {}


def _part(cls: type) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()
