"""The registry bundle: the record families as a CXDB server is told of them.

Made from the same declarations as encoder, decoder and schema; `schemas/registry.json` is
this text, checked by a test. A server takes a bundle's id once, for these very bytes, so the
id ends with a digest of what it declares. It must not know how a server is reached.
"""

from __future__ import annotations

import hashlib
import json
import types
import typing
from typing import Any

from attractorc.compiler.value import Json, canonical

from . import FAMILIES
from .codec import Field, layout
from .record import Record
from .schema import required

BUNDLE = "attractorc.runtime"
_SCALARS: dict[Any, str] = {str: "string", int: "u64", bool: "bool"}
_ANY = "any"
"""A value of any kind, which a server shows as it finds it; so it does maps."""


def registry_bundle() -> dict[str, Json]:
    """The bundle: every family with the tags, names and types of its fields."""
    declared: dict[str, Json] = {family.TYPE: _versions(family) for family in FAMILIES}
    digest = hashlib.sha256(canonical(declared).encode()).hexdigest()[:12]
    return {
        "registry_version": 1,
        "bundle_id": f"{BUNDLE}.{digest}",
        "types": declared,
        "enums": {},
    }


def registry_bundle_text() -> str:
    """The bundle as it stands in its file, and as a server gets it."""
    return json.dumps(registry_bundle(), indent=2, ensure_ascii=False) + "\n"


def described(item: Field) -> dict[str, Json]:
    """A field as the bundle describes it, under its tag."""
    told: dict[str, Json] = {"name": item.name, **_type(item.hint)}
    if not required(item):
        told["optional"] = True
    return told


def _versions(family: type[Record]) -> dict[str, Json]:
    fields: dict[str, Json] = {str(item.tag): described(item) for item in layout(family)}
    return {"versions": {str(family.TYPE_VERSION): {"fields": fields}}}


def _type(hint: Any) -> dict[str, Json]:
    if hint in _SCALARS:
        return {"type": _SCALARS[hint]}
    if isinstance(hint, types.UnionType):
        members = [member for member in typing.get_args(hint) if member is not type(None)]
        return _type(members[0]) if len(members) == 1 else {"type": _ANY}
    if typing.get_origin(hint) is list:
        return {"type": "array", "items": _type(typing.get_args(hint)[0])["type"]}
    if typing.get_origin(hint) is dict:
        return {"type": "map"}
    return {"type": _ANY}
