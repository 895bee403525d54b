"""Which store context a record goes to: run, branch and attempt contexts (store.md).

A branch's context is forked from the turn before its fan-out, a retry's from the turn
before its stage. Rebuilt from the journal on a resume. It must not know what records mean
to a run.
"""

from __future__ import annotations

from dataclasses import replace

from ..ports import Store, Turn
from ..records import FanInDecision, ParallelLifecycle, Record, StageLifecycle

FINAL = ("completed", "failed")


class Topology:
    """Contexts by path, and the turns that forks start from."""

    def __init__(self, store: Store, run_context: str) -> None:
        self._store = store
        self._contexts: dict[str, str] = {"": run_context}
        self._entries: dict[str, str] = {}
        self._attempts: dict[str, str] = {}
        self._last_stage: dict[str, tuple[str, int]] = {}

    def head(self, path: str) -> str:
        """The head turn of a path's context, '' while it is empty."""
        turn = self._store.head(self._contexts[path])
        return "" if turn is None else turn.id

    def place(self, record: Record) -> tuple[str, Record]:
        """The context that a draft belongs to, and the draft with its store ids filled in."""
        match record:
            case ParallelLifecycle(kind="branch_started"):
                base = self._entries[record.path]
                context = self._store.fork_context(base)
                self._contexts[record.branch_path or ""] = context
                lineage = replace(
                    record,
                    base_context=self._contexts[record.path],
                    base_turn=base,
                    context=context,
                )
                return context, lineage
            case ParallelLifecycle(kind="branch_arrived"):
                # One whose time was over before it started has no context of its own.
                own = self._contexts.get(record.branch_path or "")
                return own or self._contexts[record.path], record
            case ParallelLifecycle() if record.kind.startswith("branch_"):
                known = record.branch_path in self._contexts
                if known and record.kind not in ("branch_cancelled", "branch_retrying"):
                    record = replace(record, head_turn=self.head(record.branch_path or ""))
                return self._contexts[record.path], record
            case StageLifecycle(kind="started"):
                return self._start(record)
            case StageLifecycle() if record.attempt > 1 and record.kind not in FINAL:
                return self._attempts.get(record.path, self._contexts[record.path]), record
            case StageLifecycle() | FanInDecision():
                return self._contexts[record.path], record
        return self._contexts[str(getattr(record, "path", ""))], record

    def _start(self, record: StageLifecycle) -> tuple[str, Record]:
        own = self._contexts[record.path]
        if record.attempt == 1:
            head = self._store.head(own)
            assert head is not None
            if record.path not in self._entries or not self._is_rerun(record):
                self._entries[record.path] = head.id
            self._last_stage[record.path] = (record.node_id, record.visit)
            return own, record
        base = self._entries[record.path]
        context = self._store.fork_context(base)
        self._attempts[record.path] = context
        return context, replace(record, base_context=own, base_turn=base)

    def _is_rerun(self, record: StageLifecycle) -> bool:
        return self._last_stage.get(record.path) == (record.node_id, record.visit)

    def learn(self, record: Record, turn: Turn) -> None:
        """Take a turn of the journal into account, on a resume."""
        match record:
            case ParallelLifecycle(kind="branch_started"):
                self._contexts[record.branch_path or ""] = turn.context
            case StageLifecycle(kind="started") if record.attempt == 1:
                if not self._is_rerun(record) and turn.parent is not None:
                    self._entries[record.path] = turn.parent
                self._last_stage[record.path] = (record.node_id, record.visit)
            case StageLifecycle(kind="started"):
                self._attempts[record.path] = turn.context
            case _:
                pass
