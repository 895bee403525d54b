"""The smallest parts of the pipeline's schema: texts, numbers, patterns, what is said of them.

Each says in words what it wants (`errorMessage`, `patternErrorMessage`), as the compiler
does. It must not know attributes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from ..value import Json

Schema: TypeAlias = dict[str, Json]

TEXT: list[Json] = ["string", "number", "boolean"]
"""The types of a plain scalar: what means text need not be in quotes."""

YES, NO = '"[Y] Yes"', '"[N] No"'
"""Labels in a snippet, with the quotes that YAML needs: editors insert keys as they are."""
COUNT = "0*[1-9][0-9]{0,8}"


def ref(name: str) -> Schema:
    """A reference to a definition."""
    return {"$ref": f"#/definitions/{name}"}


def whole(pattern: str) -> str:
    """A pattern that the whole text must match, spaces around it apart."""
    return rf"^\s*({pattern})\s*$"


def words(names: Iterable[str]) -> str:
    """A pattern for exactly one of these names."""
    return "|".join(name.replace(".", r"\.") for name in names)


def text(what: str) -> Schema:
    """One text, number or truth value."""
    return {"type": TEXT, "errorMessage": f"{what} must be one text"}


def number_text(minimum: int | None, maximum: int | None) -> Schema:
    """A whole number, quoted or not."""
    digits = "[0-9]{1,12}"
    pattern = digits if minimum == 0 else COUNT if minimum else f"[+-]?{digits}"
    found: Schema = {"type": ["integer", "string"], "pattern": whole(pattern)}
    if minimum is not None:
        found["minimum"] = minimum
    if maximum is not None:
        found["maximum"] = maximum
    return found


def single(types: list[Json], properties: Mapping[str, Json]) -> Schema:
    """A text, or a mapping with one of these entries."""
    return {
        "type": types,
        "minProperties": 1,
        "maxProperties": 1,
        "properties": properties,
        "additionalProperties": False,
    }


def offered(*texts: str) -> Schema:
    """Texts to complete; as `examples` they would all stand in every hover."""
    return {"defaultSnippets": [{"label": each, "body": each} for each in texts]}


def said(message: str) -> Schema:
    """What an editor shows for a value of a wrong type, and for a text of a wrong form."""
    return {"errorMessage": message, "patternErrorMessage": message}
