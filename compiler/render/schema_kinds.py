"""The kinds of YAML nodes: which key says each, and what the key itself holds.

One `if` for each kind asks for its key and for nothing else, so that an editor knows the kind
as soon as the key is there. It must not know the values of attributes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..attributes import MODELS, RETRIES, lookup
from ..frontend.yaml_kinds import KINDS
from ..value import Json
from .schema_names import Keys, node_keys, rows
from .schema_texts import NO, YES, Schema, ref, text


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of node as a reader of the schema meets it; `reads` is as in `node_keys`."""

    title: str
    sentence: str
    reads: tuple[str, ...]
    body: Mapping[str, Json]
    without: tuple[str, ...] = ()


_FAN_IN = ("winner", "merge", "merge_from", "on_conflict", "merge_files", "prompt_file")
# What a fan-out reads only where it asks for the winner itself, as few do: not to be offered.
_ASKED = (
    *sorted(MODELS | RETRIES),
    *("human.default_choice", "on_interrupted", "prompt_file", "timeout"),
)
_MANAGED = ("stack.child_dotfile", "stack.child_workdir", "stack.child_autostart")

_KINDS: Mapping[str, Kind] = {
    "prompt": Kind(
        "agent stage",
        "An agent does what the prompt says.",
        ("codergen",),
        {"prompt": "${1:What to do}", "next": "${2:exit}"},
    ),
    "run": Kind(
        "tool stage",
        "A command is run with sh -c.",
        ("tool",),
        {"run": "${1:make test}", "next": "${2:exit}"},
        ("type", "tool_command"),
    ),
    "ask": Kind(
        "human gate",
        "A person is asked, and chooses where to go.",
        ("wait.human",),
        {"ask": "${1:Ship it?}", "choices": {YES: "${2:exit}", NO: "${3:node}"}},
        ("type", "label"),
    ),
    "parallel": Kind(
        "fan-out",
        "Branches run at the same time, each on a context of its own.",
        ("parallel",),
        {"parallel": {"${1:one}": "${2:node}", "${3:two}": "${4:node}"}, "next": "${5:fan_in}"},
        ("type",),
    ),
    "fan_in": Kind(
        "fan-in",
        "Branches meet; the best is chosen and their writes are combined.",
        ("parallel.fan_in",),
        {"fan_in": {"merge": {"${1:key}": "${2:append}"}}, "next": "${3:exit}"},
        ("type",),
    ),
    "route": Kind(
        "conditional node",
        "Does nothing but choose the way on.",
        ("conditional",),
        {"route": True, "next": [{"to": "${1:node}", "when": "${2:outcome=fail}"}, "${3:exit}"]},
        ("type",),
    ),
    "supervise": Kind(
        "supervisor",
        "Starts another pipeline and watches it.",
        ("stack.manager_loop",),
        {"supervise": {"pipeline": "${1:child.yaml}"}, "next": "${2:exit}"},
        ("type",),
    ),
    "pipeline": Kind(
        "child pipeline",
        "Another pipeline file runs as this one stage.",
        ("pipeline",),
        {"pipeline": "${1:child.yaml}", "next": "${2:exit}"},
    ),
    "uses": Kind(
        "stage with a handler of its own",
        "The handler of that name runs the stage.",
        ("custom",),
        {"uses": "${1:handler}", "next": "${2:exit}"},
        ("type",),
    ),
}
KIND_NAMES = tuple(_KINDS)


def _one_further(body: Json) -> Json:
    """A snippet's body with its places numbered from 2, since equal numbers are one place."""
    moved = re.sub(r"\$\{(\d)", lambda place: f"${{{int(place[1]) + 1}", json.dumps(body))
    found: Json = json.loads(moved)
    return found


SNIPPETS: list[Schema] = [
    {"label": kind.title, "description": kind.sentence, "body": dict(kind.body)}
    for kind in _KINDS.values()
]
NEW_NODES: list[Schema] = [
    {
        "label": kind.title,
        "description": kind.sentence,
        "body": {"${1:id}": _one_further(dict(kind.body))},
    }
    for kind in _KINDS.values()
]
_TRUE = "^[Tt][Rr][Uu][Ee]$"
_UNTYPED = ("prompt", "pipeline")
_AS_IN_DOT = ("type", "shape")


def kind_rules() -> list[Json]:
    """For each kind: if a node has its key, it is described by the kind's definition."""
    ruled: list[Json] = []
    for key in _KINDS:
        asked: Schema = {"required": [key]}
        if key in _UNTYPED:
            asked["not"] = {"anyOf": _required(*_AS_IN_DOT)}
        ruled.append({"if": asked, "then": ref(f"kind.{key}")})
    typed = [key for key in _KINDS if key not in _UNTYPED]
    spoken: Schema = {"required": ["tool_command"], "not": {"anyOf": _required(*_UNTYPED)}}
    as_in_dot: Schema = {
        "anyOf": [*_required(*_AS_IN_DOT), spoken],
        "not": {"anyOf": _required(*typed)},
    }
    unsaid: Schema = {"not": {"anyOf": _required(*_KINDS, *_AS_IN_DOT, "tool_command")}}
    return [
        *ruled,
        {"if": as_in_dot, "then": ref("kind.asInDot")},
        {"if": unsaid, "then": ref("kind.unsaid")},
    ]


