"""Which store context a record goes to: run, branch, child and attempt contexts (store.md).

A branch's context is forked from the turn before its fan-out, a retry's from the turn
before its stage, a thread's from the turn before the first stage in it. Rebuilt from the
journal on a resume. It must not know what records mean to a run.
"""

from __future__ import annotations

from typing import Any

from ..carried import FULL
from ..ports import Store, Turn
from ..records import (
    ChildLifecycle,
    LinkStageToAgent,
    ParallelLifecycle,
    Record,
    RouteDecision,
    StageLifecycle,
)
from ..records.drafts import filled

FINAL = ("completed", "failed")
_ENDS = frozenset(ParallelLifecycle.ENDS)
ENDING = (*FINAL, "retrying")


class Topology:
    """Contexts by path, their heads, and the turns that forks start from.

    Whoever appends a turn tells it, so that it need not ask the store. Branches are forgotten
    when control leaves their fan-out: nothing is written below their paths afterwards.
    """

    def __init__(self, store: Store, run_context: str) -> None:
        self._store = store
        self._contexts: dict[str, str] = {"": run_context}
        self._heads: dict[str, str] = {}
        self._entries: dict[str, str] = {}
        self._attempts: dict[str, str] = {}
        self._last_stage: dict[str, tuple[str, int]] = {}
        self._ended: dict[str, list[str]] = {}
        self._threads: dict[str, dict[str, str]] = {}
        self._children: dict[str, str] = {}

    def place(self, draft: Record) -> str:
        """The context that a draft belongs to; its store ids are filled in on the way."""
        # Asked of each record that there is: the families first that most are of.
        family = type(draft)
        known: Any = draft
        if family is RouteDecision:
            return self._contexts[known.path]
        if family is StageLifecycle:
            return self._contexts[known.path] if known.attempt == 1 else self._again(known)
        if family is ParallelLifecycle:
            return self._parallel(known)
        if isinstance(draft, LinkStageToAgent):
            return self._link(draft)
        if isinstance(draft, ChildLifecycle) and draft.kind == "started":
            return self._forked(draft)
        return self._contexts[str(getattr(draft, "path", ""))]

    def _forked(self, draft: ParallelLifecycle | ChildLifecycle) -> str:
        """A new context, of a branch or a child."""
        base = self._entries[draft.path]
        above = self._contexts[draft.path]
        context = self._store.fork_context(base)
        filled(draft, base_context=above, base_turn=base, context=context)
        return context

    def _parallel(self, draft: ParallelLifecycle) -> str:
        kind = draft.kind
        if kind == "branch_started":
            return self._forked(draft)
        above = self._contexts[draft.path]
        if kind == "branch_arrived":
            # One whose time was over before it started has no context of its own.
            return self._contexts.get(draft.branch_path or "") or above
        if kind in _ENDS:
            own = self._contexts.get(draft.branch_path or "")
            if own is not None and kind != "branch_cancelled":
                filled(draft, head_turn=self._heads[own])
        return above

    def _again(self, draft: StageLifecycle) -> str:
        """The context of a stage's later attempt, or of the stage where its outcome is final."""
        own = self._contexts[draft.path]
        if draft.kind != "started":
            return own if draft.kind in FINAL else self._attempts.get(draft.path, own)
        base = self._entries[draft.path]
        filled(draft, base_context=own, base_turn=base)
        return self._store.fork_context(base)

    def _link(self, draft: LinkStageToAgent) -> str:
        """A thread's context for its turns, for other links that of their stage's records.

        A turn whose fidelity is not `full` begins its thread anew (store.md).
        """
        own = self._contexts[draft.path]
        filled(draft, pipeline_context_id=own, parent_turn_id=self._heads.get(own))
        if draft.kind != "turn":
            return self._attempts.get(draft.path, own) if draft.attempt > 1 else own
        context = self._threads.get(draft.path, {}).get(draft.thread_key or "")
        if context is None or draft.fidelity != FULL:
            context = self._store.fork_context(self._entries[draft.path])
        head = self._heads.get(context)
        filled(draft, agent_context_id=context, agent_head_turn_id=head)
        return context

    def learn(self, record: Record, turn: Turn) -> None:
        """Take a turn of the journal into account: one just written, or read on a resume."""
        # Asked of each record that there is: the family first, and those that most are of.
        family = type(record)
        known: Any = record
        if family is StageLifecycle:
            if known.kind == "started":
                self._learn_start(known, turn)
            elif self._children and known.kind in ENDING:
                self._forget_child(known.path)
        elif family is ParallelLifecycle:
            self._learn_parallel(known, turn)
        elif isinstance(record, LinkStageToAgent):
            if record.kind == "turn":
                self._threads.setdefault(record.path, {})[record.thread_key or ""] = turn.context
        elif isinstance(record, ChildLifecycle) and record.kind == "started":
            self._contexts[record.child_path] = turn.context
            self._children[record.path] = record.child_path
        self._heads[turn.context] = turn.id

    def _learn_start(self, record: StageLifecycle, turn: Turn) -> None:
        path = record.path
        if record.attempt > 1:
            self._heads.pop(self._attempts.get(path, ""), None)
            self._attempts[path] = turn.context
            return
        stage = (record.node_id, record.visit)
        # A rerun forks from where its stage was first entered.
        if self._last_stage.get(path) != stage and turn.parent is not None:
            self._entries[path] = turn.parent
            self._last_stage[path] = stage

    def _learn_parallel(self, record: ParallelLifecycle, turn: Turn) -> None:
        if record.kind == "branch_started":
            self._contexts[record.branch_path or ""] = turn.context
        elif record.kind in _ENDS:
            self._ended.setdefault(record.path, []).append(record.branch_path or "")
        elif record.kind == "completed":
            self._forget_below(record.path)

    def _forget_child(self, path: str) -> None:
        child = self._children.pop(path, None)
        if child is not None:
            self._forget(child)
            self._forget_below(child)

    def _forget_below(self, path: str) -> None:
        self._forget_child(path)
        for branch in self._ended.pop(path, ()):
            self._forget(branch)
            self._forget_below(branch)

    def _forget(self, path: str) -> None:
        for context in (self._contexts.pop(path, ""), self._attempts.pop(path, "")):
            self._heads.pop(context, None)
        for context in self._threads.pop(path, {}).values():
            self._heads.pop(context, None)
        self._entries.pop(path, None)
        self._last_stage.pop(path, None)
