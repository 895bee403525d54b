"""A driver without a clock: the real machine, one finished attempt after another.

Plays what `driver.engine` does, over records in memory: a `Commit` is applied, a
`StartAttempt` means that the attempt is out, a `Cancel` that it is doomed, and nothing
happens until the test says which attempt ends next, and how. It must not know what is
tested with it.
"""

from __future__ import annotations

import copyreg
import io
import pickle
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from attractorc.compiler.plan.model import Plan, Region
from attractorc.compiler.policy import FanOut
from attractorc.compiler.value import Json
from attractorc.interpreter.context import Written
from attractorc.interpreter.decide import (
    Ask,
    Cancel,
    Commit,
    Finish,
    Limits,
    StartAttempt,
    decide,
    settle,
)
from attractorc.interpreter.joins import Verdict
from attractorc.interpreter.outcome import End, Outcome, Status
from attractorc.interpreter.queries.canonical import canonical_outcome
from attractorc.interpreter.records import (
    FAMILIES,
    FanInDecision,
    ParallelLifecycle,
    Record,
    RunLifecycle,
)
from attractorc.interpreter.state import Phase, State, apply, begin
from attractorc.interpreter.state.phases import BranchPhase

CANCELLED = "cancelled"
"""What becomes of an attempt that is ended instead of bringing an outcome."""

LATE = "late"
"""The time of the attempt's branch is over, and the attempt is ended because of it."""

Ending: TypeAlias = "Outcome | str"

TERMINAL = frozenset(
    f"branch_{end}" for end in ("completed", "failed", "skipped", "cancelled", "timed_out")
)
TURN_LIMIT = 10_000


@dataclass(slots=True)
class Run:
    """One run between two events. `out` are the paths whose attempt has been started.

    `terminals` counts the terminal records of each branch path. `joins` and `merges` are the
    decisions and `left` tells that control left a fan-out, in order. With `keep`, `log` holds
    what the canonical outcome is made of: by path, and `gone` the cancelled branches, since
    no order between those counts. With `pausing`, the run rests each time control has left
    a fan-out (`paused`), until it is told to `advance`: what comes then depends on the
    branches' results only.
    """

    state: State
    limits: Limits
    keep: bool = False
    pausing: bool = False
    paused: bool = False
    out: dict[str, None] = field(default_factory=dict)
    terminals: dict[str, int] = field(default_factory=dict)
    joins: list[ParallelLifecycle] = field(default_factory=list)
    merges: list[FanInDecision] = field(default_factory=list)
    left: list[ParallelLifecycle] = field(default_factory=list)
    log: dict[str, list[Record]] = field(default_factory=dict)
    gone: dict[str, Record] = field(default_factory=dict)
    finish: Finish | None = None

    def finished(self, path: str, ending: Ending) -> None:
        """An attempt ends: with an outcome, or `CANCELLED`; then all that follows is done."""
        self.together((path, ending))

    def together(self, *events: tuple[str, Ending]) -> None:
        """Attempts end one after the other before the machine is asked again, as the driver
        hands over what has come meanwhile."""
        for path, ending in events:
            assert path in self.out, f"no attempt is out at '{path}'"
            del self.out[path]
            if isinstance(ending, Outcome):
                attempt = self.state.walkers[path].attempt_id(self.state.run_id)
                self._take(settle.result(self.state, attempt, path, ending, 0, 1.0))
            else:
                if ending == LATE:
                    walker = self.state.walkers[path]
                    fork = walker.parent_fork
                    assert fork is not None
                    self._take(settle.time_over(self.state, fork, walker.branch_index))
                self._take(settle.cancelled(self.state, path))
        self.advance()

    def delay_over(self, path: str) -> None:
        """A backoff has passed."""
        self._take(settle.delay_over(self.state, path))
        self.advance()

    def advance(self) -> None:
        """Carry out commands until there are none, or control has left a fan-out."""
        self.paused = False
        for _ in range(TURN_LIMIT):
            if self.paused:
                return
            commands = decide(self.state, self.limits)
            if not commands:
                return
            for command in commands:
                match command:
                    case Commit(records):
                        self._take(records)
                    case StartAttempt(path):
                        assert path not in self.out, f"two attempts are out at '{path}'"
                        self.out[path] = None
                    case Cancel(paths):
                        assert all(self.state.walkers[path].doomed for path in paths)
                    case Finish():
                        self.finish = command
                        return
                    case Ask():
                        raise AssertionError("nobody is there to be asked")
        raise AssertionError("the machine never rests")

    def _take(self, records: tuple[Record, ...]) -> None:
        for record in records:
            if isinstance(record, ParallelLifecycle):
                self._watch(record)
            elif isinstance(record, FanInDecision):
                self.merges.append(record)
            apply(self.state, record)
            if self.keep:
                self._remember(record)

    def _watch(self, record: ParallelLifecycle) -> None:
        if record.kind in TERMINAL:
            path = str(record.branch_path)
            self.terminals[path] = self.terminals.get(path, 0) + 1
            assert self.terminals[path] == 1, f"'{path}' has two terminal records"
        elif record.kind == "join_decided":
            self.joins.append(record)
        elif record.kind == "completed":
            below = f"{record.path}/{record.node_id}.{record.visit}/"
            left = [path for path in self.out if path.startswith(below)]
            assert not left, f"control left '{record.node_id}' while {left} ran"
            self.left.append(record)
            self.paused = self.pausing

    def _remember(self, record: Record) -> None:
        if isinstance(record, ParallelLifecycle) and record.kind == "branch_cancelled":
            place = str(record.branch_path)
            self.gone = dict(sorted([*self.gone.items(), (place, record)]))
            below = [path for path in self.log if f"{path}/".startswith(f"{place}/")]
            for path in below:
                del self.log[path]
        elif canonical_outcome((record,), "", "", {})["paths"]:
            path = str(getattr(record, "path", ""))
            if path not in self.log:
                self.log = dict(sorted([*self.log.items(), (path, [])]))
            self.log[path].append(record)

    def outcome(self) -> dict[str, Json]:
        """The canonical outcome of a run that has ended and was begun with `keep`."""
        assert self.finish is not None
        records = [*self.gone.values(), *(one for path in self.log.values() for one in path)]
        context = self.state.trunk.context.flat()
        return canonical_outcome(records, self.finish.status, self.finish.reason, context)

    def backoffs(self) -> Iterator[str]:
        """The paths of walkers that wait before their next attempt."""
        for path, walker in self.state.walkers.items():
            if walker.due is not None and walker.phase == "backoff" and not walker.doomed:
                yield path


