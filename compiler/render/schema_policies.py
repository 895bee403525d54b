"""The JSON Schema of policies: joins, winners, merges, retries, as text or as a mapping.

Their texts are small languages; winners and merges are described whole, joins as far as a
regular expression can. It must not know which attribute holds a policy.
"""

from __future__ import annotations

from ..frontend.joins import POLICIES
from ..frontend.merges import STRATEGIES
from ..frontend.winners import KINDS as WINNER_KINDS
from ..policy import RETRY_PRESETS
from ..value import Json
from .schema_texts import (
    COUNT,
    TEXT,
    Schema,
    number_text,
    offered,
    ref,
    said,
    single,
    text,
    whole,
    words,
)

_RATIO = r"([0-9]{1,9}/[0-9]{1,9}|0*1(\.0+)?|0*\.0*[1-9][0-9]*)"
_QUOTED = r"\"([^\"\\]|\\.)*\"|'([^'\\]|\\.)*'"
_WORD = rf"([^\s,()\"';]+|{_QUOTED})"
_KEY = rf"([^\s:;,()\"']+|{_QUOTED})"
_WORDED = ("keyed", "concat")
_OF_KEY = ("max", "min", "vote")


def join(name: str) -> Schema:
    """A policy, a formula over branch ids, or `{quorum: 2/3}` and its like."""
    call = rf"k_of_n\s*\(\s*{COUNT}\s*\)|quorum\s*\(\s*{_RATIO}\s*\)"
    over_ids = rf"([^:;=<>{{}}\[\]/+*%$#@?^~`'\"\\]|{_QUOTED})*"
    formula = rf"(?=[\s\S]*[^\s()&|!,.])(?!.*\b(?!of\b)\w+\s*\(){over_ids}"
    kinds: dict[str, Json] = {
        "k_of_n": {
            **number_text(1, None),
            **said("'k_of_n' must be a whole number of at least 1"),
            "description": "How many branches must succeed.",
        },
        "quorum": {**share("quorum"), "description": "Which share of them must succeed."},
        "formula": {**text("'formula'"), "description": "A formula over branch ids."},
    }
    return {
        **single(["string", "integer", "boolean", "object"], kinds),
        "minimum": 0,
        "pattern": whole(f"{call}|{formula}"),
        "patternErrorMessage": f"'{name}' must be a policy ({', '.join(POLICIES)}), k_of_n(2), "
        "quorum(2/3), or a formula over branch ids such as unit && 1 of (lint, types)",
        "examples": ["unit && 1 of (lint, types)"],
        **offered(*POLICIES, "k_of_n(2)", "quorum(2/3)"),
    }


def share(name: str) -> Schema:
    """A fraction above 0 and at most 1, such as `2/3` or `0.5`."""
    return {
        "type": ["string", "number"],
        "pattern": whole(_RATIO),
        "exclusiveMinimum": 0,
        "maximum": 1,
        **said(f"'{name}' must be above 0 and at most 1, such as 2/3 or 0.5"),
    }


def winner(name: str) -> Schema:
    """Keys that are compared in turn, as text, as a mapping, or a list of these."""
    alone = [kind for kind in WINNER_KINDS if kind not in (*_OF_KEY, "priority")]
    key = rf"({words(alone)})(\s*\(\s*\))?|({words(_OF_KEY)})\s*\(\s*{_WORD}\s*\)"
    key = rf"({key}|priority\s*\(\s*{_WORD}(\s*,\s*{_WORD})*\s*\))"
    kinds: dict[str, Json] = {kind: text(f"'{kind}'") for kind in _OF_KEY}
    kinds["priority"] = {"type": [*TEXT, "array"], "minItems": 1, "items": text("a branch id")}
    one: Schema = {
        **single(["string", "object"], kinds),
        "pattern": whole(rf"{key}(\s*,\s*{key})*"),
        "patternErrorMessage": f"'{name}' is made of {', '.join(WINNER_KINDS)}, "
        "such as max(score), first",
        "examples": ["max(score)", "min(cost)", "status", "first"],
    }
    return {**one, "type": ["string", "object", "array"], "minItems": 1, "items": one}


def merge(name: str) -> Schema:
    """Rules as text, a strategy for each key, or a list of these."""
    alone = [each for each in STRATEGIES if each not in _WORDED]
    strategy = rf"(({words(alone)})(\s*\(\s*\))?|({words(_WORDED)})\s*\(\s*{_WORD}\s*\))"
    rule = rf"{_KEY}\s*:\s*{strategy}"
    listed = ", ".join(STRATEGIES)
    of_key: Schema = {
        **single(["string", "object"], {each: text(f"'{each}'") for each in _WORDED}),
        "pattern": whole(strategy),
        "patternErrorMessage": f"a merge strategy must be one of {listed}",
        **offered(*alone, "keyed(id)", 'concat(", ")'),
    }
    rules: Schema = {
        "type": ["string", "object"],
        "pattern": rf"^[\s;,]*{rule}(\s*[;,][\s;,]*{rule})*[\s;,]*$",
        "patternErrorMessage": f"'{name}' is made of rules such as findings: append; "
        f"a strategy must be one of {listed}",
        "propertyNames": {"pattern": r"\S"},
        "additionalProperties": of_key,
        "defaultSnippets": [{"label": "a rule", "body": {"${1:key}": "${2:append}"}}],
    }
    pair: Schema = {
        "if": {"type": "object", "required": ["key", "strategy"], "maxProperties": 2},
        "then": {"properties": {"key": text("'key'"), "strategy": of_key}},
        "else": rules,
    }
    return {**rules, "type": ["string", "object", "array"], "items": pair}


def retry() -> Schema:
    """The node's `retry`: a number, a preset, or both in a mapping."""
    message = f"'retry' must be a number of retries, one of {', '.join(RETRY_PRESETS)}, or both"
    return {
        "description": "How often, and with which delays, the stage is tried again.",
        "markdownDescription": "**retry**: how often, and with which delays, the stage is tried "
        "again: a number, a preset, or `{max: 2, backoff: patient}`.",
        "allOf": [
            {
                "type": ["integer", "string", "object"],
                "pattern": f"^({words(RETRY_PRESETS)})$",
                **said(message),
            }
        ],
        "minimum": 0,
        "properties": {"max": ref("node.max_retries"), "backoff": ref("node.retry_policy")},
        "additionalProperties": False,
        "defaultSnippets": [
            *({"label": name, "body": name} for name in RETRY_PRESETS),
            {"label": "number and preset", "body": {"max": "${1:2}", "backoff": "${2:patient}"}},
        ],
    }
