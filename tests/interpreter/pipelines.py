"""Plans made by hand, and a way to run them without a front end: what the core is tested with.

A stage's behaviour is a function or an outcome under its node id; what has none succeeds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from attractorc.compiler.expr import Comparison, Expr
from attractorc.compiler.plan.codec import to_json
from attractorc.compiler.plan.digest import sealed
from attractorc.compiler.plan.labels import accelerator, match_text
from attractorc.compiler.plan.model import (
    Branch,
    Exit,
    FanIn,
    Parallel,
    Plan,
    Region,
    Route,
    Start,
    Step,
    Tool,
    Work,
)
from attractorc.compiler.policy import FanOut, Merge, Winner
from attractorc.compiler.value import canonical
from attractorc.interpreter.driver import Engine, RunResult, create_run, resume_run
from attractorc.interpreter.driver.calls import Folders
from attractorc.interpreter.driver.changing import NewPlan
from attractorc.interpreter.driver.clock import SystemClock
from attractorc.interpreter.driver.journal import Journal, read
from attractorc.interpreter.driver.opening import NewRun
from attractorc.interpreter.driver.replay import replay
from attractorc.interpreter.outcome import Outcome, Status
from attractorc.interpreter.ports import Answer, Call, Ports, Question, Store
from attractorc.interpreter.records import Record
from attractorc.interpreter.redaction import NO_SECRETS, Secrets
from attractorc.interpreter.stores.memory import MemoryStore
from attractorc.interpreter.workspace import Workspaces

SUCCEEDS = Outcome(Status.SUCCESS)
Behaviour = Outcome | Callable[[Call], Awaitable[Outcome]]


def fails(reason: str = "it broke") -> Outcome:
    return Outcome(Status.FAIL, failure_reason=reason)


def writes(**updates: Any) -> Outcome:
    return Outcome(Status.SUCCESS, context_updates=updates)


def after(seconds: float, outcome: Outcome = SUCCEEDS) -> Behaviour:
    async def behave(call: Call) -> Outcome:
        await asyncio.sleep(seconds)
        return outcome

    return behave


def when(key: str, value: str) -> Expr:
    return Comparison(key, "=", value)


def to(target: str, label: str = "", **fields: Any) -> Route:
    return Route(target, label, match_text(label), accelerator(label), **fields)


def step(name: str, *routes: str | Route, work: Work | None = None, **fields: Any) -> Step:
    return Step(
        name,
        fields.pop("label", name),
        Tool(f"run {name}") if work is None else work,
        tuple(to(route) if isinstance(route, str) else route for route in routes),
        **fields,
    )


def region(
    fan_out: str, heads: Mapping[str, str] | str, join_at: str | None, **fields: Any
) -> Region:
    named = {head: head for head in heads.split()} if isinstance(heads, str) else heads
    return Region(
        fan_out,
        tuple(Branch(branch, head) for branch, head in named.items()),
        join_at,
        fields.pop("meeting", "fan_in" if join_at else "none"),
        fields.pop("policy", FanOut()),
        fields.pop("winner", Winner()),
        fields.pop("merge", Merge()),
        **fields,
    )


def plan(*steps: Step, regions: tuple[Region, ...] = (), **fields: Any) -> Plan:
    """A sealed plan; `start` and `exit` are supplied, `start` goes to the first step."""
    by_id = {one.id: one for one in steps}
    by_id.setdefault("start", step("start", steps[0].id, work=Start()))
    by_id.setdefault("exit", step("exit", work=Exit()))
    return sealed(
        Plan(
            fields.pop("pipeline", "test"),
            "start",
            "exit",
            by_id,
            {one.fan_out: one for one in regions},
            **fields,
        )
    )


def fan(heads: str = "a b c", policy: FanOut | None = None, **fields: Any) -> Plan:
    """start -> fan -> {heads} -> join -> exit, each branch one stage."""
    names = heads.split()
    return plan(
        step("fan", work=Parallel()),
        *(step(name, "join", region="fan") for name in names),
        step("join", "exit", work=FanIn("fan")),
        regions=(region("fan", heads, "join", policy=policy or FanOut(), **fields),),
    )


class Scripted:
    """A handler whose behaviour per node id is given; keeps what it was called with."""

    def __init__(self, behaviour: Mapping[str, Behaviour | list[Behaviour]] | None = None) -> None:
        self.behaviour = dict(behaviour or {})
        self.calls: list[Call] = []

    async def run(self, call: Call) -> Outcome:
        self.calls.append(call)
        found = self.behaviour.get(call.step.id, SUCCEEDS)
        if isinstance(found, list):
            nth = sum(1 for one in self.calls if one.step.id == call.step.id) - 1
            found = found[min(nth, len(found) - 1)]
        return found if isinstance(found, Outcome) else await found(call)

    @property
    def ran(self) -> list[str]:
        return [call.step.id for call in self.calls]


class Nobody:
    """An interviewer with nobody to ask."""

    async def ask(self, question: Question) -> Answer:
        return Answer("parked")


class Says:
    """An interviewer that gives one answer to everything."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.questions: list[Question] = []

    async def ask(self, question: Question) -> Answer:
        self.questions.append(question)
        return Answer("chosen", self.text)


