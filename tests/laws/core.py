"""The join itself, apart from the machine: every policy, vector of ends and order of taking.

A `Tally` takes one end after the other, in every order in which ends can be taken; what is
equal in all that it holds is one state. After each end it must say what the oracle says,
neither earlier nor later, and once it has said something it must go on saying it. It must
not know the machine; that one is walked with `told`, which says whatever a tally could.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from attractorc.compiler.policy import ErrorPolicy, FanOut, Join
from attractorc.interpreter.joins import Counts, Tally, Verdict
from attractorc.interpreter.outcome import End

from .lattice import Report
from .oracle import BAD, GOOD, Mind, Taken, mind_of
from .policies import ENDS, ERRORS, NAMES, joins
from .snapshots import copied_tally


@dataclass(frozen=True, slots=True)
class Count:
    """A join and an error policy over so many branches."""

    size: int
    join: Join
    errors: ErrorPolicy

    def __str__(self) -> str:
        return f"the tally of {self.size} branches, {self.join.text}, {self.errors}"


def counts(size: int) -> Iterator[Count]:
    """Every join with every error policy."""
    return (Count(size, join, errors) for join in joins(size) for errors in ERRORS)


@dataclass(slots=True)
class CoreWalk:
    """All that the tally of one join can be told, in every order."""

    count: Count
    report: Report = field(default_factory=Report)
    mind: Mind = field(init=False)
    _orders: dict[object, int] = field(default_factory=dict)
    _said: dict[tuple[object, ...], bool | None] = field(default_factory=dict)

    def whole(self) -> Report:
        """Walk; AssertionError at a broken law."""
        names = NAMES[: self.count.size]
        policy = FanOut(self.count.join, self.count.errors)
        self.mind = mind_of(policy)
        for chosen in product((None, End.SKIPPED), repeat=len(names)):
            ends: dict[str, End | None] = dict(zip(names, chosen, strict=True))
            self._orders = {}
            self.report.orders += self._from(Tally(policy, ends), ends, (), None)
        self.report.results = len(self._said)
        return self.report

    def _from(
        self,
        tally: Tally,
        ends: dict[str, End | None],
        last: Taken,
        stands: Verdict | None,
    ) -> int:
        """Check a state and go on from it: in how many orders the rest can be taken."""
        where = (str(self.count), ends, last)
        self.report.checks += 1
        verdict = tally.verdict
        if stands is not None:
            assert verdict == stands, where
        else:
            assert verdict.satisfied is self._expected(ends, last), where
        stands = None if verdict.satisfied is None else verdict
        key = (_key(tally), stands is None)
        known = self._orders.get(key)
        if known is not None:
            return known
        self.report.states += 1
        self._count_is_right(tally, ends)
        free = [name for name, end in ends.items() if end is None]
        assert free or stands is not None, where
        ways = 0 if free else 1
        for name in free:
            for end in ENDS:
                after = copied_tally(tally)
                after.take(name, end)
                self.report.steps += 1
                ways += self._from(after, {**ends, name: end}, ((name, end),), stands)
        self._orders[key] = ways
        return ways

    def _expected(self, ends: dict[str, End | None], last: Taken) -> bool | None:
        key = (*ends.values(), bool(last) and last[0][1] in BAD)
        if key not in self._said:
            self._said[key] = self.mind(ends, last)
        return self._said[key]

    def _count_is_right(self, tally: Tally, ends: dict[str, End | None]) -> None:
        values = list(ends.values())
        skipped = values.count(End.SKIPPED)
        good, bad = (sum(end in ones for end in values) for ones in (GOOD, BAD))
        assert tally.counts == Counts(len(values) - skipped, good, bad, skipped)


def _key(tally: Any) -> tuple[object, ...]:
    values = [getattr(tally, name) for name in Tally.__slots__ if name != "_policy"]
    return tuple([tuple(one.values()) if type(one) is dict else one for one in values])
