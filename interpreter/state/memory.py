"""What a walker remembers for its agents: what was done on its way, and its threads.

Kept only in runs that have agents, and bounded: the last stages with a few words each, counts
of all of them. A thread belongs to one walker, so no branch can go on with a sibling's or the
trunk's. Updated by `apply` alone. It must not know what is told of all this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from attractorc.compiler.plan.model import Agent, Conditional, FanIn, Parallel, Plan, Start, Step
from attractorc.compiler.value import Json

from ..carried import FULL
from ..records import LinkStageToAgent, StageLifecycle
from ..tuples import tupled

KEPT_STAGES = 40
KEPT_CHARS = 240
_NO_WORK = (Conditional, Start)
_SAID = ("last_response", "tool.output")


class Done(NamedTuple):
    """A stage that has its outcome: its status, attempts before the last one, and what it said.

    `tried` is why the last of those attempts was tried again, '' where there was none.
    """

    node: str
    visit: int
    status: str
    retries: int
    said: str
    tried: str = ""


@dataclass(slots=True)
class Thread:
    """One conversation. `session` is the last one's id, '' where it cannot be gone on with.

    `backend` gave it. `turns` are the blobs of what was said and answered, oldest first.
    """

    session: str = ""
    backend: str = ""
    turns: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Memory:
    """One walker's. `done` are its last stages, the counts are of all.

    `edge_fidelity` and `edge_thread` are of the edge to where it stands. `before` is the thread
    of the stage before, '' where that was no agent's under full fidelity. `fidelity`, `thread`
    and `degraded` are the current attempt's, as it was started; `tried` is why the one before
    it was tried again. `used_full`: a stage asked for
    it; `hop`: the next one that does is degraded, because the run was resumed.
    """

    done: list[Done] = field(default_factory=list)
    succeeded: int = 0
    failed: int = 0
    retries: int = 0
    edge_fidelity: str = ""
    edge_thread: str = ""
    before: str = ""
    fidelity: str = ""
    thread: str = ""
    degraded: bool = False
    tried: str = ""
    used_full: bool = False
    hop: bool = False
    threads: dict[str, Thread] | None = None


def agent_of(step: Step) -> Agent | None:
    """What a step asks of an agent, for its own work or for a winner; None if nothing."""
    work = step.work
    if isinstance(work, Agent):
        return work
    if isinstance(work, (FanIn, Parallel)):
        return None if work.judge is None else work.judge.agent
    return None


def has_agents(plan: Plan) -> bool:
    """Whether anything of a walker has to be remembered."""
    return any(agent_of(step) is not None for step in plan.steps.values())


def routed(memory: Memory, edge: Mapping[str, Json]) -> None:
    """The walker took an edge, as its record names it."""
    memory.edge_fidelity = str(edge.get("fidelity") or "")
    memory.edge_thread = str(edge.get("thread") or "")


def begun(memory: Memory, record: StageLifecycle) -> None:
    """An attempt was started, or an agent is asked for a winner."""
    memory.fidelity = record.fidelity or ""
    memory.thread = record.thread_key or ""
    memory.degraded = record.degraded_from is not None
    if memory.thread:
        memory.used_full = True


def committed(memory: Memory, step: Step, record: StageLifecycle) -> None:
    """A stage has its outcome."""
    if isinstance(step.work, _NO_WORK):
        return  # they did nothing that anybody would look back to (semantics 2)
    retries = record.attempt - 1
    said = record.failure_reason or _said(record.context_updates)
    status = record.status or ""
    done = (record.node_id, record.visit, status, retries, said[:KEPT_CHARS], memory.tried)
    memory.done.append(tupled(Done, done))
    if len(memory.done) > KEPT_STAGES:
        del memory.done[0]
    if record.kind == "completed":
        memory.succeeded += 1
    else:
        memory.failed += 1
    memory.retries += retries
    memory.before = memory.thread
    if memory.degraded:
        memory.hop = memory.degraded = False
    memory.fidelity = memory.thread = memory.tried = ""


def retried(memory: Memory, record: StageLifecycle) -> None:
    """An attempt is to be tried again."""
    memory.tried = (record.failure_reason or _said(record.context_updates))[:KEPT_CHARS]


def linked(memory: Memory, record: LinkStageToAgent) -> None:
    """A stage's attempt was linked to its agent; a turn of a thread is taken into that."""
    if record.kind != "turn" or not record.thread_key:
        return
    if memory.threads is None:
        memory.threads = {}
    thread = memory.threads.get(record.thread_key)
    if thread is None or record.fidelity != FULL:
        thread = memory.threads[record.thread_key] = Thread()
    thread.session = record.agent_session_id or ""
    thread.backend = record.backend or ""
    thread.turns.append((record.prompt or "", record.response or ""))


def resumed(memory: Memory) -> None:
    """Another engine goes on: no session that an earlier one held can be trusted."""
    memory.hop = memory.used_full
    for thread in (memory.threads or {}).values():
        thread.session = ""


def _said(updates: Mapping[str, Json]) -> str:
    for key in _SAID:
        value = updates.get(key)
        if isinstance(value, str) and value:
            return value
    return ""
