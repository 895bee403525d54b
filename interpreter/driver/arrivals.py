"""What an event comes to: the records of a result, an answer, a time that is over.

Apart from the engine's loop, which need not know how each is told. It must not decide what
becomes of them.
"""

from __future__ import annotations

from collections.abc import Callable

from ..decide import settle, supervising
from ..decide.filed import filed
from ..records import Record
from .artifacts import attach
from .calls import Folders
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
    TimeOver,
    Woken,
)
from .journal import Journal
from .tasks import Tasks


class Arrivals:
    """Makes records of events; the tasks that they come from are over with it."""

    def __init__(
        self, journal: Journal, tasks: Tasks, folders: Folders, jitter: Callable[[str], float]
    ) -> None:
        self._journal = journal
        self._tasks = tasks
        self._folders = folders
        self._jitter = jitter

    def records(self, event: Event) -> tuple[Record, ...]:
        """Drafts for what has happened; () if nobody needs to know.

        Raises `StoreError` where an attempt found out that the run cannot be kept.
        """
        state = self._journal.state
        match event:
            case Result():
                self._tasks.attempts.pop(event.path, None)
                return self.settled(event)
            case Cancelled():
                self._tasks.attempts.pop(event.path, None)
                return settle.cancelled(state, event.path)
            case DelayOver():
                self._tasks.timers.pop(event.path, None)
                return settle.delay_over(state, event.path)
            case Answered():
                self._tasks.asks.pop(event.path, None)
                if event.answer.kind == "parked":
                    return ()
                return settle.answered(state, event.question_id, event.answer)
            case TimeOver():
                return settle.time_over(state, event.stage, event.branch)
            case LookDue():
                self._tasks.looked(event.path)
                return supervising.look(state, event.path, event.writer, event.due)
            case Filed():
                self._tasks.files.pop(event.work.path, None)
                return filed(state, event.work, event.answer)
            case Broken():
                raise event.error
            case Polled() | Woken():
                return ()

    def settled(self, event: Result) -> tuple[Record, ...]:
        """Drafts for a result, with the files of its attempt."""
        state = self._journal.state
        references = self._journal.put_artifacts(event.outcome.artifacts)
        if self._folders.made and (walker := state.walkers.get(event.path)) is not None:
            self._folders.leave(walker)
        # Only what is tried again waits, so only that is worth a throw of the dice.
        factor = 1.0 if event.outcome.status.succeeded else self._jitter(event.attempt_id)
        records = settle.result(
            state, event.attempt_id, event.path, event.outcome, event.duration_ms, factor
        )
        attach(records, references, self._journal.put_blob)
        return records
