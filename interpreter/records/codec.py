"""Records as bytes and as JSON: a msgpack map from tags to values, and back.

One codec for all families, driven by the tags that they declare. Bytes are deterministic:
tags ascending, keys of nested objects sorted, integers of minimal width, absent fields left
out. What a newer program wrote under a tag that is not known here is kept and written
again. It must not know where the bytes are stored.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, TypeAlias

import msgpack

from attractorc.compiler.value import Json

from . import FAMILIES, declaring
from .drafts import InOrder
from .record import Record

_BIG_INTEGER = 1
_NO_TAGS = "it is no map of tags"
_SCALARS = frozenset({str, int, float, bool, type(None)})
_AS_THEY_ARE = _SCALARS | {InOrder}
_TEXTS = (str, int, float)
_COMMON_TAGS = 3


Shape: TypeAlias = tuple[tuple[tuple[int, str, bool], ...], Mapping[str, Any]]
"""Tag, name, and whether it is written when empty, of each field that a record was given, by
ascending tag; and the defaults that are written although nobody gave them."""


class CodecError(ValueError):
    """Bytes that are no record of this type; the message is one sentence for people."""


@declaring.family
class UnknownRecord(Record):
    """A record of a family that this program does not know; its fields are in `unknown`."""

    type_name: str = field(default="")
    type_version: int = field(default=1)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a family. `classes` are the Python types that a decoded value may have.

    An empty value of a field with `empty_is_absent` is not written.
    """

    tag: int
    name: str
    hint: Any
    classes: tuple[type, ...]
    empty_is_absent: bool

    def absent(self, value: object) -> bool:
        """Whether the value says nothing, so that it is left out."""
        return value is None or (self.empty_is_absent and not value)


_BY_TYPE: Mapping[str, type[Record]] = {family.TYPE: family for family in FAMILIES}


def layout(family: type[Record]) -> tuple[Field, ...]:
    """The tagged fields of a family, by ascending tag."""
    return _LAYOUTS[family]


def encode(record: Record) -> bytes:
    """The payload of a turn: the same record always gives the same bytes."""
    given: Mapping[str, Any] = record.__dict__
    form: tuple[object, ...] = (type(record), *given)
    known = _SHAPES.get(form)
    if known is None:
        known = _SHAPES[form] = _shape(type(record), tuple(given))
    shape, defaults = known
    if defaults:
        given = {**defaults, **given}
    payload = {
        tag: value if type(value) in _AS_THEY_ARE else _ordered(value)
        for tag, name, kept_if_empty in shape
        if (value := given[name]) is not None and (value or kept_if_empty)
    }
    if record.unknown:
        payload.update((tag, _ordered(value)) for tag, value in record.unknown.items())
        payload = dict(sorted(payload.items()))
    packed: bytes = _packer.pack(payload)
    if len(packed) > _LARGE_BYTES:
        _let_go()
    return packed


def decode(record_type: str, version: int, payload: bytes) -> Record:
    """The record in a turn. Raises `CodecError` for an unknown type and for damaged bytes.

    `version` may be newer than ours: tags never change their meaning, and unknown ones are
    kept in `unknown`.
    """
    family = _BY_TYPE.get(record_type)
    if family is None:
        raise CodecError(
            f"a record of type '{record_type}' (version {version}) is not known to this program"
        )
    return _decoded(family, payload)


def decode_any(record_type: str, version: int, payload: bytes) -> Record:
    """As `decode`, but an unknown type gives an `UnknownRecord`: for those who only show it."""
    family = _BY_TYPE.get(record_type)
    if family is not None:
        return _decoded(family, payload)
    found = _unpacked(record_type, payload)
    _refuse_unless_tags(record_type, found)
    run_id, sequence_no, timestamp = (found.pop(tag, None) for tag in range(1, _COMMON_TAGS + 1))
    return UnknownRecord(
        run_id=run_id if isinstance(run_id, str) else "",
        sequence_no=sequence_no if isinstance(sequence_no, int) else 0,
        timestamp=timestamp if isinstance(timestamp, str) else "",
        type_name=record_type,
        type_version=version,
        unknown=found or None,
    )


def _decoded(family: type[Record], payload: bytes) -> Record:
    found = _unpacked(family.TYPE, payload)
    values = found.values()
    # A truth is an equal tag, and a float too, so the form has their classes as well.
    form = (family, *found, *map(type, found), *map(type, values))
    names = _READ.get(form)
    if names is None:
        _refuse_unless_tags(family.TYPE, found)
        names = _names(family, found)
        if names is None:
            return _with_unknown(family, found)
        if len(_READ) < _READ_LIMIT:
            _READ[form] = names
    record: Record = _new(family)
    record.__dict__.update(zip(names, values, strict=False))  # as many: it is the form
    return record


def _names(family: type[Record], found: Mapping[int, Any]) -> tuple[str, ...] | None:
    """The fields that values are of, by their tags; None if a tag is not known.

    Raises `CodecError` for a value that its field cannot have.
    """
    known = _BY_TAG[family]
    if not found.keys() <= known.keys():
        return None
    for tag, value in found.items():
        item = known[tag]
        if item.classes and type(value) not in item.classes:
            raise CodecError(
                f"a record of type '{family.TYPE}' is damaged: '{item.name}' "
                f"is a {type(value).__name__}"
            )
    return tuple(known[tag].name for tag in found)


