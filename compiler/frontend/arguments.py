"""Reads what a stage gives to the inputs of a child pipeline: text, or a YAML mapping.

The text is that of declared inputs (`grammar/inputs.lark`), without types: a child declares
those itself. Here a value is also given its declared type, where the file shows it whole. It
must not know which pipeline is the child, nor what a run puts in for references.
"""

from __future__ import annotations

from typing import Any, cast

from ..graph.elements import Argument
from ..plan.model import Input
from ..source import Source
from ..syntax import Mapping, Scalar, Value
from ..value import Json, canonical
from .inputs import WORDS, converted, plain
from .small import Fault, FaultFound, Problem, Refused, narrowed, parsed, scalar, unquoted


def arguments_of(value: Value, source: Source) -> tuple[Argument, ...] | Fault:
    """The arguments that a value means, each with its place."""
    try:
        if isinstance(value, Mapping):
            return tuple(_given(name.text, given) for name, given in value.entries)
        written = scalar(value, "with")
    except FaultFound as found:
        return found.fault
    if not written.text.strip():
        return ()
    result = parsed("inputs", "start", ("start",), written.text, _BUILDER, WORDS)
    if isinstance(result, Problem):
        return Fault(value, result)
    return tuple(
        Argument(name, text, narrowed(source, written.span, written.text, start, end))
        for name, text, start, end in cast("list[tuple[str, str, int, int]]", result)
    )


def _given(name: str, value: Value) -> Argument:
    if isinstance(value, Scalar):
        if value.scalar == "null" and not value.quoted:
            raise FaultFound(value, Problem(f"'{name}' is given no value"))
        return Argument(name, value.text, value.span)
    return Argument(name, plain(value), value.span)


class _Builder:
    """One method for each rule of the grammar."""

    def start(self, children: list[Any]) -> list[tuple[str, str, int, int]]:
        seen: set[str] = set()
        for name, _text, start, end in children:
            if name in seen:
                raise Refused(Problem(f"'{name}' is given twice", start, end))
            seen.add(name)
        return children

    def input(self, children: list[Any]) -> tuple[str, str, int, int]:
        name, *rest = children
        end = name.start_pos + len(name)
        for part, token in rest:
            if part == "type":
                message = f"'{name}' is given a value here; its type is declared by the child"
                raise Refused(Problem(message, name.start_pos, token.end_pos))
            text = unquoted(token) if token.type == "QUOTED" else str(token).strip()
            return str(name), text, name.start_pos, token.start_pos + len(str(token).strip())
        message = f"'{name}' is given no value; write {name}=..."
        raise Refused(Problem(message, name.start_pos, end))

    def type(self, children: list[Any]) -> tuple[str, Any]:
        return "type", children[0]

    def default(self, children: list[Any]) -> tuple[str, Any]:
        return "default", children[0]


_BUILDER = _Builder()


def fitting(declared: Input, value: Json) -> Json:
    """A given value with the declared type. Raises `ValueError`, with a clause, for a misfit."""
    if isinstance(value, str):
        try:
            fits = converted(value, declared.type, declared.name, 0, 0)
        except Refused:
            raise ValueError(f"is of type {declared.type}, and '{value}' is not one") from None
    elif declared.type == "json":
        fits = value
    else:
        raise ValueError(f"is of type {declared.type}, not a list or mapping")
    if declared.enum and canonical(fits) not in [canonical(each) for each in declared.enum]:
        choices = ", ".join(canonical(each) for each in declared.enum)
        raise ValueError(f"must be one of {choices}, not {canonical(fits)}")
    return fits
