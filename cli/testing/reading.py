"""Reads YAML by a form: plain data, or findings with file, line and column.

What was read stands beside where it was read, so that everything that is said later can
point there. It must not know what the forms are for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from attractorc.compiler.diagnostic import Diagnostic, ordered
from attractorc.compiler.frontend import decode
from attractorc.compiler.frontend.yaml_shapes import Findings, is_nothing, shape
from attractorc.compiler.frontend.yaml_values import compose
from attractorc.compiler.source import Source, Span
from attractorc.compiler.syntax import Mapping, Name, Scalar, Sequence, Value
from attractorc.compiler.value import Json, NotJson, checked, duration_ms, nearest

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


class Faulty(Exception):
    """A file cannot be used; `findings` say why, and `source` is its text."""

    def __init__(self, source: Source, findings: tuple[Diagnostic, ...]) -> None:
        super().__init__(findings[0].message)
        self.source = source
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Read:
    """A value that has the form it should have, and where it stands.

    `value` is text, number, truth value or JSON of a single value, a list of `Read`, or a
    dict of `Read`; `keys` are the places of a dict's keys.
    """

    value: Any
    span: Span
    keys: dict[str, Span] = field(default_factory=dict)

    def get(self, key: str) -> Read | None:
        """What stands under a key of a mapping."""
        found: Read | None = self.value.get(key)
        return found

    def place(self, *names: str) -> Span:
        """Where the entry stands that these keys lead to: its innermost key."""
        here, place = self, self.span
        for name in names:
            if not isinstance(here.value, dict) or name not in here.keys:
                break
            place, here = here.keys[name], here.value[name]
        return place


def data(read: Read) -> Any:
    """The value without its places."""
    if isinstance(read.value, list):
        return [data(item) if isinstance(item, Read) else item for item in read.value]
    if isinstance(read.value, dict) and read.keys:
        return {key: data(item) for key, item in read.value.items()}
    return read.value


def read_file(content: bytes, name: str, form: Fields) -> tuple[Read, Source, Findings]:
    """The content of a file, held to a form; raises `Faulty` where that fails."""
    source, found = decode(content, name)
    findings = Findings()
    read: Read | None = None
    value: Value | None = None
    if source.text.strip():
        composed = compose(source)
        value = composed.value
        findings.all += [*found, *composed.findings]
    if value is not None:
        read = _Reader(findings).read(form, value, form.what)
    elif not findings.all:
        message = f"the file is empty; {form.what} was expected"
        findings.error(source.span(0, 0), message, mend=f"write {form.example}")
    refuse(findings, source)
    assert read is not None
    return read, source, findings


def refuse(findings: Findings, source: Source) -> None:
    """Raise `Faulty` if anything was found."""
    if findings.all:
        raise Faulty(source, ordered(findings.all))


_Scalars: TypeAlias = Text | Flag | Whole | Duration | Choice | Nothing


class _Reader:
    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def read(self, form: Form, value: Value, what: str) -> Read | None:
        """The value as its form has it; None, with a finding, if it does not fit."""
        match form:
            case Either():
                return self.read(self._chosen(form, value), value, what)
            case Anything():
                return self._anything(value, what)
            case Fields():
                return self._fields(form, value, what)
            case MapOf():
                return self._map(form, value, what)
            case ListOf():
                return self._list(form, value, what)
        return self._scalar(form, value, what)

    def _chosen(self, form: Either, value: Value) -> Form:
        """The form of the value's shape; without one, the first, which says what is wrong."""
        wanted: tuple[type, ...] = (Text, Flag, Whole, Duration, Choice)
        if isinstance(value, Mapping):
            wanted = (Fields, MapOf)
        elif isinstance(value, Sequence):
            wanted = (ListOf,)
        elif is_nothing(value):
            wanted = (Nothing,)
        fitting = (each for each in form.forms if isinstance(each, wanted))
        return next(fitting, next(each for each in form.forms if not isinstance(each, Nothing)))

    def _anything(self, value: Value, what: str) -> Read | None:
        try:
            return Read(_json(value), value.span)
        except ValueError as error:
            self._findings.error(value.span, f"{what} is no value that JSON has: {error}")
            return None

    def _fields(self, form: Fields, value: Value, what: str) -> Read | None:
        mapping = self._findings.mapping(value, what, form.example)
        if mapping is None:
            return None
        read: dict[str, Read] = {}
        for name, inner in mapping.entries:
            known = form.keys.get(name.text)
            if known is None:
                self._unknown(name, form)
            elif (found := self.read(known.form, inner, f"'{name.text}'")) is not None:
                read[name.text] = found
        given = {name.text for name, _ in mapping.entries}
        for key, wanted in form.keys.items():
            if wanted.required and key not in given:
                message = f"{form.what} needs '{key}'"
                self._findings.error(value.span, message, mend=f"write {form.example}")
        return Read(read, value.span, {name.text: name.span for name, _ in mapping.entries})

    def _unknown(self, name: Name, form: Fields) -> None:
        meant = nearest(name.text, form.keys)
        hint = f"did you mean '{meant}'?" if meant else f"it has {', '.join(form.keys)}"
        self._findings.error(name.span, f"{form.what} has no '{name.text}'; {hint}")

    def _map(self, form: MapOf, value: Value, what: str) -> Read | None:
        mapping = self._findings.mapping(value, what, f"{{<{form.names}>: ...}}")
        if mapping is None:
            return None
        read = {
            name.text: found
            for name, inner in mapping.entries
            if (found := self.read(form.of, inner, f"'{name.text}'")) is not None
        }
        return Read(read, value.span, {name.text: name.span for name, _ in mapping.entries})

    def _list(self, form: ListOf, value: Value, what: str) -> Read | None:
        if not isinstance(value, Sequence):
            self._findings.error(value.span, f"{what} must be a list, not {shape(value)}")
            return None
        if len(value.items) < form.least:
            self._findings.error(value.span, f"{what} is empty; it needs at least one entry")
            return None
        items = [
            self.read(form.of, item, f"entry {number} of {what}")
            for number, item in enumerate(value.items, 1)
        ]
        return Read([item for item in items if item is not None], value.span)

    def _scalar(self, form: _Scalars, value: Value, what: str) -> Read | None:
        if isinstance(form, Nothing):
            return Read(None, value.span)
        found = None
        if isinstance(value, Scalar) and not is_nothing(value):
            found = _converted(form, value)
        if found is None:
            written = value.text if isinstance(value, Scalar) else ""
            message = f"{what} must be {_wanted(form, written)}, not {shape(value)}"
            self._findings.error(value.span, message)
            return None
        return Read(found, value.span)


