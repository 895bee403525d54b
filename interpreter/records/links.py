"""The family that links a stage's attempt to its agent: sessions, and the turns of threads.

Apart from the life of stages, because few attempts have one. Its tags are under the same rule.
It must not know how records are stored.
"""

from __future__ import annotations

from typing import ClassVar

from .declaring import family, tag
from .record import Record


@family
class LinkStageToAgent(Record):
    """Which session of an agent an attempt belongs to, and where its turn is kept.

    Kinds: `turn` (the next turn of the thread `thread_key`; this record stands in the thread's
    own context), `tried` (an attempt that is tried again, and no part of the thread), `noted` (a
    session that no thread goes on with). `prompt` and `response` are blobs of what the stage
    told its agent and what came back. `backend` gave `agent_session_id`; `agent_context_id` is
    the thread's context, `agent_head_turn_id` its head before this turn, `pipeline_context_id`
    the walker's context, `parent_turn_id` its head.
    """

    TYPE: ClassVar[str] = "attractor.link_stage_to_agent"
    KINDS: ClassVar[tuple[str, ...]] = ("turn", "tried", "noted")

    kind: str = tag(4, "")
    node_id: str = tag(5, "")
    path: str = tag(6, "")
    visit: int = tag(7, 1)
    attempt: int = tag(8, 1)
    stage_attempt_id: str = tag(9, "")
    agent_session_id: str | None = tag(10)
    backend: str | None = tag(11)
    thread_key: str | None = tag(12)
    fidelity: str | None = tag(13)
    pipeline_context_id: str | None = tag(14)
    parent_turn_id: str | None = tag(15)
    agent_context_id: str | None = tag(16)
    agent_head_turn_id: str | None = tag(17)
    prompt: str | None = tag(18)
    response: str | None = tag(19)
