"""A record read in part: its long lists cut to their beginnings, heavy fields left out.

The decision about thousands of branches is megabytes long; whoever shows its beginning must
not pay for all of it. What is skipped is never made into objects. It must not know what
records mean.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from io import BytesIO
from typing import Any

import msgpack

from attractorc.compiler.value import Json

from . import FAMILIES
from .codec import CodecError, decode, layout
from .record import Record

SMALL_BYTES = 16 * 1024
_READ_BYTES = 64 * 1024
_BY_TYPE: Mapping[str, type[Record]] = {family.TYPE: family for family in FAMILIES}


class Part(list[Any]):
    """The beginning of a list that has `total` elements."""

    def __init__(self, elements: list[Any], total: int) -> None:
        super().__init__(elements)
        self.total = total


def total(elements: object) -> int:
    """How many elements a list has, also where only its beginning was read."""
    if isinstance(elements, Part):
        return elements.total
    return len(elements) if isinstance(elements, list | tuple) else 0


def glanced(
    record_type: str,
    version: int,
    payload: bytes,
    most: int,
    *,
    left_out: Collection[str] = (),
    whole: Collection[str] = (),
    picked: Mapping[str, str | None] | None = None,
) -> Record:
    """The record with at most `most` elements of every list, and without some fields.

    With no fewer than the payload has bytes, nothing is cut. A list of a field in `whole` keeps
    all its elements, but not those of lists within. Of a map in `picked` one key is kept, or with
    None all keys without their values. Values that stand in blobs stay references. Raises
    `CodecError` as decoding does.
    """
    family = _BY_TYPE.get(record_type)
    if family is None or len(payload) <= max(SMALL_BYTES, most):
        return decode(record_type, version, payload)
    known = {item.tag: item.name for item in layout(family) if item.name not in left_out}
    last = max(known)
    values: dict[str, Any] = {}
    try:
        source = _Source(payload, most)
        for _ in range(source.unpacker.read_map_header()):
            tag = source.unpacker.unpack()
            if tag > last:
                break  # tags ascend, so nothing is left that is wanted
            name = known.get(tag)
            if name is None:
                source.unpacker.skip()
            elif picked is not None and name in picked:
                values[name] = source.picked(picked[name])
            else:
                values[name] = source.value(name in whole)
    except (ValueError, TypeError, IndexError, msgpack.exceptions.UnpackException) as error:
        raise CodecError(f"a record of type '{record_type}' is damaged: {error}") from error
    return family(**values)


class _Source:
    """Values out of a payload, one by one."""

    def __init__(self, payload: bytes, most: int) -> None:
        self._payload = payload
        self._most = most
        self.unpacker = msgpack.Unpacker(
            BytesIO(payload), strict_map_key=False, read_size=_READ_BYTES
        )

    def value(self, all_elements: bool = False) -> Json:
        """The next value; its first byte says what it is."""
        first = self._payload[self.unpacker.tell()]
        if first & 0xF0 == 0x90 or first in (0xDC, 0xDD):
            count = self.unpacker.read_array_header()
            kept = count if all_elements else min(count, self._most)
            # Lists within the elements of one that is cut are short enough.
            one = self.value if all_elements else self.unpacker.unpack
            found = [one() for _ in range(kept)]
            for _ in range(count - kept):
                self.unpacker.skip()
            return Part(found, count) if kept < count else found
        if first & 0xF0 == 0x80 or first in (0xDE, 0xDF):
            pairs = range(self.unpacker.read_map_header())
            return {self.unpacker.unpack(): self.value() for _ in pairs}
        plain: Json = self.unpacker.unpack()
        return plain

    def picked(self, wanted: str | None) -> dict[str, Json]:
        """The next map: one of its keys, or all of them with None for every value."""
        found: dict[str, Json] = {}
        for _ in range(self.unpacker.read_map_header()):
            name = self.unpacker.unpack()
            if name == wanted:
                found[name] = self.unpacker.unpack()
            else:
                self.unpacker.skip()
                if wanted is None:
                    found[name] = None
        return found
