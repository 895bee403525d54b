"""How far `make laws` goes, and the part of it that `make test` does.

The full product of all that a fan-out can declare with all that its branches can do is too
large to be walked through in a minute, so that what costs most is looked at least: up to
three branches everything; four, all but skipped branches under `arrival`; five, success and
failure of activated branches, under `arrival` with all of them started. What that leaves
out is one step from what it holds: a join cannot tell `partial_success` from `success`, nor
a skipped branch from one that is not there, which smaller fan-outs show.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from attractorc.interpreter.outcome import End

from .lattice import Walk
from .policies import ENDS, Case, cases

SIZES = (1, 2, 3, 4, 5)
PLAIN = (End.SUCCESS, End.FAIL)


def walk(case: Case) -> Walk:
    """The walk through a case, as far as its size allows."""
    arrival = case.policy.decide == "arrival"
    if case.size == 5:
        return Walk(case, ends=PLAIN, skips=False, widths=(5,) if arrival else ())
    return Walk(case, ends=ENDS, skips=case.size < 4 or not arrival)


def everything() -> Iterator[Case]:
    """Every case of `make laws`, the large ones first, so that two workers end together."""
    for size in reversed(SIZES):
        yield from cases(size)


@dataclass(frozen=True, slots=True)
class Sample:
    """Every so-manieth case of a size, from the middle of the first stride."""

    size: int
    each: int

    def cases(self) -> list[Case]:
        """The cases of the sample."""
        return list(cases(self.size))[self.each // 2 :: self.each]


SAMPLES = (Sample(1, 2), Sample(2, 7), Sample(3, 47), Sample(4, 331), Sample(5, 401))
"""Strides without a common factor with the table's, so that every part of it comes up."""
