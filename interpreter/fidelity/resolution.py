"""Which fidelity an agent's attempt has, and which thread it belongs to.

The order is the specification's (5.4): for the fidelity the edge, the stage, the graph, `compact`;
for the thread the stage, the edge, the graph (a subgraph's is in the plan as one of these), the
stage before. The first `full` stage of a walker after a resume is degraded. It must not know
what any fidelity means.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from attractorc.compiler.plan.model import Agent, Plan, Step

from ..carried import COMPACT, FULL, SUMMARY_HIGH
from ..state import Walker
from ..state.memory import Memory, agent_of


@dataclass(frozen=True, slots=True)
class Resolved:
    """`thread` is '' where no later stage goes on with the attempt's session.

    `degraded_from` is what the fidelity would be, had the run not been resumed, else ''.
    """

    fidelity: str = COMPACT
    thread: str = ""
    degraded_from: str = ""


_DEFAULT = Resolved()


def resolved(plan: Plan, step: Step, agent: Agent, memory: Memory) -> Resolved:
    """What an agent's next attempt at this step is, where a walker with this memory stands."""
    fidelity = memory.edge_fidelity or agent.fidelity or plan.default_fidelity
    if fidelity is None or fidelity == COMPACT:
        return _DEFAULT
    if fidelity != FULL:
        return Resolved(fidelity)
    # A stage after none of a thread begins one, and names it: so the stage after it finds it.
    thread = (
        agent.thread_id or memory.edge_thread or plan.default_thread_id or memory.before or step.id
    )
    if memory.hop:
        return Resolved(SUMMARY_HIGH, thread, FULL)
    return Resolved(FULL, thread)


def attempt_fields(walker: Walker) -> dict[str, Any]:
    """What a record of an attempt's start says of all this: nothing where it is the default."""
    if walker.memory is None:
        return {}
    step = walker.step
    agent = agent_of(step)
    if agent is None:
        return {}
    found = resolved(walker.plan, step, agent, walker.memory)
    if found is _DEFAULT:
        return {}
    fields = {"fidelity": found.fidelity}
    if found.thread:
        fields["thread_key"] = found.thread
    if found.degraded_from:
        fields["degraded_from"] = found.degraded_from
    return fields