def opened(
    plan: Plan,
    inputs: Mapping[str, Json] | None = None,
    *,
    jobs: int | None = None,
    keep: bool = False,
    pausing: bool = False,
) -> Run:
    """A new run of a plan, advanced to where it waits for its first attempts."""
    run = Run(begin(plan), Limits(jobs), keep, pausing)
    first = RunLifecycle(
        kind="initialized", run_id="r", plan_digest=plan.digest, inputs=dict(inputs or {})
    )
    run._take((first,))
    run.advance()
    return run


class Frozen:
    """Runs as bytes and back: to branch off, and to see that two of them are the same.

    What never changes stands by number: plans and policies by identity, members of enums,
    values with their writers and records by what they are, which their text tells exactly.
    All else stands by value, and nothing is shared inside the bytes (the pickler keeps no
    memo): runs with equal bytes are equal in every field, and what can happen to one can
    happen to the other. Unequal bytes may still mean the same; that run is looked at twice.
    """

    def __init__(self) -> None:
        self._known: list[Any] = []
        self._numbers: dict[object, int] = {}
        self._table = copyreg.dispatch_table.copy()
        for kind in (Plan, Region, FanOut, Phase, BranchPhase, Status, End):
            self._table[kind] = self._by_identity
        for kind in (Written, Verdict, *FAMILIES):
            self._table[kind] = self._by_text

    def _by_identity(self, value: object) -> tuple[Any, tuple[int]]:
        return _known, (self._number(id(value), value),)

    def _by_text(self, value: object) -> tuple[Any, tuple[int]]:
        return _known, (self._number(repr(value), value),)

    def _number(self, name: object, value: object) -> int:
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self._known)
            self._known.append(value)
        return number

    def freeze(self, run: Run) -> bytes:
        """The run as bytes."""
        buffer = io.BytesIO()
        pickler = pickle.Pickler(buffer, protocol=5)
        pickler.fast = True
        pickler.dispatch_table = self._table
        pickler.dump(run)
        return buffer.getvalue()

    def thaw(self, data: bytes) -> Run:
        """A run of its own from such bytes."""
        _thawing[:] = [self._known]
        run: Run = pickle.loads(data)
        return run


_thawing: list[list[Any]] = []


def _known(number: int) -> object:
    return _thawing[0][number]
