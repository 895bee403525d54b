"""Every run of one fan-out: each branch's end, each order of finishing, each max_parallel.

A run is a walk through states; what is equal in every field of the machine and of the
watcher (`machine.Frozen`) is one state and is gone on from once. That is sound: the machine
is a function of its state, and every law below is asked of a state, or of a step between
two of them, never of the way there. How a branch ends is chosen when it ends, so an end
that nobody could have seen (a loser that was cancelled first) is not told apart: the walk
covers every vector of ends, each with every order and every moment of finishing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import chain, combinations, permutations
from typing import Any, TypeAlias

from attractorc.compiler.expr import Comparison
from attractorc.compiler.plan.model import FanIn, Parallel, Plan
from attractorc.compiler.policy import FanOut, Merge, MergeRule
from attractorc.compiler.value import Json, canonical
from attractorc.interpreter.outcome import End, Outcome, Status

from ..interpreter.pipelines import plan, region, step
from .machine import CANCELLED, LATE, Ending, Frozen, Run, opened
from .oracle import Expected, expected, fan_out_status
from .policies import ENDS, NAMES, Case

SCORES = {"a": 3, "b": 5, "c": 5, "d": 1, "e": 4}
STAGE = "/fan.1"
BASE: dict[str, Json] = {"n": ["base"], "total": 10}
RULES = Merge((MergeRule("n", "append"), MergeRule("total", "sum"), MergeRule("who", "last")))
STATUS = {
    End.SUCCESS: Status.SUCCESS,
    End.PARTIAL_SUCCESS: Status.PARTIAL_SUCCESS,
    End.FAIL: Status.FAIL,
}


def outcome_of(name: str, end: End) -> Outcome:
    """A branch's only stage ends so; what it writes names the branch, whatever the end."""
    return Outcome(
        STATUS[end],
        context_updates={
            "score": SCORES[name],
            "n": [name],
            "total": 10 + SCORES[name],
            "who": name,
            f"own.{name}": end.value,
        },
        failure_reason="it broke" if end is End.FAIL else "",
    )


OUTCOMES: Mapping[str, Mapping[End, Outcome]] = {
    name: {end: outcome_of(name, end) for end in STATUS} for name in NAMES
}


@cache
def _bare(size: int) -> Plan:
    """start -> fan -> a few branches of one stage, each on a condition -> join -> exit."""
    names = NAMES[:size]
    return plan(
        step("fan", work=Parallel()),
        *(step(name, "join", region="fan") for name in names),
        step("join", "exit", work=FanIn("fan")),
        regions=(region("fan", " ".join(names), "join", merge=RULES),),
        context=BASE,
    )


def pipeline(size: int, policy: FanOut) -> Plan:
    """The plan of so many branches under a policy. Its digest is that of no policy."""
    made = _bare(size)
    fan = made.regions["fan"]
    branches = tuple(
        replace(branch, condition=Comparison(f"inputs.{branch.id}", "=", "yes"))
        for branch in fan.branches
    )
    return replace(made, regions={"fan": replace(fan, policy=policy, branches=branches)})


Event: TypeAlias = "tuple[str, End | str]"
"""The path of an attempt, and how it ends."""


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _brought(path: str, ending: End | str) -> Ending:
    if ending is End.TIMED_OUT:
        return LATE
    return OUTCOMES[_name(path)][ending] if isinstance(ending, End) else ending


@dataclass(frozen=True, slots=True)
class Watched:
    """A state of the walk: the machine as bytes, and what the watcher knows beside it.

    `ended` are the ends of branches in the order in which they came; under `declared` they
    stand in declared order, because there the order must not matter.
    """

    run: bytes
    ended: tuple[tuple[str, End], ...]


@dataclass(slots=True)
class Report:
    """How much was looked at."""

    states: int = 0
    steps: int = 0
    results: int = 0

    def add(self, other: Report) -> None:
        """Take another report into this one."""
        self.states += other.states
        self.steps += other.steps
        self.results += other.results


