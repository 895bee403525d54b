"""The status file: a stage's own word on how it went (specification, Appendix C).

A program that writes `status.json` decides the outcome, whatever its exit status says. The
file is read strictly: a fault in it fails the stage and is named, since a guess could take
the wrong route. It must not know which kind of program wrote it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from attractorc.compiler.plan.model import Step
from attractorc.compiler.plan.scalar import found
from attractorc.compiler.value import Json, NotJson, nearest

from ..outcome import Outcome, Status, failed
from .json_text import read_object

_LIMIT_BYTES = 16 * 1024 * 1024
_FIELDS = (
    "outcome",
    "status",
    "preferred_label",
    "suggested_next_ids",
    "context_updates",
    "notes",
    "failure_reason",
)
_AUTO = "auto-status: handler completed without writing status"


def decided(outcome: Outcome, path: Path, step: Step) -> Outcome:
    """The outcome of a program that may have written a status file at `path`.

    A file decides status, label, next ids, notes and reason; its context updates come on top
    of the handler's. A faulty file is a failure. Without a file the handler's outcome stands;
    `auto_status` notes a success that nobody wrote down, and never hides a failure.
    """
    try:
        data = _content(path)
        if data is None:
            return _without(outcome, step)
        return _read(data, outcome)
    except NotJson as error:
        fault = failed(f"the status file cannot be used: {error}", source="status_file")
        return replace(fault, context_updates=outcome.context_updates, artifacts=outcome.artifacts)


def _without(outcome: Outcome, step: Step) -> Outcome:
    if step.auto_status and outcome.status is Status.SUCCESS:
        return replace(outcome, notes=_AUTO)
    return outcome


def _content(path: Path) -> bytes | None:
    """The file's bytes, None without a file. Never waits, whatever a program put there."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NotJson(f"it cannot be opened ({error.strerror})") from error
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise NotJson("it is not a regular file")
        with os.fdopen(handle, "rb", closefd=False) as file:
            data = file.read(_LIMIT_BYTES + 1)
    finally:
        os.close(handle)
    if len(data) > _LIMIT_BYTES:
        raise NotJson(f"it is longer than {_LIMIT_BYTES // 1024 // 1024} MiB")
    return data


def _read(data: bytes, outcome: Outcome) -> Outcome:
    fields = read_object(data)
    for name in fields:
        meant = None if name in _FIELDS else nearest(name, _FIELDS)
        if meant:
            raise NotJson(f"it has no field '{name}'; '{meant}' is meant, it seems")
    status = _status(fields)
    reason = _text(fields, "failure_reason")
    if not reason and not status.succeeded:
        reason = (
            outcome.failure_reason or _text(fields, "notes") or f"the status file says {status}"
        )
    return replace(
        outcome,
        status=status,
        preferred_label=_text(fields, "preferred_label"),
        suggested_next_ids=_ids(fields.get("suggested_next_ids")),
        context_updates={**outcome.context_updates, **_updates(fields.get("context_updates"))},
        notes=_text(fields, "notes"),
        failure_reason="" if status.succeeded else reason,
        permanent=outcome.permanent and status is Status.FAIL,
        source="status_file",
    )


def _status(fields: Mapping[str, Json]) -> Status:
    given = [fields[name] for name in ("outcome", "status") if fields.get(name) is not None]
    if not given:
        raise NotJson("it has no 'outcome'")
    if len(given) == 2 and given[0] != given[1]:
        raise NotJson(f"'outcome' is {found(given[0])} and 'status' is {found(given[1])}")
    known = tuple(status.value for status in Status)
    if not isinstance(given[0], str) or given[0] not in known:
        raise NotJson(f"the outcome is {found(given[0])}, expected one of {', '.join(known)}")
    return Status(given[0])


def _text(fields: Mapping[str, Json], name: str) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise NotJson(f"'{name}' is not text")
    return value


def _ids(value: Json) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise NotJson("'suggested_next_ids' is not a list")
    ids = tuple(item for item in value if isinstance(item, str))
    if len(ids) != len(value):
        raise NotJson("'suggested_next_ids' is not a list of node ids")
    return ids


def _updates(value: Json) -> Mapping[str, Json]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise NotJson("'context_updates' is not an object")
    return value
