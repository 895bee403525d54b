"""The tasks of an engine: attempts, questions and timers that run beside its loop.

Each puts what came of it into the queue of events and changes nothing else. It must not
know what a result does to the run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from attractorc.compiler.plan.model import Agent, Custom, FanIn, Manager, Parallel, Tool

from ..decide import FileWork, settle, supervising
from ..handlers.results import vetted, vetted_answer
from ..outcome import Outcome, failed
from ..ports import Answer, Call, Handler, Ports, Process, Question, StoreError
from ..records import InterviewLifecycle, Record
from ..state import Phase, Walker
from ..tuples import tupled
from ..workspace import WorkspaceError
from .calls import Folders, call_for
from .events import (
    Answered,
    Broken,
    Cancelled,
    DelayOver,
    Event,
    Filed,
    LookDue,
    Polled,
    Result,
)
from .faults import is_being_cancelled, words_of
from .file_work import job_of
from .journal import Journal


class Tasks:
    """What runs beside the loop, by the path of the walker that it is for."""

    def __init__(
        self, journal: Journal, ports: Ports, folders: Folders, events: asyncio.Queue[Event]
    ) -> None:
        self._journal = journal
        self._ports = ports
        self._folders = folders
        self._events = events
        self.attempts: dict[str, asyncio.Task[None]] = {}
        self.asks: dict[str, asyncio.Task[None]] = {}
        self.timers: dict[str, asyncio.Task[None]] = {}
        self.looks: dict[str, asyncio.Task[None]] = {}
        self._poller: asyncio.Task[None] | None = None
        self.files: dict[str, asyncio.Task[None]] = {}

    def at_once(self, path: str) -> Result | None:
        """What the attempt of a walker comes to, if its handler can say so without an effect."""
        answer = getattr(self._handler(path), "at_once", None)
        if answer is None:
            return None
        state, begun = self._journal.state, self._ports.clock.monotonic()
        walker = state.walkers[path]
        try:
            given: Outcome | None = answer(self._call(walker, _no_process))
        except Exception as error:
            given = failed(words_of(error), source="engine")
        if given is None:
            return None
        duration_ms = self._ports.clock.monotonic() - begun
        attempt_id = walker.attempt_id(state.run_id)
        return tupled(Result, (path, attempt_id, vetted(given), duration_ms))

    def gated(self, path: str) -> bool:
        """Whether the handler of a walker's stage waits itself until the journal is durable."""
        return bool(getattr(self._handler(path), "gated", False))

    def start(self, path: str) -> None:
        """Run the handler of the stage that a walker stands at."""
        state = self._journal.state
        attempt_id = state.walkers[path].attempt_id(state.run_id)
        task = asyncio.create_task(self._attempt(path, attempt_id, self._handler(path)))
        self.attempts[path] = task

        def ended(task: asyncio.Task[None]) -> None:
            # A task that is cancelled before its first step never runs its own except clause.
            if task.cancelled():
                self._events.put_nowait(Cancelled(path))
            elif (error := task.exception()) is not None:
                outcome = vetted(failed(words_of(error), source="engine"))
                self._events.put_nowait(Result(path, attempt_id, outcome, 0))

        task.add_done_callback(ended)

    def ask(self, path: str) -> None:
        """Ask the question of the stage that a walker stands at."""
        state = self._journal.state
        walker = state.walkers.get(path)
        if walker is None or walker.phase is not Phase.ASKING:
            return  # a join was decided without it, in the same turn
        asked = settle.question(state, walker)
        task = asyncio.create_task(self._ask(path, asked))
        self.asks[path] = task

        def ended(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (error := task.exception()) is not None:
                answer = Answer("skipped", source=words_of(error))
                self._events.put_nowait(Answered(path, asked.id, answer))

        task.add_done_callback(ended)

    def file(self, work: FileWork) -> None:
        """Have the port of workspaces do something, in a thread; it is never broken off."""
        if work.path not in self.files:
            job = job_of(work, self._journal.state, self._folders, self._ports.workspaces)
            self.files[work.path] = asyncio.create_task(self._file(work, job))

    def wait(self, path: str) -> None:
        """Wait until a walker's backoff is over."""
        self.timers[path] = asyncio.create_task(self._delay(path))

    def take_up(self) -> None:
        """Timers and open questions of a state that was folded from a journal."""
        state = self._journal.state
        for path, walker in state.walkers.items():
            if walker.due is not None and walker.phase == "backoff" and not walker.doomed:
                self.wait(path)
            if supervising.waits(state, path):
                self.look(path)
        for question_id, path in list(state.questions.items()):
            walker = state.walkers[path]
            if walker.phase == "asking" and question_id == walker.stage:
                self.ask(path)

    def look(self, path: str) -> None:
        """Wait until a supervisor's next look at its child is due."""
        if (before := self.looks.get(path)) is not None:
            before.cancel()
        self.looks[path] = asyncio.create_task(self._look(path))

    def looked(self, path: str) -> None:
        """A look was due; the next one may be waited for already, after a steering."""
        if (task := self.looks.get(path)) is not None and task.done():
            del self.looks[path]

    def cancel(self, paths: tuple[str, ...]) -> None:
        """End what runs for these walkers; an attempt tells when it has ended."""
        for path in paths:
            if (attempt := self.attempts.get(path)) is not None:
                attempt.cancel()
            for waiting in (self.timers, self.asks, self.looks):
                if (task := waiting.pop(path, None)) is not None:
                    task.cancel()

    def cancel_all(self, *, attempts: bool) -> None:
        """End questions and timers, and attempts too if told so."""
        for tasks in (self.asks, self.timers, self.looks, self.attempts if attempts else {}):
            for task in tasks.values():
                task.cancel()

    def answered(self, records: tuple[Record, ...]) -> None:
        """Stop asking questions that were answered from elsewhere."""
        for record in records:
            if isinstance(record, InterviewLifecycle):
                task = self.asks.pop(record.path, None)
                if task is not None:
                    task.cancel()

    def poll(self, milliseconds: int) -> None:
        """Have the loop look at the control table that often."""
        self._poller = asyncio.create_task(self._poll(milliseconds))

    async def end(self) -> None:
        """End everything and wait until it has ended."""
        self.cancel_all(attempts=True)
        if self._poller is not None:
            self._poller.cancel()
        tasks = [*self.attempts.values(), *self.asks.values(), *self.timers.values()]
        tasks += self.looks.values()
        await asyncio.gather(*tasks, *self.files.values(), return_exceptions=True)

    def _handler(self, path: str) -> Handler:
        state = self._journal.state
        work = state.walkers[path].step.work
        if isinstance(work, Manager) and work.steer is not None:
            work = work.steer
        match work:
            case Tool():
                return self._ports.handlers["tool"]
            case Agent() | FanIn() | Parallel():
                return self._ports.handlers["agent"]
            case Custom():
                return self._ports.handlers[work.type]
        raise AssertionError(f"{type(work).__name__} has no handler")

    async def _attempt(self, path: str, attempt_id: str, handler: Handler) -> None:
        state, clock = self._journal.state, self._ports.clock
        walker = state.walkers[path]
        timeout_ms = walker.step.timeout_ms
        begun, gated = clock.monotonic(), self.gated(path)

        def report(process: Process) -> None:
            self._journal.append(settle.process_started(state, attempt_id, path, process))
            if not gated:  # else it waits for `durable`
                self._journal.save()  # a machine that stops ends the process too

        try:
            call = self._call(walker, report)
            async with asyncio.timeout(_seconds(timeout_ms)) as limit:
                outcome = vetted(await handler.run(call))
        except asyncio.CancelledError:
            if is_being_cancelled():
                self._events.put_nowait(Cancelled(path))
                return
            outcome = failed("the handler cancelled itself", source="engine")
        except StoreError as error:  # no fault of the stage: it runs again on a resume
            self._events.put_nowait(Broken(error))
            return
        except Exception as error:  # the one place: a handler's fault becomes an outcome
            late = isinstance(error, TimeoutError) and limit.expired()
            words = f"timed out after {_shown(timeout_ms or 0)}" if late else words_of(error)
            outcome = vetted(failed(words, source="engine"))
        self._events.put_nowait(Result(path, attempt_id, outcome, clock.monotonic() - begun))

    async def _file(self, work: FileWork, job: Callable[[], object]) -> None:
        try:
            answer: object = await asyncio.to_thread(job)
        except WorkspaceError as error:
            answer = error
        except Exception as error:  # as with a handler: the world's fault, not the run's end
            answer = WorkspaceError(words_of(error))
        self._events.put_nowait(Filed(work, answer))

    def _call(self, walker: Walker, report: Callable[[Process], None]) -> Call:
        journal = self._journal
        blob = journal.store.get_blob
        return call_for(journal.state, walker, self._folders, report, journal.durable, blob)

    async def _ask(self, path: str, asked: Question) -> None:
        try:
            own = getattr(self._ports.interviewer, "keeps_time", False)
            async with asyncio.timeout(None if own else _seconds(asked.timeout_ms)) as limit:
                answer = vetted_answer(await self._ports.interviewer.ask(asked))
        except asyncio.CancelledError:
            if is_being_cancelled():
                raise
            answer = Answer("skipped", source="the interviewer cancelled itself")
        except Exception as error:  # an interviewer's fault answers nothing
            late = isinstance(error, TimeoutError) and limit.expired()
            answer = Answer("timeout") if late else Answer("skipped", source=words_of(error))
        self._events.put_nowait(Answered(path, asked.id, answer))

    async def _poll(self, milliseconds: int) -> None:
        while True:
            await self._ports.clock.sleep(milliseconds)
            self._events.put_nowait(Polled())

    async def _delay(self, path: str) -> None:
        walker = self._journal.state.walkers[path]
        # Where the clock was put back meanwhile, no longer than the delay is.
        left = min((walker.due or 0) - self._ports.clock.now(), walker.delay_ms)
        await self._ports.clock.sleep(left)
        self._events.put_nowait(DelayOver(path))

    async def _look(self, path: str) -> None:
        walker = self._journal.state.walkers[path]
        writer, due = walker.writer, walker.due or 0
        left = due - self._ports.clock.now()
        manager = supervising.manager_of(self._journal.state, walker)
        if manager is not None:  # no longer than an interval, where the clock was put back
            left = min(left, manager.poll_interval_ms)
        await self._ports.clock.sleep(left)
        self._events.put_nowait(LookDue(path, writer, due))


def _no_process(process: Process) -> None:
    raise AssertionError(f"process {process.pid} was started by a handler without effects")


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


def _shown(milliseconds: int) -> str:
    return f"{milliseconds} ms" if milliseconds < 1000 else f"{milliseconds / 1000:g} s"