@dataclass(slots=True)
class Walk:
    """All runs of one case. `results` maps what must decide a result to the result."""

    case: Case
    ends: tuple[End, ...] = ENDS
    skips: bool = True
    widths: tuple[int, ...] = ()
    pairs: bool = False
    report: Report = field(default_factory=Report)
    _results: dict[Any, str] = field(default_factory=dict)
    _frozen: Frozen = field(default_factory=Frozen)

    @property
    def names(self) -> tuple[str, ...]:
        """The branches, in declared order."""
        return NAMES[: self.case.size]

    def whole(self) -> Report:
        """Walk through all runs, for every max_parallel; AssertionError at a broken law."""
        for width in self.widths or range(1, self.case.size + 1):
            made = pipeline(self.case.size, replace(self.case.policy, max_parallel=width))
            for skipped in self._skips():
                self._walk(made, skipped)
        self.report.results = len(self._results)
        return self.report

    def _skips(self) -> Iterator[tuple[str, ...]]:
        """Which branches are not activated: every choice but all of them."""
        if not self.skips:
            return iter(((),))
        return chain.from_iterable(
            combinations(self.names, count) for count in range(self.case.size)
        )

    def _walk(self, made: Plan, skipped: tuple[str, ...]) -> None:
        inputs = {name: "no" if name in skipped else "yes" for name in self.names}
        first = opened(made, inputs, pausing=True)
        self._check(first, skipped, ())
        pending = [Watched(self._frozen.freeze(first), ())]
        seen = set(pending)
        while pending:
            state = pending.pop()
            self.report.states += 1
            run = self._frozen.thaw(state.run)
            if run.paused:
                run.advance()
                assert run.finish is not None, f"{self.case}: the run has not ended"
                self._finished(run, skipped, state.ended)
                continue
            assert run.out, f"{self.case}: nothing runs, and the run has not ended"
            for after in self._steps(state, run, skipped):
                if after not in seen:
                    seen.add(after)
                    pending.append(after)

    def _steps(self, state: Watched, run: Run, skipped: tuple[str, ...]) -> Iterator[Watched]:
        for events in self._events(run):
            after = self._frozen.thaw(state.run)
            after.together(*((path, _brought(path, ending)) for path, ending in events))
            self.report.steps += 1
            ended = self._known((*state.ended, *self._ends(run, events)))
            if after.joins and self.case.policy.losers == "cancel":
                ended = self._expected(skipped, ended).taken  # no other end counts now
            self._check(after, skipped, ended)
            yield Watched(self._frozen.freeze(after), ended)

    def _events(self, run: Run) -> Iterator[tuple[Event, ...]]:
        """What can happen next: one attempt ends, or two before the machine is asked."""
        single: list[Event] = []
        for path in run.out:
            if run.state.walkers[path].doomed:
                # It is ended, or brings what it was about to bring, too late.
                odd = self.names.index(_name(path)) % 2
                single.append((path, self.ends[0] if odd else CANCELLED))
            else:
                single.extend((path, end) for end in self.ends)
        yield from ((event,) for event in single)
        if self.pairs:
            plain = [one for one in single if one[1] in (*self.ends[::2], CANCELLED)]
            yield from (pair for pair in permutations(plain, 2) if pair[0][0] != pair[1][0])

    def _ends(self, run: Run, events: tuple[Event, ...]) -> Iterator[tuple[str, End]]:
        for path, ending in events:
            if not run.state.walkers[path].doomed:
                assert isinstance(ending, End)
                yield _name(path), ending

    def _known(self, ended: tuple[tuple[str, End], ...]) -> tuple[tuple[str, End], ...]:
        """Under `declared` the order in which ends came is forgotten, on purpose."""
        if self.case.policy.decide == "declared":
            return tuple(sorted(ended, key=lambda one: self.names.index(one[0])))
        return ended

    def _expected(self, skipped: tuple[str, ...], ended: tuple[tuple[str, End], ...]) -> Expected:
        return expected(self.case.policy, self.names, skipped, ended)

    def _check(
        self, run: Run, skipped: tuple[str, ...], ended: tuple[tuple[str, End], ...]
    ) -> None:
        """The law of the join: decided as soon as it is determined, and never otherwise."""
        page = self._expected(skipped, ended)
        where = (str(self.case), skipped, ended)
        assert bool(run.joins) == (page.satisfied is not None), where
        fork = run.state.forks.get(STAGE)
        if run.joins:
            assert len(run.joins) == 1, where
            join = run.joins[0].join
            assert join["satisfied"] is page.satisfied, where
            taken = [{"branch": name, "end": end.value} for name, end in page.taken]
            assert join["taken"] == taken, where
        if fork is not None:
            assert fork.tally.verdict.satisfied is page.satisfied, where
            for branch in fork.branches:
                if branch.end is not None:
                    assert branch.end is page.ends[branch.id], (*where, branch.id)

    def _finished(
        self, run: Run, skipped: tuple[str, ...], ended: tuple[tuple[str, End], ...]
    ) -> None:
        """What must hold of a whole run, and of all runs that had the same ends."""
        page = self._expected(skipped, ended)
        where = (str(self.case), skipped, ended)
        assert page.satisfied is not None, where
        assert set(page.ends) == set(self.names), where
        assert not run.out, where
        assert not run.state.running, where
        assert run.terminals == {f"{STAGE}/{name}": 1 for name in self.names}, where
        context = run.state.trunk.context.flat()
        told = {one["branch_id"]: one["status"] for one in context["parallel.results"]}
        assert told == {name: end.value for name, end in page.ends.items()}, where
        self._check_merge(run, page, where)
        key = (skipped, page.taken if self.case.policy.decide == "arrival" else (), ended)
        result = canonical([run.finish.status, run.finish.reason, decided(run), context])
        assert self._results.setdefault(key, result) == result, where

    def _check_merge(self, run: Run, page: Expected, where: object) -> None:
        context = run.state.trunk.context
        (merge,), (left,) = run.merges, run.left
        good = [name for name in self.names if page.ends[name].succeeded]
        status = fan_out_status(bool(page.satisfied), page.ends)
        assert left.status == status, where
        assert left.success_count == len(good), where
        assert run.finish is not None
        assert (run.finish.status == "fail") == (status == "fail"), where
        if not page.satisfied:
            assert merge.winner["id"] is None, where
            assert {key: context.get(key) for key in BASE} == BASE, where
            return
        best = max(
            good,
            key=lambda name: (page.ends[name] is End.SUCCESS, SCORES[name], -ord(name)),
            default=None,
        )
        assert context["parallel.fan_in.best_id"] == best, where
        assert context["n"] == ["base", *good], where
        assert context["total"] == 10 + sum(SCORES[name] for name in good), where
        assert context.get("who") == (good[-1] if good else None), where


def decided(run: Run) -> Json:
    """Join and merge decisions as data, without the ids of a store."""
    return [
        *(dict(record.join) for record in run.joins),
        *(
            {
                "status": record.status,
                "reason": record.reason,
                "join": record.join,
                "branches": [
                    {k: v for k, v in branch.items() if k not in ("context", "terminal_turn")}
                    for branch in record.branches
                    if isinstance(branch, dict)
                ],
                "winner": record.winner,
                "keys": record.keys,
                "updates": record.context_updates,
            }
            for record in run.merges
        ),
    ]
