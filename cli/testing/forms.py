"""Forms: what may stand where in a script or a file of cases, declared as data.

One declaration is read twice: by `reading`, which holds a file to it, and by `schema`, which
makes the JSON Schema for editors of it. It must not know YAML.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Text:
    """A text; a number or a truth value is taken as it is written."""


@dataclass(frozen=True, slots=True)
class Flag:
    """`true` or `false`."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number, at least `least`."""

    least: int = 0


@dataclass(frozen=True, slots=True)
class Duration:
    """`250ms`, `2s`, `5m`, `1h`, `1d`, or a number of seconds; read as milliseconds."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of these words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Nothing:
    """`null`, said on purpose."""


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON value; plain YAML values have the type that YAML 1.2 gives them."""


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list."""

    of: Form
    least: int = 0


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping from any names to values of one form. `names` says what the names are."""

    of: Form
    names: str


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a mapping, and a sentence on it."""

    form: Form
    says: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping with these keys and no others. `what` names it, `example` shows one."""

    what: str
    keys: Mapping[str, Field]
    example: str = ""


@dataclass(frozen=True, slots=True)
class Either:
    """What the first form takes whose shape (single value, list or mapping) is met."""

    forms: tuple[Form, ...]
    example: str = field(default="")


Form: TypeAlias = (
    Text | Flag | Whole | Duration | Choice | Nothing | Anything | ListOf | MapOf | Fields | Either
)