def _converted(form: _Scalars, scalar: Scalar) -> str | bool | int | None:
    """The value of a scalar; None if the form does not take it."""
    text = scalar.text
    match form:
        case Text():
            return text
        case Flag():
            return text.lower() == "true" if scalar.scalar == "bool" else None
        case Whole():
            fits = scalar.scalar == "int" and text.isdecimal() and int(text) >= form.least
            return int(text) if fits else None
        case Duration():
            return duration_ms(text)
        case Choice():
            return text if text in form.words else None
        case Nothing():
            return None


def _wanted(form: _Scalars, text: str) -> str:
    match form:
        case Flag():
            return "true or false"
        case Whole():
            return f"a whole number from {form.least}"
        case Duration():
            return "a duration such as 250ms, 2s or 5m"
        case Choice():
            meant = nearest(text, form.words)
            words = ", ".join(form.words)
            return f"one of {words} (did you mean '{meant}'?)" if meant else f"one of {words}"
    return "a text"


def _float(text: str) -> float:
    if "n" in text.lower():
        raise NotJson(f"{text} is no number there")
    return float(checked(float(text)))  # type: ignore[arg-type]


def _json(value: Value) -> Json:
    """A value as JSON; numbers that YAML knows and JSON does not are refused."""
    if isinstance(value, Sequence):
        return [_json(item) for item in value.items]
    if isinstance(value, Mapping):
        return {name.text: _json(item) for name, item in value.entries}
    if value.quoted or value.scalar == "str":
        return checked(value.text)
    match value.scalar:
        case "int":
            base = 0 if value.text[:2] in ("0x", "0o") else 10
            return int(value.text, base)
        case "float":
            return _float(value.text)
        case "bool":
            return value.text.lower() == "true"
    return None
