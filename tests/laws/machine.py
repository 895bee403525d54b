"""A driver without a clock: the real machine, one finished attempt after another.

Plays what `driver.engine` does, over records in memory: a `Commit` is applied, a
`StartAttempt` means that the attempt is out, a `Cancel` that it is doomed, and nothing
happens until the test says which attempt ends next, and how. It must not know what is
tested with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from attractorc.compiler.plan.model import Plan
from attractorc.compiler.value import Json
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
from attractorc.interpreter.outcome import Outcome
from attractorc.interpreter.queries.canonical import canonical_outcome
from attractorc.interpreter.records import (
    FanInDecision,
    ParallelLifecycle,
    Record,
    RunLifecycle,
)
from attractorc.interpreter.state import State, apply, begin

CANCELLED = "cancelled"
"""What becomes of an attempt that is ended instead of bringing an outcome."""

LATE = "late"
"""The time of the attempt's branch is over; the attempt itself ends later, doomed."""

Ending: TypeAlias = "Outcome | str"

TERMINAL = frozenset(
    f"branch_{end}" for end in ("completed", "failed", "skipped", "cancelled", "timed_out")
)
TURN_LIMIT = 10_000


@dataclass(slots=True)
class Run:
    """One run between two events. `out` are the paths whose attempt has been started.

    `terminals` are the branch paths that have their terminal record. `joins` and `merges` are the
    decisions and `left` tells that control left a fan-out, in order. With `keep`, `log` holds
    what the canonical outcome is made of: by path, and `gone` the cancelled branches, since
    no order between those counts. With `pausing`, the run rests each time control has left
    a fan-out (`paused`), until it is told to `advance`: what comes then depends on the
    branches' results only. With `held`, what is in a fan-out starts when the test says so.
    """

    state: State
    limits: Limits
    keep: bool = False
    pausing: bool = False
    held: bool = False
    paused: bool = False
    out: dict[str, None] = field(default_factory=dict)
    terminals: frozenset[str] = frozenset()
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
            walker = self.state.walkers[path]
            if ending == LATE:
                fork = walker.parent_fork
                assert fork is not None
                self._time_over(fork, walker.branch_index)
                continue
            del self.out[path]
            if isinstance(ending, Outcome):
                attempt = walker.attempt_id(self.state.run_id)
                self._take(settle.result(self.state, attempt, path, ending, 0, 1.0))
            else:
                self._take(settle.cancelled(self.state, path))
        self.advance()

    def strike(self, stage: str) -> None:
        """The time of a whole fan-out is over (`join_timeout`)."""
        self._time_over(stage, None)
        self.advance()

    def _time_over(self, stage: str, index: int | None) -> None:
        records = settle.time_over(self.state, stage, index)
        assert records, "a timeout that tells the machine nothing"
        self._take(records)
        for record in records:
            late = settle.late_paths(self.state, record)
            assert all(self.state.walkers[path].doomed for path in late)

    def begin_branch(self, stage: str) -> bool:
        """A held run starts its next branch, but no attempt in it; False if there is none."""
        self.state.forks_ready[stage] = None
        commands = decide(self.state, Limits(jobs=0))
        if not commands:
            return False
        (commit,) = commands
        assert isinstance(commit, Commit)
        assert [getattr(record, "kind", "") for record in commit.records] == ["branch_started"]
        self._take(commit.records)
        self.advance()
        return True

    def begin_attempt(self) -> None:
        """A held run starts the attempt that waits longest."""
        commit, start = decide(self.state, Limits())
        assert isinstance(commit, Commit)
        assert isinstance(start, StartAttempt)
        self._take(commit.records)
        self.out[start.path] = None
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
        if record.kind == "started" and self.held:
            self.limits = Limits(stopping=True)
        elif record.kind in TERMINAL:
            path = str(record.branch_path)
            assert path not in self.terminals, f"'{path}' has two terminal records"
            self.terminals |= {path}
        elif record.kind == "join_decided":
            self.joins.append(record)
        elif record.kind == "completed":
            below = f"{record.path}/{record.node_id}.{record.visit}/"
            left = [path for path in self.out if path.startswith(below)]
            assert not left, f"control left '{record.node_id}' while {left} ran"
            self.left.append(record)
            self.limits = Limits() if self.held else self.limits
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
    held: bool = False,
) -> Run:
    """A new run of a plan, advanced to where it waits for its first attempts.

    `held`: no branch of a fan-out starts and no attempt in it before the test says so, as
    if `max_parallel` and `--jobs` changed all the time.
    """
    run = Run(begin(plan), Limits(jobs), keep, pausing, held)
    first = RunLifecycle(
        kind="initialized", run_id="r", plan_digest=plan.digest, inputs=dict(inputs or {})
    )
    run._take((first,))
    run.advance()
    return run
