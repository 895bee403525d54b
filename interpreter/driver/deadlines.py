"""The deadlines of joins, branches and children: one timer, the later ones in a heap.

A deadline that has lost its meaning is not taken back: the machine ignores what it says.
Time in which the run was stopped, parked or dead does not count, so what is left is told
from the state (semantics 5). It must not know what a timeout does to a run.
"""

from __future__ import annotations

import asyncio
import heapq

from ..ports import Clock
from ..records import ChildLifecycle, ParallelLifecycle, Record, StageLifecycle
from ..state import Fork, State, Walker
from .events import Event, TimeOver


class Deadlines:
    """Watches the forks of a run; what is over is put into the queue of events."""

    def __init__(self, clock: Clock, events: asyncio.Queue[Event]) -> None:
        self._clock = clock
        self._events = events
        self._heap: list[tuple[int, str, int]] = []
        self._watched: set[tuple[str, int]] = set()
        self._timer: asyncio.Task[None] | None = None

    def heed(self, state: State, record: Record) -> None:
        """Watch what a record began: a fan-out, or with its first attempt a branch."""
        match record:
            case ParallelLifecycle(kind="started"):
                walker = state.walkers[record.path]
                if walker.fork is not None:
                    self._watch_fork(state, state.forks[walker.fork])
            case StageLifecycle(kind="started"):
                walker = state.walkers[record.path]
                fork = state.own_fork(walker)
                if fork is not None:
                    self._watch_branch(state, fork, walker.branch_index)
            case ChildLifecycle(kind="started"):
                self._watch_child(state, state.walkers[record.path])

    def take_up(self, state: State) -> None:
        """Watch what is open in a state that was folded from a journal."""
        for fork in state.forks.values():
            self._watch_fork(state, fork)
            for branch in fork.branches:
                if branch.arrival is None and branch.end is None:
                    self._watch_branch(state, fork, branch.index)
        for walker in state.walkers.values():
            self._watch_child(state, walker)

    def end(self) -> None:
        """Watch nothing any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _watch_fork(self, state: State, fork: Fork) -> None:
        timeout = fork.region.policy.join_timeout_ms
        if timeout is not None:
            self._watch(fork.stage, -1, timeout - (state.active_ms - fork.begun_ms))

    def _watch_branch(self, state: State, fork: Fork, index: int) -> None:
        timeout, begun = fork.region.policy.branch_timeout_ms, fork.branches[index].begun_ms
        if timeout is not None and begun is not None:
            self._watch(fork.stage, index, timeout - (state.active_ms - begun))

    def _watch_child(self, state: State, walker: Walker) -> None:
        child, timeout = walker.child, walker.step.timeout_ms
        if child is not None and timeout is not None and not child.over:
            self._watch(walker.writer, -1, timeout - (state.active_ms - child.begun_ms))

    def _watch(self, stage: str, index: int, left_ms: int) -> None:
        if (stage, index) in self._watched:
            return
        self._watched.add((stage, index))
        due = self._clock.monotonic() + max(0, left_ms)
        earlier = not self._heap or due < self._heap[0][0]
        heapq.heappush(self._heap, (due, stage, index))
        if earlier:
            self.end()
            self._timer = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while self._heap:
            due, stage, index = self._heap[0]
            left = due - self._clock.monotonic()
            if left > 0:
                await self._clock.sleep(left)
                continue
            heapq.heappop(self._heap)
            self._events.put_nowait(TimeOver(stage, None if index < 0 else index))
