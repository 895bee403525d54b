"""What another terminal wants of a run: posted to its engine, or done here if there is none.

Who runs a run holds its lock, so that trying the lock tells whether anybody does. It must
not know what a pause or a cancel does to a run.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from .exits import Exit, Refused
from .redacting import Redaction, of_run, secrets_of

if TYPE_CHECKING:
    from attractorc.interpreter.ports import Store

LOOK_S = 0.1


def is_running(store: Store, run_id: str) -> bool:
    """Whether an engine has the run now."""
    from attractorc.interpreter.ports import Locked

    try:
        store.lease(run_id).release()
    except Locked:
        return True
    return False


def meant(store: Store, run_id: str) -> str:
    """The run that a wish for this one is about: itself, or the last that started it anew."""
    from attractorc.interpreter.driver.restarting import going_on

    return going_on(store, run_id).known


def refuse_ended(store: Store, run_id: str) -> None:
    """Raises `Refused` for a run that has ended."""
    from attractorc.interpreter.ports import ENDED

    status = store.run(run_id).status
    if status in ENDED:
        raise Refused(f"the run '{run_id}' has ended ({status})")


def wished(store: Store, run_id: str, command: str, reason: str | None) -> None:
    """Post a wish for whoever runs the run; secrets in the reason are not kept."""
    from attractorc.interpreter.driver.clock import SystemClock
    from attractorc.interpreter.records.times import stamp

    payload = {}
    if reason is not None:
        payload["reason"] = without_secrets(store, run_id, reason, "leave --reason out")
    store.post(run_id, command, payload, stamp(SystemClock().now()))
    store.commit()


def heard(
    store: Store,
    name: str,
    command: str,
    reason: str | None,
    wanted: tuple[str, ...],
    wait_s: float,
) -> tuple[str, str | None]:
    """Post a wish to the engine of a run, and wait until the run has one of these statuses.

    The run that heard it, and its status, None if that takes longer. Where the run starts anew
    before it hears, the next one is told.
    """
    until = time.monotonic() + wait_s
    while True:
        wished(store, name, command, reason)
        status = obeyed(store, name, wanted, until - time.monotonic())
        if status != "restarted":
            return name, status
        while (following := meant(store, name)) == name:  # not begun yet
            if time.monotonic() >= until:
                return name, status
            time.sleep(LOOK_S)
        name = following


def without_secrets(store: Store, run_id: str, text: str, way_out: str) -> str:
    """A text as it may be kept with a run. `Refused` where nobody can say what is secret in it."""
    from attractorc.interpreter.driver.opening import beginning_of

    from . import agents

    options = beginning_of(store, run_id).options
    told = of_run(options)
    if told.file is not None and not Path(told.file).is_file():
        raise Refused(
            f"{told.file}: the file of secrets that the run was started with is not there any "
            f"more, so that '{text}' cannot be looked through; {way_out}"
        )
    keys = Redaction(agents.of_run(options).secrets(os.environ))
    return secrets_of(keys.and_also(told), os.environ).text(text)


def obeyed(store: Store, run_id: str, wanted: tuple[str, ...], wait_s: float) -> str | None:
    """The status once it is one of these, None if it is not after so many seconds."""
    until = time.monotonic() + wait_s
    while (status := store.run(run_id).status) not in wanted:
        if time.monotonic() >= until:
            return None
        time.sleep(LOOK_S)
    return status


def store_trouble(error: Exception) -> Refused:
    """Trouble with the store, as a sentence with its exit code."""
    return Refused(str(error), Exit.STORE)