@dataclass
class Ran:
    """A run that an engine has left: its result, its records, its handler, its store."""

    result: RunResult
    store: Store
    handler: Scripted
    journal: Journal
    records: list[Record] = field(default_factory=list)

    @property
    def context(self) -> Mapping[str, Any]:
        return self.journal.state.trunk.context.flat()

    def of(self, kind: type[Record], *kinds: str) -> list[Any]:
        return [
            record
            for record in self.records
            if isinstance(record, kind) and (not kinds or getattr(record, "kind", "") in kinds)
        ]


def run(
    plan: Plan,
    behaviour: Mapping[str, Behaviour | list[Behaviour]] | Scripted | None = None,
    *,
    store: Store | None = None,
    interviewer: Any = None,
    jobs: int | None = None,
    run_id: str = "run-1",
    inputs: Mapping[str, Any] | None = None,
    resume: bool = False,
    folder: Path = Path(),
    replayed: bool = True,
    workspaces: Workspaces | None = None,
    options: Mapping[str, Any] | None = None,
    poll_ms: int | None = None,
    secrets: Secrets = NO_SECRETS,
    given: NewPlan | None = None,
    handlers: Mapping[str, Any] | None = None,
) -> Ran:
    """Run a plan to where the engine leaves it, or resume the run of that id; then replay it.

    `given` is the plan that a resume is told to go on with.
    """
    handler = behaviour if isinstance(behaviour, Scripted) else Scripted(behaviour)
    kept = store if store is not None else MemoryStore()
    table = handlers or {"tool": handler, "agent": handler}
    asked = interviewer or Nobody()
    ports = Ports(kept, table, asked, SystemClock(), workspaces=workspaces, secrets=secrets)
    places = Folders(folder, folder / "stages", workspaces=folder / "workspaces" / run_id)

    async def go() -> tuple[RunResult, Journal]:
        if resume:
            journal = await resume_run(run_id, ports, (), given)
        else:
            text = canonical(to_json(plan))
            told = (inputs or {}, options or {})
            new = NewRun(plan, text, "test.dot", "", run_id, str(folder), *told)
            journal = create_run(new, ports)
        try:
            engine = Engine(journal, ports, places, jobs, poll_ms=poll_ms)
            return await engine.run(), journal
        finally:
            journal.close()

    result, journal = asyncio.run(go())
    if replayed:
        came = replay(kept, run_id)
        assert came.difference is None, came.difference
    records = [record for record, _turn in read(kept, run_id)]
    return Ran(result, kept, handler, journal, records)


def taking_over(plan: Plan, *, accept: bool = True) -> NewPlan:
    """A plan as a resume is given it."""
    return NewPlan(plan, canonical(to_json(plan)), "new.dot", "", accept)


def quick(one: Step, retries: int, *, covers_fail: bool = True) -> Step:
    """The step with a retry policy that does not wait."""
    policy = replace(
        one.retry, max_attempts=retries + 1, covers_fail=covers_fail, initial_delay_ms=1
    )
    return replace(one, retry=policy)