def _with_unknown(family: type[Record], found: Mapping[int, Any]) -> Record:
    """A record of a newer program: what is known of it, and what is not."""
    known = _BY_TAG[family]
    plain = {tag: value for tag, value in found.items() if tag in known}
    values: dict[str, Any] = dict(zip(_names(family, plain) or (), plain.values(), strict=True))
    return family(**values, unknown={tag: found[tag] for tag in found if tag not in known})


def to_json(record: Record) -> dict[str, Json]:
    """The record as people's programs read it: field names, absent fields left out.

    Fields of a newer program stand under `unknown`, by tag.
    """
    shown: dict[str, Json] = {"type": type_name(record)}
    family = Record if isinstance(record, UnknownRecord) else type(record)
    for item in layout(family):
        value = getattr(record, item.name)
        if not item.absent(value):
            shown[item.name] = value
    if record.unknown:
        shown["unknown"] = {str(tag): value for tag, value in sorted(record.unknown.items())}
    return shown


def is_known(record: Record) -> bool:
    """Whether this program knows what the record says: its family, and the kind within it."""
    kinds = _KINDS.get(type(record))
    return kinds is not None and (not kinds or getattr(record, "kind", "") in kinds)


def type_name(record: Record) -> str:
    """The name of the record's family, as turns and events carry it."""
    return record.type_name if isinstance(record, UnknownRecord) else record.TYPE


def _unpacked(record_type: str, payload: bytes) -> dict[int, Any]:
    try:
        found = msgpack.unpackb(payload, strict_map_key=False, ext_hook=_extension)
    except (ValueError, TypeError, msgpack.exceptions.UnpackException) as error:
        raise CodecError(f"a record of type '{record_type}' is damaged: {error}") from error
    if not isinstance(found, dict):
        raise CodecError(f"a record of type '{record_type}' is damaged: {_NO_TAGS}")
    return found


def _refuse_unless_tags(record_type: str, found: Mapping[Any, Any]) -> None:
    if any(type(tag) is not int for tag in found):
        raise CodecError(f"a record of type '{record_type}' is damaged: {_NO_TAGS}")


def _extension(code: int, data: bytes) -> int:
    if code != _BIG_INTEGER:
        raise ValueError(f"unknown extension {code}")
    return int(data, 16)


_new = object.__new__


def _ordered(value: Any) -> Any:
    """A value whose bytes depend on nothing but what it means."""
    if type(value) is dict or isinstance(value, Mapping):
        return {
            key: item if type(item := value[key]) in _SCALARS else _ordered(item)
            for key in sorted(value)
        }
    if isinstance(value, _TEXTS):  # by another name, such as a status
        return value
    return [item if type(item) in _SCALARS else _ordered(item) for item in value]


def _extended(value: object) -> msgpack.ExtType:
    """An integer that msgpack has no form for."""
    assert isinstance(value, int), f"a {type(value).__name__} cannot be in a record"
    return msgpack.ExtType(_BIG_INTEGER, format(value, "x").encode())


_packer = msgpack.Packer(default=_extended)
_LARGE_BYTES = 1 << 20


def _let_go() -> None:
    """Take another packer: one never gives back the memory of the largest record it has packed."""
    global _packer
    _packer = msgpack.Packer(default=_extended)


def _shape(family: type[Record], names: tuple[str, ...]) -> Shape:
    """How a record with these fields is written."""
    known = {item.name: item for item in _LAYOUTS[family]}
    unknown = set(names) - known.keys() - {"unknown"}
    assert not unknown, f"{family.__name__} has no field {', '.join(sorted(unknown))}"
    defaults = {
        name: value
        for name, item in known.items()
        if name not in names and not item.absent(value := getattr(family, name))
    }
    written = [item for item in _LAYOUTS[family] if item.name in names or item.name in defaults]
    return tuple((item.tag, item.name, not item.empty_is_absent) for item in written), defaults


def _classes(hint: Any) -> tuple[type, ...]:
    """The classes a decoded value may have; () for any JSON value."""
    if hint is Any:
        return ()
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        members = [member for member in typing.get_args(hint) if member is not type(None)]
        return tuple(found for member in members for found in _classes(member))
    return (typing.get_origin(hint) or hint,)


def _layout(family: type[Record]) -> tuple[Field, ...]:
    hints = typing.get_type_hints(family, localns={"Json": Any})
    found = []
    for each in fields(family):
        if "tag" not in each.metadata:
            continue
        hint = hints[each.name]
        empty_is_absent = each.default == "" or each.default_factory is not MISSING
        found.append(Field(each.metadata["tag"], each.name, hint, _classes(hint), empty_is_absent))
    return tuple(sorted(found, key=lambda item: item.tag))


_DECLARED: tuple[type[Record], ...] = (Record, *FAMILIES)
_LAYOUTS = {family: _layout(family) for family in _DECLARED}
_KINDS = {family: frozenset(family.KINDS) for family in _DECLARED}
# What decoding and encoding ask of each record, found out once: records of one kind are given the
# same fields in the same order.
_BY_TAG = {family: {item.tag: item for item in items} for family, items in _LAYOUTS.items()}
_SHAPES: dict[tuple[object, ...], Shape] = {}
# The fields that such tags with values of such classes are; none of them is unknown or damaged.
_READ: dict[tuple[object, ...], tuple[str, ...]] = {}
_READ_LIMIT = 1024
