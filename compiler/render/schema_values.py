"""The JSON Schema of one attribute's value, by the type that the attribute table gives it.

Texts and mappings are told apart by `type`, and each keyword holds for one of them, so that
an editor can name what is wrong; nothing is `oneOf`. Small languages are described as far as
a regular expression can. It must not know where an attribute may stand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..attributes import Row, ValueType
from ..policy import FIDELITIES, RETRY_PRESETS
from ..value import Json
from .schema_policies import join, merge, share, winner
from .schema_texts import TEXT, Schema, number_text, ref, said, text, whole


def _string(row: Row, name: str) -> Schema:
    return text(f"'{name}'")


def _int(row: Row, name: str) -> Schema:
    least = "" if row.minimum is None else f" of at least {row.minimum}"
    message = f"'{name}' must be a whole number{least}"
    return {**number_text(row.minimum, row.maximum), **said(message)}


def _float(row: Row, name: str) -> Schema:
    found: Schema = {
        "type": ["number", "string"],
        "pattern": whole(r"[+-]?([0-9]{1,15}(\.[0-9]{0,15})?|\.[0-9]{1,15})"),
        **said(f"'{name}' must be a number"),
    }
    limits = {"minimum": row.minimum, "maximum": row.maximum}
    return {**found, **{key: limit for key, limit in limits.items() if limit is not None}}


def _bool(row: Row, name: str) -> Schema:
    return {
        "type": ["boolean", "string"],
        "pattern": whole("[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]"),
        **said(f"'{name}' must be true or false"),
    }


def _duration(row: Row, name: str) -> Schema:
    digits = "0*[1-9][0-9]*" if row.minimum else "[0-9]+"
    return {
        "type": ["string", "integer"],
        "pattern": whole(f"{digits}(ms|s|m|h|d)?"),
        "minimum": 1 if row.minimum else 0,
        "maximum": 366 * 24 * 3600,
        "examples": ["900s", "15m", "2h"],
        **said(f"'{name}' must be a duration, such as 250ms, 900s, 15m, 2h or 1d"),
    }


def _enum(row: Row, name: str) -> Schema:
    if row.open_set:
        return {**text(f"'{name}'"), "examples": list(row.values)}
    return {"enum": list(row.values)}


def _fidelity(row: Row, name: str) -> Schema:
    return {"enum": list(FIDELITIES)}


def _retry(row: Row, name: str) -> Schema:
    return {"enum": list(RETRY_PRESETS)}


def _condition(row: Row, name: str) -> Schema:
    return {
        **text(f"'{name}'"),
        "examples": ["outcome=success", "outcome=fail", "context.tests.failed > 0"],
    }


def _ratio(row: Row, name: str) -> Schema:
    return {**share(name), "examples": ["2/3"]}


def _texts(row: Row, name: str) -> Schema:
    return {
        "type": [*TEXT, "array"],
        "items": text(f"each of '{name}'"),
        "errorMessage": f"'{name}' must be a text or a list of texts",
    }


def _inputs(row: Row, name: str) -> Schema:
    return ref("inputs")


def _arguments(row: Row, name: str) -> Schema:
    return {
        "type": ["object", "string"],
        "pattern": r"^[\s;,]*($|[^\s0-9=;,:]+\s*=)",
        "errorMessage": f"'{name}' must be a mapping such as {{base: main, depth: 3}}",
    }


_VALUES: Mapping[ValueType, Callable[[Row, str], Schema]] = {
    "string": _string,
    "int": _int,
    "float": _float,
    "bool": _bool,
    "duration": _duration,
    "enum": _enum,
    "fidelity": _fidelity,
    "condition": _condition,
    "join": lambda row, name: join(name),
    "ratio": _ratio,
    "winner": lambda row, name: winner(name),
    "merge": lambda row, name: merge(name),
    "retry": _retry,
    "keys": _texts,
    "classes": _texts,
    "node_ref": _string,
    "stylesheet": _string,
    "inputs": _inputs,
    "arguments": _arguments,
}


def attribute(row: Row, name: str) -> Schema:
    """The schema of a row's value, described; `name` is what the author writes."""
    shown = row.default or "none"
    described: Schema = {
        "description": row.summary if not row.default else f"{row.summary} Default: {shown}.",
        "markdownDescription": f"**{name}**: {row.summary}\n\n*Default:* {shown}"
        + ("" if row.name == name else f"\n\n*In DOT:* `{row.name}`"),
    }
    value = _VALUES[row.type](row, name)
    if "$ref" in value:  # draft-07 reads nothing beside a reference
        return {**described, "allOf": [value]}
    default = _default(row)
    return {**described, **value, **({} if default is None else {"default": default})}


_LITERAL = ("enum", "fidelity", "join", "winner", "merge", "duration")


def _default(row: Row) -> Json:
    """The default as a value, where the table has one and not words about it."""
    if row.type == "bool":
        return {"true": True, "false": False}.get(row.default)
    if row.type == "int":
        return int(row.default) if row.default.isdecimal() else None
    if row.type in _LITERAL and not row.default.startswith(("the ", "no ")):
        return row.default or None
    return None
