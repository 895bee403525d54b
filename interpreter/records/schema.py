"""The JSON Schema of an event, made from the record families.

`schemas/event.schema.json` is this text, checked by a test, so that the file and the code
cannot drift apart. Apart from the codec because nobody needs it at run time. It must not
know how events reach their readers.
"""

from __future__ import annotations

import inspect
import json
import types
import typing
from typing import Any

from attractorc.compiler.value import Json

from . import FAMILIES
from .codec import Field, layout
from .record import Record

_SCALARS: dict[Any, str] = {str: "string", int: "integer", bool: "boolean"}
_ALWAYS = ("run_id", "timestamp", "kind")


def event_schema() -> dict[str, Json]:
    """The schema of one event, as `events --json` and `exec --json` print it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "attractorc event",
        "description": (
            "One record of a run's journal, as `attractorc events --json` prints it. Absent "
            "fields are left out. `unknown` holds, by tag, what a newer program wrote."
        ),
        "type": "object",
        "required": ["type"],
        "oneOf": [{"$ref": f"#/$defs/{_name(family)}"} for family in FAMILIES],
        "$defs": {_name(family): _family(family) for family in FAMILIES},
    }


def event_schema_text() -> str:
    """The schema as it stands in its file."""
    return json.dumps(event_schema(), indent=2, ensure_ascii=False) + "\n"


def _name(family: type[Record]) -> str:
    return family.TYPE.removeprefix("attractor.")


def _family(family: type[Record]) -> dict[str, Json]:
    fields = layout(family)
    properties: dict[str, Json] = {"type": {"const": family.TYPE}}
    properties.update((item.name, _field(item, family)) for item in fields)
    properties["unknown"] = {"type": "object"}
    return {
        "description": " ".join(inspect.cleandoc(family.__doc__ or "").split()),
        "type": "object",
        "additionalProperties": False,
        "required": ["type", *(item.name for item in fields if required(item))],
        "properties": properties,
    }


def _field(item: Field, family: type[Record]) -> dict[str, Json]:
    if item.name == "kind" and family.KINDS:
        return {"enum": list(family.KINDS)}
    return _hint(item.hint)


def _hint(hint: Any) -> dict[str, Json]:
    if hint in _SCALARS:
        return {"type": _SCALARS[hint]}
    if isinstance(hint, types.UnionType):
        (inner,) = (member for member in typing.get_args(hint) if member is not type(None))
        return _hint(inner)
    if typing.get_origin(hint) is list:
        return {"type": "array", "items": _hint(typing.get_args(hint)[0])}
    if typing.get_origin(hint) is dict:
        return {"type": "object"}
    return {}


def required(item: Field) -> bool:
    """Whether the field is in every event: counters are, and what says which record it is."""
    return item.hint is int or item.name in _ALWAYS
