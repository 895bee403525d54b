"""Running pipelines from Python: what stands behind `attractorc.run` and `attractorc.resume`.

Wires the interpreter's parts as a host asks for them; each can also be had by itself from
`attractorc.interpreter`. It must not print, read arguments, or heed signals.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from attractorc.compiler.plan.codec import to_json
from attractorc.compiler.plan.model import Plan
from attractorc.compiler.value import Json, NotJson, canonical, checked
from attractorc.interpreter.driver import Engine, create_run
from attractorc.interpreter.driver.clock import SystemClock
from attractorc.interpreter.driver.journal import Journal, Listener
from attractorc.interpreter.driver.looping import carried_through
from attractorc.interpreter.driver.opening import NewRun, new_run_id, plan_of
from attractorc.interpreter.driver.restarting import going_on, taken_up
from attractorc.interpreter.handlers import built_in, check_ready
from attractorc.interpreter.handlers.agent import Backend
from attractorc.interpreter.handlers.function import Function
from attractorc.interpreter.handlers.interviewers import Park
from attractorc.interpreter.ports import Handler, Interviewer, Ports, Store
from attractorc.interpreter.redaction import Secrets, secrets_in
from attractorc.interpreter.stores import open_store
from attractorc.interpreter.workspaces import LocalWorkspaces

from .commands.running import Settings, folders, forget

Handlers: TypeAlias = "Mapping[str, Handler | Function]"
MEMORY = "memory:"


class Unready(ValueError):
    """A pipeline cannot be run like this; one sentence. Nothing has been run."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run was left: its id, its status with the reason, its context, its open questions.

    `status` is `success`, `partial_success`, `fail`, `cancelled`, or `parked`, which waits for
    answers. Where a run was started anew (`loop_restart`) all this is the last one's.
    """

    run_id: str
    status: str
    reason: str = ""
    context: Mapping[str, Json] = field(default_factory=dict)
    questions: tuple[str, ...] = ()

    @property
    def succeeded(self) -> bool:
        """Whether the run ended well."""
        return self.status in ("success", "partial_success")


@dataclass(frozen=True, slots=True)
class Host:
    """What a host gives to its runs.

    `handlers` run node types of its own; one called `tool` or `agent` takes that one's place.
    Without an `interviewer` a run that asks parks. `backends` answer prompts beside `simulate`,
    `backend` is the choice among them. `store` is a file, or `memory:` for none. `listeners`
    hear of every record, with the state. `environment` is what tools inherit (default: ours).
    """

    handlers: Handlers = field(default_factory=dict)
    interviewer: Interviewer | None = None
    backends: Mapping[str, Backend] = field(default_factory=dict)
    backend: str = "simulate"
    store: str = MEMORY
    jobs: int | None = None
    listeners: Iterable[Listener] = ()
    environment: Mapping[str, str] | None = None

    def run(
        self,
        plan: Plan,
        inputs: Mapping[str, Json] | None = None,
        workspace: str | Path = ".",
        run_id: str | None = None,
    ) -> Ran:
        """Run a plan to its end, or until it parks. Raises `Unready` and `StoreError`."""
        name = run_id or new_run_id(SystemClock())
        folder = str(Path(workspace).absolute())
        values, text = _inputs(plan, inputs or {}), canonical(to_json(plan))
        new = NewRun(plan, text, plan.name, "", name, folder, values)

        async def opening(ports: Ports) -> Journal:
            return create_run(new, ports, self.listeners)

        ports = self._ports(plan)
        return self._carried_out(ports, open_store(self.store), opening)

    def resume(self, run_id: str) -> Ran:
        """Go on with a run that is kept. Raises `Unready` and `StoreError`."""
        store = open_store(self.store, create=False)
        try:
            going = going_on(store, run_id)
            ports = self._ports(plan_of(store, going.known))
        except BaseException:
            store.close()
            raise

        async def opening(ports: Ports) -> Journal:
            return await taken_up(going, ports, self.listeners)

        return self._carried_out(ports, store, opening)

    def _ports(self, plan: Plan) -> Callable[[Store], Ports]:
        environment = dict(os.environ if self.environment is None else self.environment)
        handlers = built_in(
            environment, backends=self.backends, backend=self.backend, custom=self.handlers
        )
        if (reason := check_ready(plan, handlers)) is not None:
            raise Unready(reason)
        asked, secrets = self.interviewer or Park(), Secrets(secrets_in(environment, (), ()))
        files = LocalWorkspaces()

        def made(store: Store) -> Ports:
            return Ports(store, handlers, asked, SystemClock(), workspaces=files, secrets=secrets)

        return made

    def _carried_out(
        self,
        made: Callable[[Store], Ports],
        store: Store,
        opening: Callable[[Ports], Awaitable[Journal]],
    ) -> Ran:
        ports, kept = made(store), Settings(self.store)

        async def go() -> Ran:
            journal = await opening(ports)
            while True:
                state = journal.state
                where = folders(kept, Path(state.workspace or "."), state.run_id)
                try:
                    result = await Engine(journal, ports, where, self.jobs).run()
                finally:
                    journal.close()
                    where.close()
                    if self.store == MEMORY:
                        forget(where, ports)
                if not result.next_run:
                    context = state.trunk.context.flat()
                    return Ran(
                        result.run_id, result.status, result.reason, context, result.questions
                    )
                journal = await taken_up(going_on(store, result.run_id), ports, self.listeners)

        try:
            return carried_through(go())
        finally:
            store.close()


def _inputs(plan: Plan, given: Mapping[str, Json]) -> dict[str, Json]:
    declared = {one.name: one for one in plan.inputs}
    values: dict[str, Json] = {}
    for name in given:
        if name not in declared:
            raise Unready(f"the pipeline has no input '{name}'")
    for name, one in declared.items():
        if name not in given and one.required:
            raise Unready(f"the input '{name}' has no default and must be given")
        try:
            values[name] = checked(given.get(name, one.default))
        except NotJson as error:
            raise Unready(f"the input '{name}' cannot be used: {error}") from error
    return values
