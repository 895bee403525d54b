"""Shapes: how a typed value stands in JSON, derived from the type hints of its class.

One small structural codec instead of a hand-written pair of functions for each class, so
that a new field of a plan needs no second declaration. Records are objects, unions of
records are tagged by `kind`, tuples are lists. Apart from the codec because it must not
know what a plan is.
"""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Mapping
from fractions import Fraction
from functools import cache, cached_property
from typing import Any, Protocol

from ..value import Json, nearest
from .scalar import (
    Anything,
    Choice,
    Flag,
    Misfit,
    Number,
    Ratio,
    Text,
    Whole,
    found,
    unicode_only,
)


class Shape(Protocol):
    """One way to stand in JSON. `encode` trusts its value, `decode` trusts nothing.

    With `sparse`, fields that have their default are left out; without, only those whose
    default says nothing (None, false, zero, empty, or marked as quiet) are.
    """

    def encode(self, value: Any, sparse: bool) -> Json: ...

    def decode(self, data: object) -> Any: ...


class Maybe:
    """A value or null."""

    def __init__(self, inner: Shape) -> None:
        self.inner = inner

    def encode(self, value: Any, sparse: bool) -> Json:
        return None if value is None else self.inner.encode(value, sparse)

    def decode(self, data: object) -> Any:
        return None if data is None else self.inner.decode(data)


class Items:
    """A tuple, as a list."""

    def __init__(self, item: Shape) -> None:
        self.item = item

    def encode(self, value: Any, sparse: bool) -> Json:
        return [self.item.encode(part, sparse) for part in value]

    def decode(self, data: object) -> tuple[Any, ...]:
        if not isinstance(data, list | tuple):
            raise Misfit(f"expected a list, found {found(data)}")
        parts: list[Any] = []
        for index, part in enumerate(data):
            try:
                parts.append(self.item.decode(part))
            except Misfit as misfit:
                raise misfit.within(index) from None
        return tuple(parts)


class Table:
    """A mapping from text, as an object."""

    def __init__(self, item: Shape) -> None:
        self.item = item

    def encode(self, value: Any, sparse: bool) -> Json:
        return {key: self.item.encode(part, sparse) for key, part in value.items()}

    def decode(self, data: object) -> dict[str, Any]:
        parts: dict[str, Any] = {}
        for key, part in _entries(data).items():
            try:
                parts[key] = self.item.decode(part)
            except Misfit as misfit:
                raise misfit.within(key) from None
        return parts


@dataclasses.dataclass(frozen=True, slots=True)
class Field:
    """A field of a record; `default` is `MISSING` for one that must be written.

    `quiet` fields are left out wherever they have their default.
    """

    name: str
    shape: Shape
    default: Any
    quiet: bool

    @property
    def required(self) -> bool:
        return self.default is dataclasses.MISSING


class Record:
    """A dataclass, as an object; `kind` is its tag where several may stand in one place."""

    def __init__(self, cls: type, kind: str | None) -> None:
        self.cls = cls
        self.kind = kind

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        # Not at construction: a condition holds conditions.
        hints = typing.get_type_hints(self.cls, localns={"Json": Any})
        return {
            field.name: Field(
                field.name,
                shape_of(hints[field.name]),
                _default(field),
                bool(field.metadata.get("quiet")),
            )
            for field in dataclasses.fields(self.cls)
        }

    def encode(self, value: Any, sparse: bool) -> Json:
        data: dict[str, Json] = {} if self.kind is None else {"kind": self.kind}
        for field in self.fields.values():
            part = getattr(value, field.name)
            if part == field.default and (sparse or field.quiet or not field.default):
                continue
            data[field.name] = field.shape.encode(part, sparse)
        return data

    def decode(self, data: object) -> Any:
        entries = _entries(data)
        parts: dict[str, Any] = {}
        for name, part in entries.items():
            if name == "kind" and self.kind is not None:
                continue
            field = self.fields.get(name)
            if field is None:
                raise Misfit(f"unknown field{_hint(name, self.fields)}").within(name)
            try:
                parts[name] = field.shape.decode(part)
            except Misfit as misfit:
                raise misfit.within(name) from None
        for field in self.fields.values():
            if field.required and field.name not in parts:
                raise Misfit("missing").within(field.name)
        return self.cls(**parts)


class Tagged:
    """One of several records, told apart by `kind`; plain text too where `text` is true."""

    def __init__(self, records: tuple[Record, ...], text: bool) -> None:
        self.records = records
        self.text = Text() if text else None
        self._by_kind = {str(record.kind): record for record in records}
        self._by_class = {record.cls: record for record in records}

    def encode(self, value: Any, sparse: bool) -> Json:
        if isinstance(value, str):
            return value
        return self._by_class[type(value)].encode(value, sparse)

    def decode(self, data: object) -> Any:
        if self.text is not None and isinstance(data, str):
            return self.text.decode(data)
        entries = _entries(data)
        if "kind" not in entries:
            raise Misfit("missing").within("kind")
        kind = entries["kind"]
        record = self._by_kind.get(kind) if isinstance(kind, str) else None
        if record is None:
            words = ", ".join(self._by_kind)
            raise Misfit(f"expected one of {words}, found {found(kind)}").within("kind")
        return record.decode(entries)


_PLAIN: Mapping[Any, Shape] = {
    str: Text(),
    int: Whole(),
    bool: Flag(),
    float: Number(),
    Fraction: Ratio(),
    Any: Anything(),
}


@cache
def shape_of(hint: Any, kind: str | None = None) -> Shape:
    """The shape of a type hint; an assertion for a type that no plan may hold."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _union(arguments)
    if origin is typing.Literal:
        return Choice(arguments)
    if origin is tuple:
        return Items(shape_of(arguments[0]))
    if origin is Mapping:
        return Table(shape_of(arguments[1]))
    assert dataclasses.is_dataclass(hint), f"no shape for {hint!r}"
    return Record(typing.cast(type, hint), kind)


def _union(members: tuple[Any, ...]) -> Shape:
    if type(None) in members:
        rest = tuple(member for member in members if member is not type(None))
        return Maybe(shape_of(rest[0]) if len(rest) == 1 else _union(rest))
    records = [shape_of(member, tag(member)) for member in members if member is not str]
    return Tagged(typing.cast(tuple[Record, ...], tuple(records)), str in members)


def tag(cls: type) -> str:
    """The `kind` of a class: its name in snake case."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()


def _entries(data: object) -> Mapping[str, object]:
    if not isinstance(data, Mapping):
        raise Misfit(f"expected an object, found {found(data)}")
    for key in data:
        if not isinstance(key, str):
            raise Misfit(f"the key {key!r} is not text")
        unicode_only(key)
    return data


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _hint(name: str, known: Mapping[str, Field]) -> str:
    close = nearest(name, known)
    return f"; did you mean '{close}'?" if close else f"; known are {', '.join(known)}"
