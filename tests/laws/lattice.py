"""Every run of one fan-out: each branch's end, each order of finishing, each timeout.

A run is a walk through states; what is equal in every field of the machine and of the
watcher (`snapshots.Keys`) is one state and is gone on from once. That is sound: the machine
is a function of its state, and every law is asked of a state, or of a step between two of
them, never of the way there. How a branch ends is chosen when it ends, so an end that
nobody could have seen (a loser that was cancelled first) is not told apart: the walk covers
every vector of ends, each with every order and every moment of finishing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from itertools import chain, combinations, permutations
from typing import Any, Literal, TypeAlias

from attractorc.compiler.plan.model import Plan
from attractorc.interpreter.outcome import End

from .fanouts import OUTCOMES, STAGE, pipeline
from .machine import CANCELLED, LATE, Ending, Run, opened
from .oracle import Expected, Mind, expected
from .policies import ENDS, NAMES, Case
from .snapshots import Keys, copied
from .told import CHOOSER, Sealed, Told, nothing_but_told
from .watching import Facts, finished, standing

Event: TypeAlias = "tuple[str, End | str]"
"""The path of an attempt, and how it ends."""

IGNORED = "ignored"
"""A doomed attempt brings an outcome all the same, too late."""


def _name(path: str) -> str:
    return path.rpartition("/")[2]


@dataclass(slots=True)
class Report:
    """How much was looked at.

    `orders` are the ways from the fork to the end of a run, `checks` the comparisons with the
    oracle, of a state or of a whole run; each of them holds all laws that there are of it.
    """

    states: int = 0
    steps: int = 0
    orders: int = 0
    checks: int = 0
    results: int = 0

    def add(self, other: Report) -> None:
        """Take another report into this one."""
        self.states += other.states
        self.steps += other.steps
        self.orders += other.orders
        self.checks += other.checks
        self.results += other.results


@dataclass(slots=True)
class Walk:
    """All runs of one case. `_results` maps what must decide a result to the result.

    `ends` are those that a branch can be given, `End.TIMED_OUT` by its `branch_timeout`;
    `timeout` has the `join_timeout` strike at any point. `starts`: `widths` walks through
    each max_parallel; `branches` starts a branch at any moment at which the machine may,
    and `attempts` its attempt at another, which covers every max_parallel and `--jobs` in
    one walk. `one_by_one`: only the first attempt that is out can end. `at_once`: the
    attempt of a branch whose own time is over ends with it, and those of losers, or of
    branches that a `join_timeout` ended, one after the other. `pairs`: two ends may also
    come before the machine is asked. `forgotten` are fields that do not tell states apart
    (see `scope`), and with them the order in which ends came.
    """

    case: Case
    ends: tuple[End, ...] = ENDS
    skips: bool = True
    timeout: bool = False
    starts: Literal["widths", "branches", "attempts"] = "widths"
    one_by_one: bool = False
    at_once: bool = False
    pairs: bool = False
    forgotten: tuple[str, ...] = ()
    report: Report = field(default_factory=Report)
    _results: dict[Any, str] = field(default_factory=dict)
    _keys: Keys = field(init=False)
    _orders: dict[Any, int] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The branches, in declared order."""
        return NAMES[: self.case.size]

    def whole(self) -> Report:
        """Walk through all runs; AssertionError at a broken law."""
        with nothing_but_told() if isinstance(self.case.policy.join, Sealed) else nullcontext():
            self._all()
        self.report.results = len(self._results)
        return self.report

    def _all(self) -> None:
        every = range(1, self.case.size + 1)
        for width in every if self.starts == "widths" else (self.case.size,):
            made = pipeline(self.case.size, replace(self.case.policy, max_parallel=width))
            for skipped in self._skips():
                self._walk(made, skipped)

    def _skips(self) -> Iterator[tuple[str, ...]]:
        """Which branches are not activated: every choice but all of them."""
        if not self.skips:
            return iter(((),))
        return chain.from_iterable(
            combinations(self.names, count) for count in range(self.case.size)
        )

    def _walk(self, made: Plan, skipped: tuple[str, ...]) -> None:
        inputs = {name: "no" if name in skipped else "yes" for name in self.names}
        self._keys, self._orders = Keys(self.forgotten), {}
        held = self.starts != "widths"
        for first in self._told(lambda: opened(made, inputs, pausing=True, held=held)):
            self.report.orders += self._from(first, self._counted(first, Facts(skipped)))

    def _told(self, act: Callable[[], Run | None]) -> Iterator[Run]:
        """What comes of an act, once for each answer that a join can give meanwhile."""
        pending: list[tuple[int, ...]] = [()]
        while pending:
            CHOOSER.begin(pending.pop())
            run = act()
            pending.extend(CHOOSER.others())
            if run is not None:
                yield run

    def _from(self, run: Run, facts: Facts) -> int:
        """Check a state and go on from it: how many ways there are to the end of the run."""
        key = (self._keys.of(run), facts.key(ordered=not self.forgotten))
        known = self._orders.get(key)
        if known is not None:
            return known
        self.report.states += 1
        self.report.checks += 1 + run.paused
        page = self._page(run, facts)
        standing(run, page, (str(self.case), facts))
        if run.paused:
            after = copied(run)
            after.advance()
            self._finished(after, page, facts)
            ways = 1
        else:
            ways = 0
            for after, then in self._steps(run, facts, page):
                self.report.steps += 1
                ways += self._from(after, self._counted(after, then))
            assert ways, f"{self.case}: nothing can happen, and the run has not ended: {facts}"
        self._orders[key] = ways
        return ways

    def _steps(self, run: Run, facts: Facts, page: Expected) -> Iterator[tuple[Run, Facts]]:
        gone = page.satisfied is not None and self.case.policy.losers == "cancel"
        for events in self._events(run):
            for after in self._told(lambda now=events: self._ended(run, now)):
                yield after, facts if gone else self._told_of(facts, events)
        fork = run.state.forks[STAGE]
        if self.timeout and not fork.late and fork.open:
            struck = facts if gone else facts.struck_by(self.names, tuple(map(_name, run.out)))
            for after in self._told(lambda: _acted(run, lambda one: one.strike(STAGE))):
                yield after, struck
        if self.starts != "widths":
            for after in self._told(lambda: self._begun(run)):
                yield after, facts
            if run.state.startable:
                for after in self._told(lambda: _acted(run, Run.begin_attempt)):
                    yield after, facts

    def _ended(self, run: Run, events: tuple[Event, ...]) -> Run:
        """The attempts of the events end, one after the other, before the machine is asked."""
        after = copied(run)
        brought = [(path, _brought(path, ending)) for path, ending in events]
        if self.at_once:
            brought.extend((path, CANCELLED) for path, ending in brought if ending == LATE)
        after.together(*brought)
        return after

    def _begun(self, run: Run) -> Run | None:
        """The next branch has started, and its attempt unless it waits for its own event."""
        after = copied(run)
        if after.state.forks[STAGE].left or not after.begin_branch(STAGE):
            return None
        if self.starts == "branches" and after.state.startable:
            after.begin_attempt()
        return after

    def _events(self, run: Run) -> Iterator[tuple[Event, ...]]:
        """What can end next: one attempt, or two before the machine is asked."""
        single: list[Event] = []
        doomed = [path for path in run.out if run.state.walkers[path].doomed]
        for path in tuple(run.out)[: 1 if self.one_by_one else None]:
            if path in doomed:
                if not self.at_once:
                    single.extend(((path, CANCELLED), (path, IGNORED)))
                elif path == doomed[0]:
                    odd = self.names.index(_name(path)) % 2
                    single.append((path, IGNORED if odd else CANCELLED))
            else:
                single.extend((path, end) for end in self.ends)
        yield from ((event,) for event in single)
        if self.pairs:
            plain = [one for one in single if one[1] in (*self.ends[::2], CANCELLED)]
            if self.case.policy.decide == "arrival":
                # A late branch arrives after what came with it: a race that nobody can see.
                plain = [one for one in plain if one[0] not in doomed or run.joins]
            yield from (pair for pair in permutations(plain, 2) if pair[0][0] != pair[1][0])

    def _told_of(self, facts: Facts, events: tuple[Event, ...]) -> Facts:
        for path, ending in events:
            name = _name(path)
            if name in dict(facts.times):
                facts = facts.ended_with(name, End.TIMED_OUT)
            elif ending is End.TIMED_OUT:
                facts = facts.late(name)
                if self.at_once:
                    facts = facts.ended_with(name, ending)
            else:
                assert isinstance(ending, End), f"'{path}' was given up, and why is not known"
                facts = facts.ended_with(name, ending)
        return facts

    def _counted(self, run: Run, facts: Facts) -> Facts:
        """The facts that count: in declared order if that is how ends are taken, and without
        what losers brought that are cancelled."""
        if run.joins and self.case.policy.losers == "cancel":
            facts = facts.only(self._page(run, facts).taken)
        return facts.sorted(self.names) if self.case.policy.decide == "declared" else facts

    def _page(self, run: Run, facts: Facts) -> Expected:
        tally: Any = run.state.forks[STAGE].tally
        mind = tally.mind if isinstance(tally, Told) else None
        return self._expected(facts, mind)

    def _expected(self, facts: Facts, mind: Mind | None) -> Expected:
        policy, struck = self.case.policy, facts.struck
        return expected(policy, self.names, facts.skipped, facts.ended, mind=mind, struck=struck)

    def _finished(self, run: Run, page: Expected, facts: Facts) -> None:
        """What must hold of a whole run, and of all runs that had the same ends."""
        where = (str(self.case), facts)
        result = finished(run, self.names, page, where)
        ordered = self.case.policy.decide == "arrival"
        key = (facts.key(ordered=ordered), page.taken, page.satisfied)
        assert self._results.setdefault(key, result) == result, where


def _acted(run: Run, act: Callable[[Run], None]) -> Run:
    after = copied(run)
    act(after)
    return after


def _brought(path: str, ending: End | str) -> Ending:
    if ending is End.TIMED_OUT:
        return LATE
    if ending == IGNORED:
        return OUTCOMES[_name(path)][End.SUCCESS]
    return OUTCOMES[_name(path)][ending] if isinstance(ending, End) else ending
