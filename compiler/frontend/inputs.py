"""Reads the inputs that a pipeline declares: text or a YAML mapping becomes `Input`s.

The grammar is `grammar/inputs.lark`. Defaults and choices get the declared type here, so
that nothing is converted when a run starts but what the user gives. It must not know how
an input is given or used.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any, Literal, TypeAlias, cast

from ..plan.model import Input
from ..syntax import Mapping, Name, Scalar, Sequence, Value
from ..value import Json
from .policies import unknown
from .small import Fault, FaultFound, Problem, Refused, parsed, scalar, unquoted

InputType: TypeAlias = Literal["string", "int", "float", "bool", "json"]

_TYPES: dict[str, InputType] = {
    "string": "string",
    "int": "int",
    "float": "float",
    "bool": "bool",
    "json": "json",
    "str": "string",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
}
_KNOWN = ("string", "int", "float", "bool", "json")
_RESERVED = ("goal",)
WORDS = {
    "NAME": "a name",
    "COLON": "':'",
    "EQUAL": "'='",
    "DEFAULT": "a default",
    "QUOTED": "a quoted default",
    "_SEPARATOR": "';'",
}


@lru_cache(maxsize=64)
def parse_inputs(text: str) -> tuple[Input, ...] | Problem:
    """The inputs of `base: string = main; depth: int`; without a type, they are strings."""
    if not text.strip():
        return ()
    result = parsed("inputs", "start", ("start",), text, _BUILDER, WORDS)
    return cast("tuple[Input, ...] | Problem", result)


class _Builder:
    """One method for each rule of the grammar."""

    def start(self, children: list[Any]) -> tuple[Input, ...]:
        seen: set[str] = set()
        for name, _ in children:
            if name in seen:
                raise Refused(Problem(f"input '{name}' stands twice", name.start_pos, name.end_pos))
            seen.add(str(name))
        return tuple(given for _, given in children)

    def input(self, children: list[Any]) -> tuple[Any, Input]:
        name, *rest = children
        _checked_name(str(name), name.start_pos, name.end_pos)
        kind: InputType = next((part[1] for part in rest if part[0] == "type"), "string")
        given = Input(str(name), kind)
        for part, token in rest:
            if part == "default":
                text = unquoted(token) if token.type == "QUOTED" else str(token).strip()
                end = token.start_pos + len(str(token).strip())
                value = converted(text, kind, str(name), token.start_pos, end)
                given = replace(given, default=value, required=False)
        return name, given

    def type(self, children: list[Any]) -> tuple[str, InputType]:
        token = children[0]
        return "type", _type(str(token), token.start_pos, token.end_pos)

    def default(self, children: list[Any]) -> tuple[str, Any]:
        return "default", children[0]


_BUILDER = _Builder()


def _checked_name(name: str, start: int, end: int) -> None:
    if not re.fullmatch(r"[^\W\d]\w*", name):
        raise Refused(
            Problem(f"'{name}' cannot name an input; use letters, digits and _", start, end)
        )
    if name in _RESERVED:
        raise Refused(Problem(f"'{name}' is taken; give the input another name", start, end))


def _type(name: str, start: int, end: int) -> InputType:
    kind = _TYPES.get(name)
    if kind is None:
        raise Refused(unknown("input type", name, _KNOWN, start, end))
    return kind


def _integer(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        raise ValueError
    return int(text)


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number


def _no_constant(name: str) -> Json:
    raise ValueError(name)


_CONVERTERS: dict[InputType, Callable[[str], Json]] = {
    "string": str,
    "int": _integer,
    "float": _number,
    "bool": lambda text: {"true": True, "false": False}[text.lower()],
    "json": lambda text: cast("Json", json.loads(text, parse_constant=_no_constant)),
}


def converted(text: str, kind: InputType, name: str, start: int, end: int) -> Json:
    """A text with an input's type. Raises `Refused`, with the place start to end."""
    try:
        return _CONVERTERS[kind](text)
    except (ValueError, KeyError, RecursionError):
        raise Refused(
            Problem(f"input '{name}' is of type {kind}, and '{text}' is not one", start, end)
        ) from None


