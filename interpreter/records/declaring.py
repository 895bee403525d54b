"""How a record family is declared: a dataclass whose fields have tags.

Apart from the families, so that they read as a list. A record holds what it was given and
nothing else: the other fields of its family, mostly two of three, are the class's defaults.
It must not know any family.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from typing import Any, TypeVar, dataclass_transform

Declared = TypeVar("Declared")


@dataclass_transform(kw_only_default=True, frozen_default=True)
def family(declared: type[Declared]) -> type[Declared]:
    """A frozen dataclass. A name that is no field is found out when the record is encoded."""
    made: Any = dataclass(frozen=True, kw_only=True)(declared)
    for each in fields(made):
        if each.default_factory is not MISSING:
            setattr(made, each.name, each.default_factory())
    made.__init__ = _take
    return declared


def _take(self: object, **given: Any) -> None:
    # A record is made for all that happens: setting thirty fields costs more than writing it.
    self.__dict__.update(given)


def tag(number: int, default: Any = None) -> Any:
    """A record field with its tag: the integer key of the field in a stored payload."""
    if isinstance(default, dict | list):
        return field(default_factory=type(default), metadata={"tag": number})
    return field(default=default, metadata={"tag": number})
