"""The ports: small protocols between the core and the world, and what crosses them.

A store, a handler, a clock, an interviewer: each has a real implementation and a fake,
and one contract suite runs over both. Nothing here has behaviour of its own, and nothing
knows which implementation stands behind a port.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from attractorc.compiler.plan.model import HumanForm, Step
from attractorc.compiler.value import Json

from .carried import NOTHING, Carried
from .outcome import Outcome
from .redaction import NO_SECRETS, Secrets
from .turns import (
    ENDED,
    Control,
    Fenced,
    Filter,
    Found,
    Index,
    KeyConflict,
    Locked,
    NewerStore,
    NotFound,
    PlanRefused,
    Removed,
    RunRow,
    Searched,
    StoreError,
    Turn,
    Unkeepable,
)
from .workspace import Workspaces

__all__ = [
    "ENDED",
    "Answer",
    "Call",
    "Clock",
    "Control",
    "Fenced",
    "Filter",
    "Found",
    "Handler",
    "Index",
    "Interviewer",
    "KeyConflict",
    "Lease",
    "Locked",
    "NewerStore",
    "NotFound",
    "Option",
    "PlanRefused",
    "Ports",
    "Process",
    "Question",
    "Removed",
    "RunRow",
    "Store",
    "StoreError",
    "Turn",
    "Unkeepable",
]

# --- the turn store -------------------------------------------------------------------


class Lease(Protocol):
    """The right to write one run: an operating-system lock and an epoch."""

    @property
    def epoch(self) -> int:
        """Counts the writers of this run, from 1."""
        ...

    def release(self) -> None:
        """Give the run up; safe to call twice."""
        ...


class Store(Searched, Protocol):
    """An append-only store of turns (store.md). Methods raise `StoreError`s only."""

    def create_context(self, base: str | None = None) -> str: ...
    def fork_context(self, turn: str) -> str: ...
    def append(
        self,
        context: str,
        record_type: str,
        version: int,
        payload: bytes,
        key: str,
        *,
        index: Index | None = None,
        parent: str | None = None,
        lease: Lease | None = None,
    ) -> Turn: ...
    def head(self, context: str) -> Turn | None: ...
    def last(self, context: str, n: int) -> tuple[Turn, ...]: ...
    def turns(
        self, context: str, before: str | None = None, limit: int = 256
    ) -> tuple[Turn, ...]: ...
    def put_blob(self, data: bytes) -> str:
        """Keep bytes for as long as a turn names them: one that is appended in this group."""
        ...

    def get_blob(self, digest: str) -> bytes: ...
    def save(self) -> None:
        """Everything appended so far survives this process when this returns."""

    def commit(self) -> None:
        """The barrier: everything appended so far is durable when this returns."""

    def begin_commit(self) -> None:
        """Begin the barrier; whatever is asked next waits for it, and is told what failed."""

    def create_run(self, row: RunRow) -> None: ...
    def update_run(
        self, run_id: str, status: str, updated: str, plan_digest: str | None = None
    ) -> None:
        """Note where a run stands, and by which plan it goes, if that is another one now."""
        ...

    def run(self, run_id: str) -> RunRow: ...
    def runs(self, before: str | None = None, limit: int = 100) -> tuple[RunRow, ...]: ...
    def records(
        self, run_id: str, after: int = 0, limit: int = 256, where: Filter | None = None
    ) -> tuple[Turn, ...]:
        """Turns of a run after a sequence number, in its order, at most `limit`."""

    def lease(self, run_id: str) -> Lease: ...
    def post(self, run_id: str, command: str, payload: Mapping[str, Json], created: str) -> int: ...
    def controls(self, run_id: str, after: int = 0) -> tuple[Control, ...]: ...
    def remove_runs(self, run_ids: Sequence[str], *, rehearse: bool = False) -> Removed:
        """Take runs away, all or none: their turns, forks and wishes, and blobs that no turn
        names any more. Runs in somebody's hands stay. With `rehearse` nothing happens."""
        ...

    def compact(self) -> None:
        """Give the space of what was removed back. `Locked` while somebody writes a run."""
        ...

    def close(self) -> None: ...


