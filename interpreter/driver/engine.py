"""The engine: an asyncio loop that carries commands out and journals what came of them.

It asks the machine until there is nothing to decide, makes the journal durable, lets the
effects out, and waits for the next event. It decides nothing itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from .. import retry
from ..decide import (
    Ask,
    Cancel,
    Commit,
    FileWork,
    Finish,
    Limits,
    StartAttempt,
    decide,
    settle,
    supervising,
)
from ..decide.stages import RESTARTED
from ..ports import Ports
from ..records import ChildLifecycle, Record, RunLifecycle, StageLifecycle
from .arrivals import Arrivals
from .calls import Folders
from .closing import checkpoint, closing_records
from .deadlines import Deadlines
from .events import Event, Polled, Woken
from .journal import Journal
from .restarting import next_run_id
from .result import RunResult
from .tasks import Tasks

TURN_LIMIT = 1_000
TURNS_UNSAVED = 24


class Engine:
    """Runs one run until it ends, parks or is stopped."""

    def __init__(
        self,
        journal: Journal,
        ports: Ports,
        folders: Folders,
        jobs: int | None = None,
        jitter: Callable[[str], float] = retry.jitter,
        poll_ms: int | None = None,
    ) -> None:
        """`jitter` gives the factor of the backoff after an attempt, in [0.5, 1.5].

        With `poll_ms` the wishes of other terminals are heard that often; without, answers
        only, before the run would park.
        """
        self._journal = journal
        self._ports = ports
        self._folders = folders
        self._jobs = jobs
        self._poll_ms = poll_ms
        self._stopping = False
        self._why_stopped: tuple[str, int | None] = ("a stop was asked for", None)
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._tasks = Tasks(journal, ports, folders, self._events)
        self._deadlines = Deadlines(ports.clock, self._events)
        self._arrivals = Arrivals(journal, self._tasks, folders, jitter)
        self._finished: RunResult | None = None
        self._unsaved = 0
        self._came = False
        self._begun = False

    @property
    def stopping(self) -> bool:
        """Whether somebody asked for a stop."""
        return self._stopping

    def request_stop(self, *, at_once: bool = False, reason: str | None = None) -> None:
        """Stop at the next boundary; `at_once` ends what runs. The run can be resumed."""
        self._stopping = True
        if reason is not None:
            self._why_stopped = (reason, None)
        self._tasks.cancel_all(attempts=at_once)
        self._events.put_nowait(Woken())

    def request_cancel(self, reason: str, control: int | None = None) -> None:
        """End the run for good: what runs is ended, nothing begins any more."""
        if not self._journal.state.cancelling:
            record = RunLifecycle(kind="cancelling", reason=reason, control=control)
            self._append((record,))
            self._tasks.cancel_all(attempts=True)
            self._events.put_nowait(Woken())

    async def run(self) -> RunResult:
        """Go on with the run from its state until it ends, parks or is stopped."""
        if self._poll_ms is not None:
            self._obey()
            self._tasks.poll(self._poll_ms)
        self._take_up()
        try:
            while True:
                try:
                    more = self._advance()
                except BaseException:
                    self._journal.save()  # what came is safe, whatever deciding on it does
                    raise
                self._save(more)
                if self._finished is not None:
                    return self._finished
                if (left := self._leave()) is not None:
                    return left
                await asyncio.sleep(0)  # signals and other tasks get their turn in any case
                self._handle(await self._events.get())
                while not self._events.empty():
                    self._handle(self._events.get_nowait())
        finally:
            self._deadlines.end()
            await self._tasks.end()

    # --- deciding and acting ---------------------------------------------------------

    def _advance(self) -> bool:
        """Commit decisions until there are none, then let the effects out, in that order.

        Whether there is more to decide: others get their turn in between.
        """
        effects: list[Callable[[], None]] = []
        gated = 0
        more = self._begun = False
        state = self._journal.state
        limits = Limits(self._jobs, self._stopping)
        for _ in range(TURN_LIMIT):
            commands = decide(state, limits)
            if not commands:
                break
            for command in commands:
                match command:
                    case Commit():
                        effects.extend(self._append(command.records))
                    case StartAttempt():
                        if (result := self._tasks.at_once(command.path)) is None:
                            effects.append(partial(self._tasks.start, command.path))
                            gated += self._tasks.gated(command.path)
                        else:
                            effects.extend(self._append(self._arrivals.settled(result)))
                    case Ask():
                        effects.append(partial(self._tasks.ask, command.path))
                    case FileWork():
                        effects.append(partial(self._tasks.file, command))
                    case Cancel():
                        effects.append(partial(self._tasks.cancel, command.paths))
                    case Finish():
                        self._finish(command)
                        return False
        else:
            more = True
            self._events.put_nowait(Woken())  # more to decide, after others had their turn
        self._begun = bool(gated) and gated == len(effects)
        if self._begun:
            self._journal.begin_barrier()  # meanwhile programs start, each behind its gate
        elif effects:
            self._journal.barrier()
        for effect in effects:
            effect()
        if self._folders.left:  # while programs start, if any do
            asyncio.get_running_loop().call_soon(self._folders.tidy)
        return more

    def _save(self, more: bool) -> None:
        """Save what came; decisions alone are made again, so they are saved a few turns at once."""
        self._unsaved = self._unsaved + 1 if more and not self._came else TURNS_UNSAVED
        if self._unsaved >= TURNS_UNSAVED:
            if not self._begun:  # else that is done by the barrier
                self._journal.save()
            self._unsaved, self._came = 0, False

    def _append(self, records: tuple[Record, ...]) -> list[Callable[[], None]]:
        """Append records; the timers and the ends of attempts that they call for."""
        effects: list[Callable[[], None]] = []
        state = self._journal.state
        for record in self._journal.append(records):
            if type(record) is StageLifecycle:
                if record.kind == "retrying":
                    effects.append(partial(self._tasks.wait, record.path))
            elif type(record) is ChildLifecycle and supervising.waits(state, record.path):
                effects.append(partial(self._tasks.look, record.path))
            if state.timed:
                self._deadlines.heed(state, record)
                if late := settle.late_paths(state, record):
                    effects.append(partial(self._tasks.cancel, late))
        return effects

    def _finish(self, command: Finish) -> None:
        state = self._journal.state
        next_run = ""
        if command.status == RESTARTED:
            next_run = next_run_id(self._journal.store, state.run_id, state.restarts)
        records = closing_records(self._journal.gathered, state, command, next_run or None)
        digest = ""
        for record in self._journal.append(records):
            if isinstance(record, RunLifecycle):
                digest = record.outcome_digest or ""
        self._journal.barrier()
        self._finished = RunResult(state.run_id, state.status, state.reason, (), digest, next_run)

    def _leave(self) -> RunResult | None:
        """Park or stop, if nothing can go on."""
        state = self._journal.state
        if self._tasks.attempts or self._tasks.files or not self._events.empty():
            return None
        if self._stopping:
            return self._close("stopped", *self._why_stopped)
        if self._tasks.asks or self._tasks.timers:
            return None
        if state.questions:
            if self._obey():
                self._events.put_nowait(Woken())
                return None
            return self._close("parked", "waits for an answer")
        if self._tasks.looks:
            return None
        raise AssertionError("nothing is running, nothing is asked, and the run has not ended")

    def _obey(self) -> bool:
        """Do what other terminals want, each wish once; whether anything was journaled."""
        state = self._journal.state
        before = state.sequence_no
        for control in self._journal.store.controls(state.run_id):
            match control.command:
                case "cancel":
                    self.request_cancel(settle.wanted_by(control), control.number)
                case "pause" if control.number > state.pauses_obeyed and not self._stopping:
                    self._why_stopped = (settle.wanted_by(control), control.number)
                    self.request_stop()
                case _:
                    records = settle.posted(state, control)
                    self._append(records)
                    self._tasks.answered(records)
        return state.sequence_no > before

    def _close(self, kind: str, reason: str, control: int | None = None) -> RunResult:
        state = self._journal.state
        questions = list(state.questions)
        record = RunLifecycle(
            kind=kind, reason=reason, status=kind, questions=questions, control=control
        )
        self._journal.append((checkpoint(state), record))
        self._journal.barrier()
        return RunResult(state.run_id, kind, reason, tuple(questions))

    # --- events ----------------------------------------------------------------------

    def _handle(self, event: Event) -> None:
        self._came = self._came or not isinstance(event, Woken)
        if isinstance(event, Polled):
            self._obey()
        for effect in self._append(self._arrivals.records(event)):
            effect()

    # --- effects ---------------------------------------------------------------------

    def _take_up(self) -> None:
        """Effects of a state that was folded from a journal: timers and open questions."""
        state = self._journal.state
        if state.timed:
            self._deadlines.take_up(state)
        self._tasks.take_up()
