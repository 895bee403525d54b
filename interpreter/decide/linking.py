"""The record that links an attempt to its agent's session, and a turn to its thread.

After the record of the outcome, so that a thread never holds a turn that was not committed. It
must not know what a session is good for.
"""

from __future__ import annotations

from ..outcome import Outcome
from ..records import LinkStageToAgent, Record, StageLifecycle
from ..state import State, Walker

_FINAL = ("completed", "failed", "judged")


def with_link(
    state: State, walker: Walker, outcome: Outcome, records: tuple[Record, ...]
) -> tuple[Record, ...]:
    """Records for the outcome of an attempt, and its link where there is a thread or a session."""
    memory = walker.memory
    if memory is None or not (memory.thread or outcome.session):
        return records
    stage = next((one for one in records if isinstance(one, StageLifecycle)), None)
    if stage is None:
        return records
    final = stage.kind in _FINAL
    kind = ("turn" if memory.thread else "noted") if final else "tried"
    link = LinkStageToAgent(
        kind=kind,
        node_id=walker.node,
        path=walker.path,
        visit=walker.visit,
        attempt=walker.attempt,
        stage_attempt_id=walker.attempt_id(state.run_id),
        agent_session_id=outcome.session or None,
        backend=str(outcome.agent.get("backend") or "") or None,
        thread_key=memory.thread or None,
        fidelity=memory.fidelity or None,
    )
    return (*records, link)
