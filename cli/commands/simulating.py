"""Simulated runs for `exec` and `resume`: a script's file, and a run on virtual time.

The script goes into the run's own record, so that a resume needs no file and plays on where
it was. It must not know the format of a script, or how an engine runs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from .exits import Exit, Refused
from .files import read_one
from .going_on import told_and_next
from .redacting import secrets_of
from .running import EXIT_CODES, Settings, listeners
from .stopping import heed_signals

if TYPE_CHECKING:
    from attractorc.compiler.plan.model import Plan
    from attractorc.compiler.value import Json
    from attractorc.interpreter.driver import RunResult
    from attractorc.interpreter.driver.changing import NewPlan
    from attractorc.interpreter.driver.journal import Journal
    from attractorc.interpreter.driver.opening import NewRun
    from attractorc.interpreter.driver.restarting import GoingOn
    from attractorc.interpreter.ports import Store
    from attractorc.interpreter.simulation import Script
    from attractorc.interpreter.simulation.running import Stage
    from attractorc.testing import Faulty

    from .showing import View

OPTION = "simulate"
RUN_ID = "simulated"
MEMORY = "memory:"


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a file says about a run: its script, and a case's inputs and jobs, if it is one."""

    script: Script
    record: Mapping[str, Json]
    inputs: Mapping[str, Json] | None = None
    jobs: int | None = None


@dataclass(frozen=True, slots=True)
class Played:
    """How a simulated run was left, after how many milliseconds of virtual time."""

    result: RunResult
    virtual_ms: int


def scenario(file: str, case: str | None, plan: Plan, colour: bool = False) -> Scenario:
    """The script in a file, or that of one of its cases. Raises `Refused`."""
    item = read_one(file)
    text = item.data.decode("utf-8", "replace")
    record: dict[str, Json] = {"file": item.name, "text": text}
    if case is not None:
        record["case"] = case
    return recorded(record, plan, colour)


def recorded(record: Mapping[str, Json], plan: Plan, colour: bool = False) -> Scenario:
    """The scenario that a run's record tells of."""
    from attractorc.testing import Faulty, read_cases, read_script

    file, data = str(record["file"]), str(record["text"]).encode()
    name = record.get("case")
    try:
        if name is None and not file.endswith(".test.yaml"):
            return Scenario(read_script(data, file, plan), record)
        cases = read_cases(data, file, plan).cases
    except Faulty as faulty:
        raise faults_told(faulty, colour) from faulty
    met = [case for case in cases if case.name == name] or [
        case for case in cases if str(name or "") in case.name
    ]
    if len(met) != 1:
        known = ", ".join(f"'{case.name}'" for case in met or cases)
        several = f"{len(met) or 'no'} cases have '{name}' in their names"
        said = "it holds several cases" if name is None else several
        raise Refused(f"{file}: {said}; choose one with --case: {known}")
    return Scenario(met[0].script, {**record, "case": met[0].name}, met[0].inputs, met[0].jobs)


def faults_told(faulty: Faulty, colour: bool) -> Refused:
    """Print what is wrong with a file, on standard error; what then ends the command."""
    from attractorc.compiler.render.findings_text import counts, full

    told = full(faulty.findings, {faulty.source.name: faulty.source}, colour)
    click.echo(told, nl=False, err=True, color=True)
    return Refused(f"{faulty.source.name} cannot be used: {counts(faulty.findings)}")


def begun(
    new: NewRun, script: Script, settings: Settings, store: Store, view: View, as_json: bool
) -> Played:
    """Make a simulated run, and run it to where the engine leaves it. Raises `Refused`.

    In memory it begins at the same moment every time, so that equal runs are equal to the
    byte; a run that is kept begins now, so that it is found where runs are listed by time.
    """
    from attractorc.interpreter.driver import create_run
    from attractorc.interpreter.driver.clock import SystemClock
    from attractorc.interpreter.simulation import EPOCH_MS, simulated_ports

    epoch_ms = EPOCH_MS if settings.store == MEMORY else SystemClock().now()
    secrets = secrets_of(settings.redaction, os.environ)
    stage = simulated_ports(new.plan, script, store, epoch_ms=epoch_ms, secrets=secrets)

    async def opening() -> Journal:
        heard = listeners(settings, store, new.run_id, view, real_time=False)
        return create_run(new, stage.ports, heard)

    return _played(stage, opening, settings, view, as_json)


def gone_on(
    going: GoingOn,
    plan: Plan,
    script: Script,
    settings: Settings,
    store: Store,
    view: View,
    as_json: bool,
    given: NewPlan | None = None,
) -> Played:
    """Go on with a simulated run that is kept, with its plan or the one given. `Refused`.

    Its script goes on too, over the runs that it is the new start of.
    """
    from attractorc.interpreter.driver.journal import read
    from attractorc.interpreter.driver.restarting import chain, taken_up
    from attractorc.interpreter.records.times import millis
    from attractorc.interpreter.simulation import simulated_ports

    runs = chain(store, going.known)
    records = [record for run_id in runs for record, _turn in read(store, run_id)]
    epoch_ms = millis(records[-1].timestamp)
    secrets = secrets_of(settings.redaction, os.environ)
    stage = simulated_ports(plan, script, store, epoch_ms=epoch_ms, secrets=secrets)
    stage.remember(records)

    async def opening() -> Journal:
        heard = listeners(settings, store, going.run_id, view, real_time=False)
        return await taken_up(going, stage.ports, heard, given)

    return _played(stage, opening, settings, view, as_json)


def _played(
    stage: Stage,
    opening: Callable[[], Coroutine[None, None, Journal]],
    settings: Settings,
    view: View,
    as_json: bool,
) -> Played:
    from attractorc.interpreter.driver.restarting import taken_up
    from attractorc.interpreter.ports import PlanRefused, StoreError, Unkeepable
    from attractorc.interpreter.simulation import Stuck, carried_out

    store = stage.ports.store

    async def onward(ended: RunResult) -> Journal:
        its_own, going = told_and_next(ended, settings, store, view, as_json)
        heard = listeners(its_own, store, going.run_id, view, real_time=False)
        return await taken_up(going, stage.ports, heard)

    try:
        result, _journal = carried_out(stage, opening, settings.jobs, heed_signals, onward)
    except Stuck as stuck:
        raise Refused(str(stuck), Exit.NOT_HELD) from stuck
    except (Unkeepable, PlanRefused) as error:
        raise Refused(str(error)) from error
    except StoreError as error:
        raise Refused(str(error), Exit.STORE) from error
    finally:
        stage.ports.store.close()
    return Played(result, stage.loop.milliseconds)


def ending(played: Played, scene: Scenario, view: View, store: str, as_json: bool) -> int:
    """Say how the run ended, and that it was none; the exit code."""
    from attractorc.compiler.value import duration_text

    from .showing import ending as end_of_run

    end_of_run(played.result, view, store, as_json)
    took = duration_text(played.virtual_ms)
    if not as_json:
        file = scene.record["file"]
        click.echo(f"  simulated by {file}: nothing was run; {took} of virtual time")
    return EXIT_CODES[played.result.status]
