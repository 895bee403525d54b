"""The status file: a stage's own word on how it went (specification, Appendix C).

A program that writes `status.json` decides the outcome, whatever its exit status says; what
did not count is told in `Outcome.ignored`. It must not know which kind of program wrote it,
nor how the file's fields are read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from attractorc.compiler.plan.labels import match_text
from attractorc.compiler.plan.model import Step
from attractorc.compiler.value import NotJson

from ..outcome import Outcome, Status, failed
from .status_fields import Said, read_status

SOURCE = "status_file"
AUTO_SOURCE = "auto_status"
_LIMIT_BYTES = 16 * 1024 * 1024
_AUTO = "auto-status: handler completed without writing status"


def decided(outcome: Outcome, path: Path, step: Step, *, lenient: bool = False) -> Outcome:
    """The outcome of a program that may have written a status file at `path`.

    A file decides status, label, next ids, notes and reason; its context updates come on top
    of the handler's. A faulty file is a failure; with `lenient`, one that holds no JSON object is
    ignored, and so are faulty fields beside `outcome`. Without a file the handler's outcome
    stands; `auto_status` notes a success that nobody wrote down, and never hides a failure.
    """
    try:
        data = _content(path)
        if data is None:
            return _without(outcome, step)
        said = read_status(data, lenient)
    except NotJson as error:
        fault = failed(f"the status file cannot be used: {error}", source=SOURCE)
        return fault._replace(
            context_updates=outcome.context_updates,
            artifacts=outcome.artifacts,
            ignored=outcome.ignored,
            session=outcome.session,
            agent=outcome.agent,
        )
    if said.status is None:
        return _without(outcome, step)._replace(ignored=(*outcome.ignored, *said.ignored))
    return _over(outcome, said, said.status, step)


def _without(outcome: Outcome, step: Step) -> Outcome:
    if step.auto_status and outcome.status is Status.SUCCESS:
        return outcome._replace(notes=_AUTO, source=AUTO_SOURCE)
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


def _over(outcome: Outcome, said: Said, status: Status, step: Step) -> Outcome:
    """What a file says, over what the handler came to."""
    reason = said.failure_reason
    if not reason and not status.succeeded:
        reason = outcome.failure_reason or said.notes or f"the status file says {status}"
    return outcome._replace(
        status=status,
        preferred_label=said.preferred_label,
        suggested_next_ids=said.suggested_next_ids,
        context_updates={**outcome.context_updates, **said.context_updates},
        notes=said.notes,
        failure_reason="" if status.succeeded else reason,
        permanent=outcome.permanent and status is Status.FAIL,
        source=SOURCE,
        ignored=(*outcome.ignored, *said.ignored, *_passed_over(outcome, said, status, step)),
    )


def _passed_over(outcome: Outcome, said: Said, status: Status, step: Step) -> Iterator[str]:
    """What was said and can have no effect, or was overruled."""
    if status.succeeded and not outcome.status.succeeded:
        yield f"the status file says {status}, and goes before: {outcome.failure_reason}"
    if status.succeeded and said.failure_reason:
        yield f"the status file gives a failure_reason with {status}"
    if not step.routes:
        return
    label = said.preferred_label
    if label and match_text(label) not in {route.match for route in step.routes}:
        yield f"no edge of '{step.id}' has the label '{label}' that the status file prefers"
    targets = {route.target for route in step.routes}
    for name in said.suggested_next_ids:
        if name not in targets:
            yield f"no edge of '{step.id}' leads to '{name}', which the status file suggests"
