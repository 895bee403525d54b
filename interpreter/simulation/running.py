"""Running a plan on virtual time: a new run, or one that an earlier simulation has left.

Wires the real driver to scripted actors and a virtual loop. It must not know how a plan or
a script was written down.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from attractorc.compiler.plan.codec import to_json
from attractorc.compiler.plan.model import Plan
from attractorc.compiler.value import Json, canonical

from ..driver import Engine, RunResult, create_run
from ..driver.calls import Folders
from ..driver.journal import Journal, Listener, read
from ..driver.opening import NewRun
from ..driver.restarting import going_on, taken_up
from ..ports import Ports, Store
from ..queries.reading import stage_id
from ..records import InterviewLifecycle, Record, StageLifecycle
from ..records.times import millis
from ..redaction import NO_SECRETS, Secrets
from ..state import State, Walker
from ..stores.memory import MemoryStore
from .actors import ScriptedHandler, ScriptedInterviewer, scripted_handlers
from .script import Script
from .virtual_time import AllWait, Stuck, VirtualClock, VirtualLoop

__all__ = ["EPOCH_MS", "Simulated", "Stuck", "carried_out", "simulate", "simulated_ports"]

EPOCH_MS = 946_684_800_000
"""When a simulation begins if nobody says otherwise: 2000-01-01T00:00:00Z."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Simulated:
    """A run that the engine has left: its result, its records, its final state and context.

    Where it was started anew, all that is the last run's.

    `took_ms` is virtual. `store` holds the run, for queries.
    """

    result: RunResult
    records: tuple[Record, ...]
    state: State
    context: Mapping[str, Json]
    took_ms: int
    store: Store


class NoFolders(Folders):
    """A simulated stage has no folder, and leaves nothing to be removed."""

    def make(self, walker: Walker) -> Path:
        """There is none to be made."""
        raise RuntimeError(f"the stage '{walker.stage}' is simulated and has no folder")

    def empty(self, walker: Walker) -> None:
        """There is nothing to be removed."""

    def close(self) -> None:
        """There is nothing to be removed."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The ports of a simulated run, the loop that it must run on, and its folders."""

    ports: Ports
    loop: VirtualLoop
    handler: ScriptedHandler
    interviewer: ScriptedInterviewer
    folders: Folders

    def remember(self, records: Iterable[Record]) -> None:
        """Count the turns that an earlier engine has played (before a resume)."""
        for record in records:
            match record:
                # The ends of a region take a turn only where they ask an agent for a winner.
                case StageLifecycle(kind="started", handler="parallel" | "parallel.fan_in"):
                    pass
                case StageLifecycle(kind="started" | "judging"):
                    stage = stage_id(record.path, record.node_id, record.visit)
                    attempt = record.stage_attempt_id
                    self.handler.remember(record.path, record.node_id, stage, attempt)
                case InterviewLifecycle(kind="completed" | "timeout"):
                    self.interviewer.remember(record.path, record.node_id, record.question_id)


def simulated_ports(
    plan: Plan,
    script: Script,
    store: Store,
    *,
    epoch_ms: int = EPOCH_MS,
    secrets: Secrets = NO_SECRETS,
) -> Stage:
    """What a simulated run of a plan is wired with. `epoch_ms` is when its clock begins."""
    loop = VirtualLoop()
    handler, handlers = scripted_handlers(plan, script)
    interviewer = ScriptedInterviewer(script)
    clock = VirtualClock(loop, epoch_ms)
    ports = Ports(store, handlers, interviewer, clock, secrets=secrets)
    return Stage(ports, loop, handler, interviewer, NoFolders(Path(), Path()))


def carried_out(
    stage: Stage,
    opening: Callable[[], Awaitable[Journal]],
    jobs: int | None = None,
    heed: Callable[[Engine], None] = lambda engine: None,
    onward: Callable[[RunResult], Awaitable[Journal]] | None = None,
) -> tuple[RunResult, Journal]:
    """Open a run and let the engine have it, all on virtual time. `Stuck` if it never ends.

    `heed` is given the engine before it runs, to stop it from outside. `onward` opens the run
    that starts one anew; by default nothing hears of it. What is told is about the last run.
    """
    seen: list[Journal] = []

    async def go() -> RunResult:
        journal = await opening()
        while True:
            seen.append(journal)
            try:
                engine = Engine(journal, stage.ports, stage.folders, jobs, jitter=lambda _: 1.0)
                heed(engine)
                result = await engine.run()
            finally:
                journal.close()
            if not result.next_run or engine.stopping:
                return result
            journal = await (onward or following)(result)

    async def following(result: RunResult) -> Journal:
        return await taken_up(going_on(stage.ports.store, result.run_id), stage.ports)

    try:
        with asyncio.Runner(loop_factory=lambda: stage.loop) as runner:
            return runner.run(go()), seen[-1]
    except AllWait as error:
        raise Stuck(_why(seen[-1].state if seen else None)) from error


def _why(state: State | None) -> str:
    waiting = [] if state is None else sorted({*state.running, *state.questions.values()})
    names = ", ".join(state.walkers[path].stage for path in waiting) if state else ""
    return f"the simulation cannot go on: {names or 'the run'} waits for ever"


def simulate(
    plan: Plan,
    script: Script,
    *,
    inputs: Mapping[str, Json] | None = None,
    jobs: int | None = None,
    run_id: str = "simulated",
    store: Store | None = None,
    listeners: Iterable[Listener] = (),
) -> Simulated:
    """Run a plan with scripted stages and people, in no time and the same way every time.

    `inputs` are the values of all inputs. Without `store` the run is kept in memory. Raises
    `Stuck` where the run would never end.
    """
    kept = MemoryStore() if store is None else store
    stage = simulated_ports(plan, script, kept)
    text = canonical(to_json(plan))
    new = NewRun(plan, text, plan.name, "", run_id, "", inputs or {}, {"simulated": True})

    async def opening() -> Journal:
        return create_run(new, stage.ports, listeners)

    async def onward(ended: RunResult) -> Journal:
        return await taken_up(going_on(kept, ended.run_id), stage.ports, listeners)

    result, journal = carried_out(stage, opening, jobs, onward=onward)
    records = tuple(record for record, _turn in read(kept, result.run_id))
    took_ms = millis(records[-1].timestamp) - millis(records[0].timestamp)
    context = journal.state.trunk.context.flat()
    return Simulated(result, records, journal.state, context, took_ms, kept)
