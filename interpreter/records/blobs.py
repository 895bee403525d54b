"""Large values of records: over 32 KiB they stand in a blob and are referenced.

A reference is `{"$blob": <hash>, "size": <bytes>, "media_type": "application/json"}`. A
user's own value of that look is put into a blob as well, so that no reading is ambiguous. A long
list of merged files is one such value.
It must not know which store holds the blobs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol, cast

from attractorc.compiler.value import Json, canonical

from .children import ChildLifecycle
from .families import FanInDecision, ParallelLifecycle, StageLifecycle
from .record import Record
from .ways import RouteDecision

LIMIT_BYTES = 32 * 1024
MARK = "$blob"
_MARK = MARK.encode()
_FIRST = _MARK[0]  # a number is looked for much faster than bytes
_SMALL_BYTES = LIMIT_BYTES // 8
_HOLDERS = (StageLifecycle, FanInDecision)
_OF_A_CHILD = ("inputs", "seen", "context_updates")


class Blobs(Protocol):
    """The part of a store that this needs."""

    def put_blob(self, data: bytes) -> str: ...
    def get_blob(self, digest: str) -> bytes: ...


def stays_whole(payload: bytes) -> bool:
    """Whether nothing in a record of these bytes can be large, or look like a reference.

    JSON takes at most six bytes for one of msgpack: a character that is written as `\\u0000`.
    """
    return len(payload) <= _SMALL_BYTES and (_FIRST not in payload or _MARK not in payload)


def refers(payload: bytes) -> bool:
    """Whether there may be a reference in a record of these bytes."""
    return _FIRST in payload and _MARK in payload


def externalised(record: Record, blobs: Blobs) -> Record:
    """The record with its large values, of contexts or collections, replaced by references."""
    if isinstance(record, _HOLDERS) and record.context_updates:
        values = record.context_updates
        outside = {}
        for key, value in values.items():
            if (out := _out(value, blobs)) is not value:
                outside[key] = out
        if outside:
            record = replace(record, context_updates={**values, **outside})
    elif isinstance(record, ParallelLifecycle) and record.collection is not None:
        return replace(record, collection=_out(record.collection, blobs))
    elif isinstance(record, ChildLifecycle):
        return _changed(record, lambda value: _out(value, blobs))
    if isinstance(record, FanInDecision) and record.files:
        files = _out(record.files, blobs)
        record = replace(record, files=files if isinstance(files, list) else [files])
    return record


def restored(record: Record, blobs: Blobs) -> Record:
    """The record with its references replaced by the values."""
    if type(record) is RouteDecision:  # a third of all records, and it holds no values
        return record
    if isinstance(record, _HOLDERS):
        for value in record.context_updates.values():
            if _is_reference(value):
                updates = {key: _in(value, blobs) for key, value in record.context_updates.items()}
                record = replace(record, context_updates=updates)
                break
    elif isinstance(record, ParallelLifecycle):
        if record.collection is not None and _is_reference(record.collection):
            return replace(record, collection=_in(record.collection, blobs))
        return record
    elif isinstance(record, ChildLifecycle):
        return _changed(record, lambda value: _in(value, blobs))
    if isinstance(record, FanInDecision) and record.files and _is_reference(record.files[0]):
        files = _in(record.files[0], blobs)
        assert isinstance(files, list)
        record = replace(record, files=files)
    return record


def _changed(record: ChildLifecycle, change: Callable[[Json], Json]) -> ChildLifecycle:
    """The record with a change made to each value of its maps; the same one if none changes."""
    changed: dict[str, dict[str, Json]] = {}
    for name in _OF_A_CHILD:
        values: Mapping[str, Json] = getattr(record, name)
        made = {key: change(value) for key, value in values.items()}
        if any(made[key] is not value for key, value in values.items()):
            changed[name] = made
    return replace(record, **cast("dict[str, Any]", changed)) if changed else record


def _is_reference(value: Any) -> bool:
    return type(value) is not str and isinstance(value, Mapping) and MARK in value


def _out(value: Json, blobs: Blobs) -> Json:
    if isinstance(value, str):
        if len(value) < LIMIT_BYTES // 4:
            return value
    elif not isinstance(value, Mapping | list | tuple):
        return value
    data = canonical(value).encode()
    if len(data) <= LIMIT_BYTES and not _is_reference(value):
        return value
    return {MARK: blobs.put_blob(data), "size": len(data), "media_type": "application/json"}


def _in(value: Json, blobs: Blobs) -> Json:
    if isinstance(value, Mapping) and MARK in value:
        loaded: Json = json.loads(blobs.get_blob(str(value[MARK])))
        return loaded
    return value
