"""How a record family is declared: a dataclass whose fields have tags.

Apart from the families, so that they read as a list. It must not know any of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar, dataclass_transform

Declared = TypeVar("Declared")


@dataclass_transform(kw_only_default=True, frozen_default=True)
def family(declared: type[Declared]) -> type[Declared]:
    """Frozen in the eyes of the type checker, which reads all that the program does.

    At run time, freezing costs a call for each of thirty fields: more than writing the record.
    """
    return dataclass(slots=True, kw_only=True)(declared)


def tag(number: int, default: Any = None) -> Any:
    """A record field with its tag: the integer key of the field in a stored payload."""
    if isinstance(default, dict | list):
        return field(default_factory=type(default), metadata={"tag": number})
    return field(default=default, metadata={"tag": number})
