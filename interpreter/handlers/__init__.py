"""The table of handlers, by kind of work: tools, agents, and what the host adds.

Start, exit, conditional, fan-out and fan-in have no effects and need no handler; people are
asked through an interviewer. The table is made for each run from arguments: nothing
registers itself. It must not know a driver.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never, cast

from attractorc.compiler.plan.model import (
    Agent,
    Child,
    Conditional,
    Custom,
    Exit,
    FanIn,
    Human,
    Manager,
    Parallel,
    Plan,
    Start,
    Tool,
    Work,
)

from ..ports import Handler
from ..state.memory import agent_of
from .agent import AgentHandler, Backend
from .agent_simulate import SimulateBackend
from .function import Function, function_handler
from .hooks import HookedHandler
from .letting_go import LettingGo
from .process_groups import GRACE_S
from .tool import ToolHandler

TOOL = "tool"
AGENT = "agent"


def built_in(
    environment: Mapping[str, str],
    *,
    backends: Mapping[str, Backend] | None = None,
    backend: str = "simulate",
    providers: Mapping[str, str] | None = None,
    custom: Mapping[str, Handler | Function] | None = None,
    grace_s: float = GRACE_S,
    lenient: bool = False,
) -> Mapping[str, Handler]:
    """The handlers of a run, by the names that `handler_name` gives.

    `environment` is what tools inherit. `backends` are the agent backends beside `simulate`,
    `backend` the run's choice among them, `providers` that of nodes with an `llm_provider`.
    `custom` maps node types to handlers or plain functions; one that is called `tool` or `agent`
    takes that one's place, between the same hooks. `grace_s` is what a cancelled tool is given to
    end by itself, `lenient` how status files are read.
    """
    agents = AgentHandler(
        {"simulate": SimulateBackend(), **(backends or {})}, backend, providers, lenient=lenient
    )
    table: dict[str, Handler] = {
        TOOL: HookedHandler(
            ToolHandler(environment, grace_s, lenient=lenient), environment, grace_s
        ),
        AGENT: HookedHandler(agents, environment, grace_s),
    }
    for name, given in (custom or {}).items():
        own = _as_handler(given)
        is_hooked = name in (TOOL, AGENT)
        table[name] = HookedHandler(own, environment, grace_s) if is_hooked else own
    return table


def _as_handler(given: Handler | Function) -> Handler:
    # Ports are no classes to test for: what has `run` is a handler, all else a function.
    own = cast(Handler, given) if hasattr(given, "run") else function_handler(given)
    return LettingGo(own)


def handler_name(work: Work) -> str | None:
    """The table's name for what runs this work; None for work that needs no handler."""
    match work:
        case Tool():
            return TOOL
        case Agent():
            return AGENT
        case Custom():
            return work.type
        case (
            Start() | Exit() | Conditional() | Human() | Parallel() | FanIn() | Child() | Manager()
        ):
            return None
        case _:
            assert_never(work)


def check_ready(plan: Plan, handlers: Mapping[str, Handler]) -> str | None:
    """Why this plan cannot be run with these handlers, one sentence; None if it can.

    Names a missing handler, agent backend or agent program before anything runs.
    """
    steps = [step for one in plan.family for step in one.steps.values()]
    steps += [
        replace(step, work=step.work.steer)
        for step in steps
        if isinstance(step.work, Manager) and step.work.steer is not None
    ]
    for step in steps:
        name = handler_name(step.work)
        if name is not None and name not in handlers:
            return (
                f"node '{step.id}' has the type '{name}', and no handler is given for it "
                "(with --handlers, or by a host)"
            )
    asks = [step for step in steps if agent_of(step) is not None]
    if asks and AGENT not in handlers:
        return f"node '{asks[0].id}' asks an agent, and no handler is given for agents"
    agent = handlers.get(AGENT)
    agent = agent.inner if isinstance(agent, HookedHandler) else agent
    return agent.unready(tuple(asks)) if isinstance(agent, AgentHandler) else None
