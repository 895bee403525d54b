"""The JSON Schema of files of cases, for editors, made from the forms that read them.

`schemas/test.schema.json` is this text, checked by a test. Apart from the reading because
nobody needs it at run time. It must not know YAML.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import typing
from collections.abc import Mapping
from typing import Any, assert_never

from attractorc.compiler.value import Json

from .format import CASES, PLAY, SCRIPT
from .forms import (
    Anything,
    Choice,
    Duration,
    Either,
    Fields,
    Flag,
    Form,
    ListOf,
    MapOf,
    Nothing,
    Text,
    Whole,
)
from .results import CaseEntry, MissEntry

_NAMED = ((SCRIPT, "script"), (PLAY, "attempt"))


def cases_schema() -> dict[str, Json]:
    """The schema of an `x.test.yaml`; a script alone is `#/$defs/script`."""
    said = "Scripted cases of a pipeline, as `attractorc test` runs them."
    return file_schema(CASES, "test", "attractorc cases", said)


def file_schema(form: Fields, name: str, title: str, description: str) -> dict[str, Json]:
    """The schema of files that have a form, with the definitions of scripts."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": f"{name}.schema.json",
        "title": title,
        "description": description,
        **_fields(form),
        "definitions": {name: _fields(form) for form, name in _NAMED},
    }


def case_schema() -> dict[str, Json]:
    """The schema of one line of `attractorc test --json`."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "case.schema.json",
        "title": "attractorc test --json",
        **_entry(CaseEntry),
        "definitions": {"miss": _entry(MissEntry)},
    }


def _entry(cls: type) -> dict[str, Json]:
    types = typing.get_type_hints(cls)
    names = [field.name for field in dataclasses.fields(cls)]
    return {
        "description": " ".join(inspect.cleandoc(cls.__doc__ or "").split()),
        "type": "object",
        "additionalProperties": False,
        "required": list(names),
        "properties": {name: dict(_ENTRY_TYPES[types[name]]) for name in names},
    }


_ENTRY_TYPES: Mapping[Any, Mapping[str, Json]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    int | None: {"type": ["integer", "null"]},
    tuple[MissEntry, ...]: {"type": "array", "items": {"$ref": "#/definitions/miss"}},
}


def case_schema_text() -> str:
    """The schema of a result as it stands in its file."""
    return json.dumps(case_schema(), indent=2, ensure_ascii=False) + "\n"


def cases_schema_text() -> str:
    """The schema as it stands in its file."""
    return json.dumps(cases_schema(), indent=2, ensure_ascii=False) + "\n"


def _of(form: Form) -> dict[str, Json]:
    match form:
        case Text():
            return {"type": ["string", "number", "boolean"]}
        case Flag():
            return {"type": "boolean"}
        case Whole():
            return {"type": "integer", "minimum": form.least}
        case Duration():
            return {"type": ["string", "integer"], "pattern": "^[0-9]+(ms|s|m|h|d)?$", "minimum": 0}
        case Choice():
            return {"enum": list(form.words)}
        case Nothing():
            return {"type": "null"}
        case Anything():
            return {}
        case ListOf():
            least: dict[str, Json] = {"minItems": form.least} if form.least else {}
            return {"type": "array", "items": _of(form.of), **least}
        case MapOf():
            return {
                "type": "object",
                "propertyNames": {"description": form.names},
                "additionalProperties": _of(form.of),
            }
        case Either():
            return {"anyOf": [_of(each) for each in form.forms]}
        case Fields():
            for known, name in _NAMED:
                if form is known:
                    return {"$ref": f"#/definitions/{name}"}
            return _fields(form)
    assert_never(form)


def _fields(form: Fields) -> dict[str, Json]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [key for key, field in form.keys.items() if field.required],
        "properties": {
            key: {"description": field.says, **_of(field.form)} for key, field in form.keys.items()
        },
    }