# --- handlers --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Process:
    """An operating-system process: its id and its start time, which tell it from a successor."""

    pid: int
    started: str


class Call(NamedTuple):
    """All that a handler is given for one attempt.

    `stage_id` is `<path>/<node>.<visit>`, `attempt_id` the idempotency key
    `<run_id>:<stage_id>@<n>`. `context` is a read-only view as of the stage's entry. `prompt`
    is the rendered prompt or question. `stage_dir` makes the attempt's private folder when it
    is called. `report` journals a started process before the handler goes on; `durable` waits
    until that record outlives this program, and what led to it the machine. `candidates` are
    the branch ids to choose from, in a call that asks an agent for a winner. `own_workspace`:
    the workspace is a branch's own, and not the run's. `session` is the conversation of an
    earlier outcome of the same agent that this attempt goes on with, '' for a fresh one. `carried`
    is what an agent is told beside the prompt.
    """

    run_id: str
    step: Step
    path: str
    branch_id: str
    visit: int
    attempt: int
    stage_id: str
    attempt_id: str
    context: Mapping[str, Json]
    goal: str
    inputs: Mapping[str, Json]
    prompt: str
    workspace: Path
    logs_root: Path | None
    stage_dir: Callable[[], Path]
    report: Callable[[Process], None]
    durable: Callable[[], Awaitable[None]]
    candidates: tuple[str, ...] = ()
    own_workspace: bool = False
    session: str = ""
    carried: Carried = NOTHING


class Handler(Protocol):
    """Runs one attempt. Cancellation arrives as `asyncio.CancelledError`: end what runs, re-raise.

    An exception becomes a failed outcome with its text as the reason; the timeout of the
    step is the driver's business.

    A handler may also have `at_once(call) -> Outcome | None`, which is asked first: the outcome
    of an attempt that neither waits nor does anything outside the process (then no task runs
    it, and nothing has to be durable before it), None for every other attempt.

    One with `gated = True` lets nothing out of the process before it has awaited `call.durable`
    itself. Others are only called when that is so.
    """

    async def run(self, call: Call) -> Outcome: ...


# --- people ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: accelerator key, text, and the node that it leads to."""

    key: str
    label: str
    target: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question. `id` is the stage id; `timeout_ms` None waits for ever.

    `form` says what an answer is: one of the options (`choice`, and `confirm`, which is yes or
    no), words (`freeform`, without options), or several options (`multiple`). `default` is taken
    when nobody answers in time.
    """

    id: str
    text: str
    options: tuple[Option, ...]
    node_id: str
    path: str
    default: str | None = None
    timeout_ms: int | None = None
    form: HumanForm = "choice"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `text` is what the person gave (a key, a label, words) for `chosen`.

    `parked` means that nobody is there to ask now: the question stays open in the store.
    """

    kind: Literal["chosen", "timeout", "skipped", "parked"]
    text: str = ""
    source: str = ""


class Interviewer(Protocol):
    """Asks people. May be asked several questions at once; cancellation withdraws one.

    One with `keeps_time = True` sees to a question's time itself, and gives `timeout` when it is
    over; for others the driver does.
    """

    async def ask(self, question: Question) -> Answer: ...


# --- time ------------------------------------------------------------------------------


class Clock(Protocol):
    """The only source of time, in milliseconds; `now` counts from the Unix epoch."""

    def now(self) -> int: ...
    def monotonic(self) -> int: ...
    async def sleep(self, milliseconds: int) -> None: ...


# --- readers ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ports:
    """What a driver is wired with: one implementation of each port.

    `secrets` are taken out of everything that is journaled.
    """

    store: Store
    handlers: Mapping[str, Handler]
    interviewer: Interviewer
    clock: Clock
    listeners: Iterable[Callable[..., None]] = field(default=())
    workspaces: Workspaces | None = None
    secrets: Secrets = NO_SECRETS
