"""The JSON Schema of plans, made from the plan's types.

`schemas/plan.schema.json` is this function's answer, kept as a file for editors and other
programs; a test holds the two together. It must not know more of a plan than its types say.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..value import Json
from .model import PLAN_VERSION, Plan
from .scalar import FRACTION, Anything, Choice, Flag, Number, Ratio, Text, Whole
from .shape import Items, Maybe, Record, Shape, Table, Tagged, shape_of, tag

_DIGEST = "sha256:[0-9a-f]{64}"


def plan_schema() -> dict[str, Json]:
    """A JSON Schema (draft 2020-12) that holds for every plan that `to_json` gives."""
    definitions: dict[str, Json] = {}
    _schema(shape_of(Plan), definitions)
    root = definitions[tag(Plan)]  # stays: a child is a plan, too
    assert isinstance(root, Mapping)
    properties, required = root["properties"], root["required"]
    assert isinstance(properties, Mapping)
    assert isinstance(required, list)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "plan.schema.json",
        "title": "Attractor plan",
        **root,
        "description": "A compiled pipeline. A field that is left out has its default.",
        "properties": {
            "version": {"const": PLAN_VERSION},
            "digest": {"type": "string", "pattern": f"^{_DIGEST}$"},
            **{name: part for name, part in properties.items() if name not in _SEALED},
        },
        "required": [*_SEALED, *required],
        "$defs": dict(sorted(definitions.items())),
    }


_SEALED = ("version", "digest")


def _schema(shape: Shape, definitions: dict[str, Json]) -> Json:
    match shape:
        case Text():
            return {"type": "string"}
        case Whole():
            return {"type": "integer"}
        case Flag():
            return {"type": "boolean"}
        case Number():
            return {"type": "number"}
        case Ratio():
            return {"type": "string", "pattern": f"^{FRACTION.pattern}$"}
        case Anything():
            return True
        case Choice():
            return {"enum": list(shape.words)}
        case Maybe():
            return _or_null(_schema(shape.inner, definitions))
        case Items():
            return {"type": "array", "items": _schema(shape.item, definitions)}
        case Table():
            return {"type": "object", "additionalProperties": _schema(shape.item, definitions)}
        case Tagged():
            members = [_schema(record, definitions) for record in shape.records]
            return {"oneOf": [*([{"type": "string"}] if shape.text else []), *members]}
        case Record():
            return _reference(shape, definitions)
        case _:
            raise AssertionError(f"no schema for {shape!r}")


def _or_null(described: Json) -> Json:
    if isinstance(described, Mapping) and described.keys() == {"type"}:
        return {"type": [described["type"], "null"]}
    return {"anyOf": [described, {"type": "null"}]}


def _reference(record: Record, definitions: dict[str, Json]) -> Json:
    name = tag(record.cls)
    if name not in definitions:
        definitions[name] = {}  # holds the place while a record that holds itself is described
        definitions[name] = _object(record, definitions)
    return {"$ref": f"#/$defs/{name}"}


def _object(record: Record, definitions: dict[str, Json]) -> Json:
    properties: dict[str, Json] = {}
    required: list[Json] = [name for name, field in record.fields.items() if field.required]
    if record.kind is not None:
        properties["kind"] = {"const": record.kind}
        required.insert(0, "kind")
    for field in record.fields.values():
        described = _schema(field.shape, definitions)
        if not field.required and isinstance(described, Mapping):
            described = {**described, "default": field.shape.encode(field.default, False)}
        properties[field.name] = described
    return {
        "type": "object",
        "description": _sentence(record.cls),
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _sentence(cls: type) -> str:
    return " ".join((cls.__doc__ or "").split("\n\n")[0].split())