def inputs_of(value: Value) -> tuple[Input, ...] | Fault:
    """The inputs that a value means: text, or a mapping of names (language.md, "YAML")."""
    try:
        if isinstance(value, Mapping):
            return tuple(_declared(name, written) for name, written in value.entries)
        text = scalar(value, "inputs").text
    except FaultFound as found:
        return found.fault
    inputs = parse_inputs(text)
    return Fault(value, inputs) if isinstance(inputs, Problem) else inputs


_FIELDS = ("default", "type", "description", "enum")
_INFERRED: dict[str, InputType] = {"int": "int", "float": "float", "bool": "bool"}


def _declared(name: Name, value: Value) -> Input:
    place = Scalar(name.text, name.span)
    try:
        _checked_name(name.text, 0, len(name.text))
    except Refused as refused:
        raise FaultFound(place, refused.problem) from refused
    if not isinstance(value, Mapping):
        if isinstance(value, Scalar) and value.scalar == "null" and not value.quoted:
            return Input(name.text)
        kind = _inferred(value)
        return Input(name.text, kind, _value(value, kind, name.text), required=False)
    for field, written in value.entries:
        if field.text not in _FIELDS:
            at = Scalar(field.text, field.span)
            raise FaultFound(
                at, unknown("field of an input", field.text, _FIELDS, 0, len(field.text))
            )
        del written
    return _from_fields(name.text, value)


def _from_fields(name: str, fields: Mapping) -> Input:
    default, enum = fields.get("default"), fields.get("enum")
    written = fields.get("type")
    if written is not None:
        text = scalar(written, "type").text
        try:
            kind = _type(text, 0, len(text))
        except Refused as refused:
            raise FaultFound(written, refused.problem) from refused
    else:
        kind = "string" if default is None else _inferred(default)
    given = Input(name, kind)
    description = fields.get("description")
    if description is not None:
        given = replace(given, description=scalar(description, "description").text)
    if enum is not None:
        if not isinstance(enum, Sequence) or not enum.items:
            raise FaultFound(enum, Problem("'enum' needs a list of values"))
        given = replace(given, enum=tuple(_value(item, kind, name) for item in enum.items))
    if default is not None:
        value = _value(default, kind, name)
        if enum is not None and value not in given.enum:
            raise FaultFound(default, Problem(f"the default of '{name}' is not in its enum"))
        given = replace(given, default=value, required=False)
    return given


def _inferred(value: Value) -> InputType:
    if not isinstance(value, Scalar):
        return "json"
    return "string" if value.quoted else _INFERRED.get(value.scalar, "string")


def _value(value: Value, kind: InputType, name: str) -> Json:
    """A default or a choice, with the declared type."""
    if isinstance(value, Scalar):
        if kind == "json" and (value.quoted or value.scalar == "str"):
            return value.text
        try:
            return converted(value.text, kind, name, 0, len(value.text))
        except Refused as refused:
            raise FaultFound(value, refused.problem) from refused
    if kind != "json":
        raise FaultFound(value, Problem(f"input '{name}' is of type {kind}, not a list or mapping"))
    return plain(value)


def plain(value: Value) -> Json:
    """A value of a document as JSON data; plain scalars get the type that YAML gives them."""
    if isinstance(value, Sequence):
        return [plain(item) for item in value.items]
    if isinstance(value, Mapping):
        return {name.text: plain(item) for name, item in value.entries}
    if value.quoted or value.scalar == "str":
        return value.text
    if value.scalar == "null":
        return None
    try:
        return _CONVERTERS[_INFERRED[value.scalar]](value.text)
    except (ValueError, KeyError):
        return value.text