def _required(*names: str) -> list[Json]:
    return [{"required": [name]} for name in names]


def kind_definitions() -> Schema:
    """The definition of each kind, and of nodes that say theirs otherwise or not yet."""
    found: Schema = {f"key.{key}": value for key, value in _own_keys().items()}
    for key, kind in _KINDS.items():
        found[f"kind.{key}"] = {
            "title": kind.title,
            "description": kind.sentence,
            **_keys(key, kind).closed(**{key: ref(f"key.{key}")}, **_ways(key)),
        }
    found["kind.asInDot"] = {
        "title": "node",
        "description": "Its kind is said by `type` or `shape`, as in DOT.",
        **node_keys().closed(
            prompt=ref("key.prompt"),
            pipeline=ref("key.pipeline"),
            next=ref("next"),
            type=ref("node.type"),
            shape=ref("node.shape"),
        ),
    }
    said = f"the node does not say what it is; give it one of {', '.join(_KINDS)}"
    found["kind.unsaid"] = {
        "title": "node",
        "description": "It does not say yet what it is.",
        "anyOf": [{"required": [key], "errorMessage": said} for key in _KINDS],
        "properties": {key: ref(f"key.{key}") for key in _KINDS},
        "defaultSnippets": [*SNIPPETS],
    }
    return found


def _keys(key: str, kind: Kind) -> Keys:
    within: tuple[str, ...] = _FAN_IN if key == "fan_in" else ()
    if key == "parallel":
        within = _ASKED
    if key == "supervise":
        within = (*_MANAGED, *(row.name for row in rows("node") if _managed(row.name)))
    return node_keys(*kind.reads, without=kind.without, within=within)


def _ways(key: str) -> Schema:
    if key == "parallel":
        return {"next": ref("meetings")}
    return {"next": ref("next"), **({"choices": ref("choices")} if key == "ask" else {})}


def _own_keys() -> dict[str, Schema]:
    """What the key of each kind holds."""
    held: dict[str, Schema] = {
        **{key: text(f"'{key}'") for key in ("prompt", "run", "ask", "pipeline", "uses")},
        "parallel": {"allOf": [ref("branches")]},
        "fan_in": _mapping_or_true(
            "fan_in",
            node_keys("parallel.fan_in", without=("type",), only=_FAN_IN).closed(
                prompt=ref("node.prompt")
            ),
            ref("node.otherNames"),
        ),
        "route": {
            "type": ["boolean", "string"],
            "pattern": _TRUE,
            "default": True,
            "errorMessage": "'route' must be true",
            "patternErrorMessage": "'route' must be true",
            **_not_false("'route' must be true"),
        },
        "supervise": _mapping_or_true("supervise", _supervised()),
    }
    for key, kind in _KINDS.items():
        held[key]["description"] = f"{kind.title[0].upper()}{kind.title[1:]}. {kind.sentence}"
        held[key]["markdownDescription"] = f"**{key}** ({kind.title}): {kind.sentence}"
    return held


def _mapping_or_true(key: str, closed: Schema, *also: Json) -> Schema:
    said = f"'{key}' must be a mapping, or true"
    # Beside `properties` the message would also be shown for a key that is none of them.
    typed: Schema = {
        "type": ["object", "boolean", "string", "null"],
        "errorMessage": said,
        "pattern": _TRUE,
        "patternErrorMessage": said,
    }
    return {**closed, "allOf": [typed, *also], **_not_false(said)}


def _not_false(said: str) -> Schema:
    return {"if": {"type": "boolean"}, "then": {"const": True, "errorMessage": said}}


def _managed(name: str) -> bool:
    return name.startswith("manager.")


def _supervised() -> Schema:
    """The keys inside `supervise`, which are shorter than their rows' names."""
    names = dict(zip(("pipeline", "workdir", "autostart"), _MANAGED, strict=True))
    for row in rows("node"):
        if _managed(row.name):
            names[row.name.removeprefix("manager.")] = row.name
    assert all(lookup("node", name) for name in names.values())
    dotted: Schema = {
        name: {"doNotSuggest": True, "allOf": [ref(f"node.{name}")]} for name in names.values()
    }
    return {
        "properties": {**{short: ref(f"node.{name}") for short, name in names.items()}, **dotted},
        "additionalProperties": False,
    }


assert set(_KINDS) == set(KINDS)
