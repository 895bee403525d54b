"""The JSON Schema of where a YAML stage goes: `next`, `choices`, and the branches of a fan-out.

Apart from the kinds of nodes, because targets are written in the same forms wherever they
stand. It must not know what kind of stage they leave.
"""

from __future__ import annotations

from ..value import Json
from .schema_names import keys
from .schema_texts import NO, YES, Schema, ref

_ID: Schema = {"description": "The id of the node that comes next.", "type": "string"}
_FORMS: list[Json] = [
    {
        "label": "a condition",
        "description": "A way that is taken if something holds",
        "body": {"to": "${1:exit}", "when": "${2:outcome=success}"},
    }
]


def way_definitions() -> Schema:
    """The definitions of targets and branches, by name."""
    to: Schema = {**_ID, "minLength": 1}
    return {
        "target": _way(to),
        "next": _one_or_more("Where it goes: a node, or a list of ways on.", ref("target")),
        "choice": _way(to, "label"),
        "choices": {
            "description": "What a person can choose, and where each choice leads.",
            "type": "object",
            "additionalProperties": ref("choice"),
            "errorMessage": "'choices' must be a mapping such as {\"[Y] Yes\": exit}",
            "defaultSnippets": [
                {"label": "yes or no", "body": {YES: "${1:exit}", NO: "${2:node}"}}
            ],
        },
        "meeting": {
            "description": "The node where all branches meet; with `when`, a way on after that.",
            "type": ["string", "object"],
            "minLength": 1,
            "if": {"anyOf": [{"required": ["when"]}, {"required": ["condition"]}]},
            "then": ref("target"),
            "else": {
                "type": ["string", "object"],
                "required": ["to"],
                "properties": {"to": to, "when": ref("edge.condition")},
                "additionalProperties": False,
            },
        },
        "meetings": _one_or_more(
            "The node where all branches meet, and ways on after that.", ref("meeting")
        ),
        "branches": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"minLength": 1},
            "additionalProperties": ref("branch"),
            "errorMessage": "'parallel' must be a mapping such as {unit: <its first node>}",
            "defaultSnippets": [
                {
                    "label": "two branches",
                    "body": {"${1:a}": "${2:node}", "${3:b}": "${4:node}"},
                }
            ],
        },
        "branch": _branch(),
        "link": {
            "description": "A node of the branch: its id, or the node itself.",
            "type": ["string", "object"],
            "minLength": 1,
            "if": {"type": "object"},
            "then": ref("node"),
        },
    }


def _branch() -> Schema:
    inline = ref("node")
    return {
        "description": "Its first node, its only node, a list of its nodes, or {to, when}.",
        "type": ["string", "object", "array"],
        "minLength": 1,
        "minItems": 1,
        "items": ref("link"),
        "if": {"type": "object"},
        "then": {
            "if": {"required": ["to"]},
            "then": _closed({"description": "The branch itself.", "allOf": [ref("branch")]}),
            "else": inline,
        },
    }


def _way(to: Schema, *without: str) -> Schema:
    return {
        "description": "Where it goes: a node, or {to, when, ...}.",
        "type": ["string", "object"],
        "minLength": 1,
        "required": ["to"],
        **_closed(to, *without),
        "defaultSnippets": _FORMS,
    }


def _closed(to: Schema, *without: str) -> Schema:
    return {
        "allOf": [ref("edge.otherNames")],
        **keys("edge", without=without).closed(to=to),
    }


def _one_or_more(description: str, one: Schema) -> Schema:
    return {
        "description": description,
        "if": {"type": "array"},
        "then": {"minItems": 1, "items": one},
        "else": one,
    }
