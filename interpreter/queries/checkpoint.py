"""The run directory's checkpoint: where a run stands, as the specification's file says it.

Apart from the writing of files. It must not decide what is written when.
"""

from __future__ import annotations

from collections import deque

from attractorc.compiler.value import Json

from ..records import FanInDecision, ParallelLifecycle, Record, RouteDecision, StageLifecycle
from ..records.codec import type_name
from ..state import State
from .paths import qualified
from .reading import stage_id

LOGS_KEPT = 200


class Progress:
    """What the state does not keep: order of completion, outcomes and retries by node, a log."""

    def __init__(self) -> None:
        self._completed: dict[str, None] = {}
        self._outcomes: dict[str, Json] = {}
        self._retries: dict[str, int] = {}
        self._joins: dict[str, Json] = {}
        self._logs: deque[str] = deque(maxlen=LOGS_KEPT)
        self._current = ""
        self._timestamp = ""

    def note(self, record: Record, state: State) -> None:
        """Take a record into account."""
        self._timestamp = record.timestamp
        match record:
            case StageLifecycle(kind="completed" | "failed"):
                node = qualified(record.path, record.node_id)
                self._completed[node] = None
                self._outcomes[node] = record.status
                self._current = record.node_id if not record.path else self._current
                self._log(record)
            case StageLifecycle(kind="retrying"):
                node = qualified(record.path, record.node_id)
                self._retries[node] = self._retries.get(node, 0) + 1
                self._log(record)
            case ParallelLifecycle(kind="started" | "join_decided"):
                stage = stage_id(record.path, record.node_id, record.visit)
                self._joins[stage] = "undecided" if record.kind == "started" else "decided"
            case FanInDecision():
                stage = stage_id(record.path, record.fan_out, record.fan_out_visit)
                self._joins[stage] = "merged"
            case RouteDecision():
                for note in record.notes:
                    self._logs.append(f"{record.timestamp} {record.stage_attempt_id}: {note}")
            case _:
                pass

    def pass_over(self, record: Record) -> None:
        """Note a record that a newer program wrote."""
        self._timestamp = record.timestamp
        self._logs.append(
            f"{record.timestamp} record {record.sequence_no} of type '{type_name(record)}' "
            "is not known to this program"
        )

    def checkpoint(self, state: State) -> dict[str, Json]:
        """The file's content; the context is the trunk's."""
        trunk = state.walkers.get("")
        return {
            "timestamp": self._timestamp,
            "run_id": state.run_id,
            "status": state.status,
            "current_node": self._current,
            "completed_nodes": list(self._completed),
            "node_outcomes": dict(self._outcomes),
            "node_retries": dict(self._retries),
            "context": {} if trunk is None else trunk.context.flat(),
            "logs": list(self._logs),
            "branches": _branches(state),
            "joins": dict(self._joins),
        }

    def _log(self, record: StageLifecycle) -> None:
        said = record.failure_reason or record.notes or ""
        told = f": {said}" if said else ""
        self._logs.append(
            f"{record.timestamp} {record.stage_attempt_id} {record.kind} ({record.status}){told}"
        )


def _branches(state: State) -> list[Json]:
    """The branches of the forks that control has not left yet."""
    found: list[Json] = []
    for fork in state.forks.values():
        for branch in fork.branches:
            walker = state.walkers.get(branch.path)
            found.append(
                {
                    "path": branch.path,
                    "status": branch.phase.value if branch.end is None else branch.end.value,
                    "node": branch.head if walker is None else walker.node,
                    "attempt": None if walker is None else walker.attempt,
                }
            )
    return found
