"""The table of handlers: who runs what, and what is missing before anything runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from attractorc.compiler.plan.model import (
    Agent,
    Conditional,
    Custom,
    Exit,
    FanIn,
    Human,
    Judge,
    Parallel,
    Plan,
    Region,
    Start,
    Step,
    Tool,
    Work,
)
from attractorc.interpreter.handlers import built_in, check_ready, handler_name
from attractorc.interpreter.handlers.agent_command import CommandBackend
from attractorc.interpreter.handlers.hooks import HookedHandler
from attractorc.interpreter.handlers.letting_go import LettingGo
from attractorc.interpreter.ports import Call

from .fakes import FakeHandler, call, step

MISSING = {"command": CommandBackend(("no-such-agent",), {"PATH": "/bin"})}


def plan(*steps: Step, regions: dict[str, Region] | None = None) -> Plan:
    return Plan("p", "start", "exit", {s.id: s for s in steps}, regions or {})


@pytest.mark.parametrize(
    ("work", "name"),
    [
        (Tool("x"), "tool"),
        (Agent(()), "agent"),
        (Custom("mine"), "mine"),
        *((work, None) for work in (Start(), Exit(), Conditional(), Human(()), Parallel())),
        (FanIn(None), None),
    ],
)
def test_each_kind_of_work_has_its_handler(work: Work, name: str | None) -> None:
    assert handler_name(work) == name


def test_the_built_in_table_runs_tools_agents_and_the_host_s_own(tmp_path: Path) -> None:
    def function(given: Call) -> dict[str, str]:
        return {"ran": given.step.id}

    table = built_in({"PATH": "/bin:/usr/bin"}, custom={"mine": function, "fake": FakeHandler()})
    assert set(table) == {"tool", "agent", "mine", "fake"}
    for work in (Tool("true"), Agent(()), Custom("mine"), Custom("fake")):
        name = handler_name(work)
        assert name is not None
        outcome = asyncio.run(table[name].run(call(tmp_path, work)))
        assert outcome.status.succeeded


def test_a_host_may_replace_a_built_in_handler() -> None:
    mine = FakeHandler()
    hooked = built_in({}, custom={"agent": mine})["agent"]
    assert isinstance(hooked, HookedHandler)
    given = hooked.inner
    assert isinstance(given, LettingGo)
    assert given.inner is mine


def test_a_type_without_a_handler_is_named() -> None:
    given = plan(step(Tool("x"), "a"), step(Custom("mine"), "b"))
    assert check_ready(given, built_in({})) == (
        "node 'b' has the type 'mine', and no handler is given for it (with --handlers, or by a "
        "host)"
    )
    assert check_ready(given, built_in({}, custom={"mine": FakeHandler()})) is None


def test_a_missing_agent_program_is_said_only_if_it_is_needed() -> None:
    table = built_in({}, backends=MISSING, backend="command")
    assert check_ready(plan(step(Tool("x"), "a")), table) is None
    reason = check_ready(plan(step(Agent(()), "b")), table)
    assert reason is not None
    assert reason.startswith("node 'b' cannot be run: the agent program 'no-such-agent'")
    assert check_ready(plan(step(Agent((), backend="simulate"), "b")), table) is None


def test_an_unknown_backend_of_the_run_is_said() -> None:
    reason = check_ready(plan(step(Agent(()), "b")), built_in({}, backend="magic"))
    assert reason == "node 'b' cannot be run: there is no agent backend 'magic', only simulate"


@pytest.mark.parametrize(
    ("fan", "meet"),
    [(Parallel(), FanIn("fan", Judge(("Which?",)))), (Parallel(Judge(("Which?",))), Tool("x"))],
    ids=["at the fan-in", "at the fan-out"],
)
def test_a_winner_by_prompt_needs_an_agent_too(fan: Parallel, meet: Work) -> None:
    asks = "fan" if fan.judge else "meet"
    given = plan(step(fan, "fan"), step(meet, "meet"))
    reason = check_ready(given, built_in({}, backends=MISSING, backend="command"))
    assert reason is not None
    assert reason.startswith(f"node '{asks}' cannot be run: the agent program")
    assert check_ready(given, built_in({})) is None
    assert check_ready(given, {"tool": FakeHandler()}) == (
        f"node '{asks}' asks an agent, and no handler is given for agents"
    )


def test_a_winner_s_own_backend_overrides_the_run_s() -> None:
    own = step(FanIn("fan", Judge(("Which?",), backend="simulate")), "meet")
    table = built_in({}, backends=MISSING, backend="command")
    assert check_ready(plan(step(Parallel(), "fan"), own), table) is None


def test_a_winner_by_a_person_needs_no_agent() -> None:
    given = plan(step(FanIn("fan", Judge(question=("Which?",))), "meet"))
    assert check_ready(given, built_in({}, backends=MISSING, backend="command")) is None


def test_a_host_s_own_agent_handler_answers_for_itself() -> None:
    table = built_in({}, custom={"agent": FakeHandler()})
    assert check_ready(plan(step(Agent(()), "b")), table) is None
