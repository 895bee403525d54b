"""The JSON Schema of pipelines in YAML, made from the attribute table.

`schemas/pipeline.schema.json` is this function's answer, kept as a file for editors; a test
holds the two together. It uses only keywords that mean the same in draft-07 and in 2020-12,
and tells the kinds of nodes apart by the key that a node has, one `if` for each, so that an
editor offers what fits. It must not know more of an attribute than its row.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from ..frontend.yaml_kinds import ENDS
from ..value import Json
from .schema_kinds import KIND_NAMES, NEW_NODES, kind_definitions, kind_rules
from .schema_names import definitions, keys, node_keys, spelled_otherwise
from .schema_texts import TEXT, Schema, number_text, ref, text
from .schema_ways import way_definitions

_NODE_ID: Schema = {"type": "string", "minLength": 1, "errorMessage": "write the id of a node"}


def pipeline_schema() -> Schema:
    """A JSON Schema that holds for every YAML pipeline whose values the compiler can read."""
    schema: Schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "pipeline.schema.json",
        "title": "attractorc pipeline",
        "description": "A pipeline of agent, tool and human stages, in its YAML form.",
        "type": "object",
        "required": ["pipeline", "nodes"],
        **keys("graph").closed(
            pipeline={**text("'pipeline'"), "description": "The name of the pipeline."},
            start={
                **_NODE_ID,
                "description": "The first node. A node called `start` may say so as well.",
            },
            nodes=_nodes(),
            defaults=ref("defaults"),
        ),
        "allOf": [
            ref("graph.otherNames"),
            {
                "if": {"properties": {"nodes": _has_entry()}, "required": ["nodes"]},
                "else": {"required": ["start"]},
            },
        ],
        "defaultSnippets": [
            {
                "label": "pipeline",
                "description": "A pipeline with one stage",
                "body": {
                    "pipeline": "${1:name}",
                    "goal": "${2:What it is for}",
                    "start": "${3:work}",
                    "nodes": {"${3:work}": {"prompt": "${4:What to do}", "next": "exit"}},
                },
            }
        ],
    }
    return {**schema, "definitions": dict(sorted(_reached(schema, _definitions()).items()))}


def pipeline_schema_text() -> str:
    """The schema as it stands in its file."""
    return json.dumps(pipeline_schema(), indent=2, ensure_ascii=False) + "\n"


def _reached(schema: Schema, every: Schema) -> Schema:
    """The definitions that a schema refers to, and those that they refer to."""
    found: Schema = {}
    pending = [*_references(schema)]
    while pending:
        name = pending.pop()
        if name not in found:
            found[name] = every[name]
            pending.extend(_references(every[name]))
    return found


def _references(part: Json) -> Iterator[str]:
    if isinstance(part, Mapping):
        if isinstance(target := part.get("$ref"), str):
            yield target.removeprefix("#/definitions/")
        part = tuple(part.values())
    if isinstance(part, list | tuple):
        for inner in part:
            yield from _references(inner)


def _definitions() -> Schema:
    return {
        "node": {
            "title": "node",
            "description": "A stage. Exactly one of these keys says what it is: "
            f"{', '.join(KIND_NAMES)}.",
            "type": "object",
            "errorMessage": "a node must be a mapping, for example {prompt: What to do}",
            "allOf": [ref("node.otherNames"), *kind_rules()],
        },
        "end": {
            "title": "end",
            "description": "Where a run begins or ends. It exists without being written.",
            "type": ["object", "null"],
            "allOf": [ref("node.otherNames")],
            **node_keys("start").closed(next=ref("next")),
        },
        **kind_definitions(),
        **way_definitions(),
        "drawing": {
            "description": "It draws a picture; a run never reads it.",
            "type": ["string", "number", "boolean", "array", "object"],
        },
        "inputs": _inputs(),
        "input": _input(),
        "defaults": _defaults(),
        **{f"{where}.otherNames": spelled_otherwise(where) for where in ("graph", "node", "edge")},
        **definitions(),
    }


def _nodes() -> Schema:
    return {
        "description": "The stages by id, in any order. `start` and `exit` exist by themselves.",
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"minLength": 1},
        "properties": {name: ref("end") for name in ENDS},
        "additionalProperties": ref("node"),
        "defaultSnippets": [*NEW_NODES],
    }


def _has_entry() -> Schema:
    """Whether some node says itself that it is the entry."""
    shaped: Schema = {"properties": {"shape": {"const": "Mdiamond"}}, "required": ["shape"]}
    typed: Schema = {"properties": {"type": {"const": "start"}}, "required": ["type"]}
    other: Schema = {"not": {"anyOf": [shaped, typed]}}
    return {"anyOf": [{"required": ["start"]}, {"not": {"additionalProperties": other}}]}


def _defaults() -> Schema:
    return {
        "description": "What nodes and edges have where they do not say otherwise.",
        "type": ["object", "null"],
        "properties": {
            "node": {
                "description": "Defaults of all nodes.",
                "type": ["object", "null"],
                "allOf": [ref("node.otherNames")],
                **node_keys().closed(),
            },
            "edge": {
                "description": "Defaults of all edges.",
                "type": ["object", "null"],
                "allOf": [ref("edge.otherNames")],
                **keys("edge").closed(),
            },
        },
        "additionalProperties": False,
    }


_INPUT_TYPES: list[Json] = ["string", "int", "float", "bool", "json"]
_LONGER: list[Json] = ["str", "integer", "number", "boolean"]
_PUNCTUATION = r"\s!-/:-@\[-^`{-~"


def _inputs() -> Schema:
    return {
        "type": ["object", "string", "boolean"],
        "pattern": r"^\s*([^\s0-9]|$)",
        "propertyNames": {
            "pattern": rf"^(?!goal$)[^{_PUNCTUATION}0-9][^{_PUNCTUATION}]*$",
            "patternErrorMessage": "an input is named by letters, digits and _, and never 'goal'",
        },
        "additionalProperties": ref("input"),
        "errorMessage": "'inputs' must be a mapping such as {base: main, depth: {type: int}}",
        "defaultSnippets": [
            {
                "label": "an input",
                "body": {"${1:name}": {"type": "${2:string}", "default": "$3"}},
            }
        ],
    }


def _input() -> Schema:
    """One input: its default alone, nothing if it must be given, or a mapping of fields."""
    return {
        "description": "Its default, or a mapping; an input without a default must be given.",
        "properties": {
            "type": {
                "description": "What its value is.",
                "type": "string",
                "examples": _INPUT_TYPES,
                "pattern": f"^({'|'.join(map(str, (*_INPUT_TYPES, *_LONGER)))})$",
                "patternErrorMessage": f"'type' must be one of {', '.join(map(str, _INPUT_TYPES))}",
            },
            "default": {"description": "Its value where none is given."},
            "description": {**text("'description'"), "description": "What people are told."},
            "enum": {"description": "The values that it may have.", "type": "array", "minItems": 1},
        },
        "additionalProperties": False,
        "allOf": [
            _typed(["int", "integer"], number_text(None, None)),
            _typed(["bool", "boolean"], {"type": ["boolean", "string"], "pattern": _BOOLEAN}),
            _typed(["float", "number"], {"type": ["number", "string"], "pattern": _NUMBER}),
            _typed(["string", "str"], {"type": ["string", "number", "boolean", "null"]}),
            _typed(["json"], {"type": ["string", "number", "boolean", "array", "object"]}),
            {
                "if": {"type": "object", "not": {"anyOf": _UNTYPED}},
                "then": {"properties": {"enum": {"items": {"type": [*TEXT, "null"]}}}},
            },
        ],
    }


_UNTYPED: list[Json] = [{"required": ["type"]}, {"required": ["default"]}]
_NUMBER = r"^\s*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$"
_BOOLEAN = "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$"


def _typed(names: list[Json], value: Schema) -> Schema:
    """What the default and the choices of an input of a type must be."""
    told: Schema = {**value, "errorMessage": f"it is not of the type {names[0]}"}
    return {
        "if": {"type": "object", "properties": {"type": {"enum": names}}, "required": ["type"]},
        "then": {"properties": {"default": told, "enum": {"items": told}}},
    }
