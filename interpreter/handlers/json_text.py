"""JSON that a program wrote, read strictly: one object, plain data, no two equal keys.

Apart, because a tool's output and a status file are read by the same rules. Programs are
free to write anything, so each fault is one sentence. It must not know what the object is
for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from attractorc.compiler.value import Json, NotJson, checked


def read_object(data: bytes) -> dict[str, Json]:
    """The JSON object that `data` (UTF-8, a byte order mark allowed) holds, and nothing else.

    Raises `NotJson` with what stands there instead.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotJson(f"it is not UTF-8 (byte {error.start})") from error
    if not text.strip():
        raise NotJson("it is empty")
    try:
        value = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise NotJson(f"it is not JSON: {error.msg} ({place})") from error
    except RecursionError as error:
        raise NotJson("it is nested too deep") from error
    except NotJson:
        raise
    except ValueError as error:
        raise NotJson(f"it holds a number that is too long: {error}") from error
    plain = checked(value)
    if not isinstance(plain, dict):
        raise NotJson(f"it is {_named(plain)}, not an object")
    return plain


def _no_constant(name: str) -> Json:
    raise NotJson(f"{name} is not JSON")


def _object(pairs: Iterable[tuple[str, Json]]) -> dict[str, Json]:
    made: dict[str, Json] = {}
    for key, value in pairs:
        if key in made:
            raise NotJson(f"the key '{key}' stands twice in one object")
        made[key] = value
    return made


def _named(value: Json) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "true or false"
    if isinstance(value, int | float):
        return "a number"
    return "a string" if isinstance(value, str) else "a list"
