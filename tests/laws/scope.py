"""How far `make laws` goes, and the part of it that `make test` does.

All that a fan-out can declare times all that its branches can do is too much, so that what
costs most is looked at least: up to three branches everything, also two ends that come
before the machine is asked; four, no timeouts, one end at a time, and no skipped branches
under `arrival`; five, success and failure of activated branches, under `arrival` with all
of them started. What that leaves out smaller fan-outs have: a join cannot tell
`partial_success` from `success`, nor a skipped branch from one that is not there.
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
    if case.size == 4:
        return Walk(case, ends=(End.SUCCESS, End.PARTIAL_SUCCESS, End.FAIL), skips=not arrival)
    return Walk(case, ends=ENDS, pairs=True)


def everything() -> Iterator[Case]:
    """Every case of `make laws`, the small ones first: what they show is easier to read."""
    for size in SIZES:
        yield from cases(size)


@dataclass(frozen=True, slots=True)
class Sample:
    """Every so-manieth case of a size, beginning with the one numbered `start`."""

    size: int
    start: int
    each: int

    def cases(self) -> list[Case]:
        """The cases of the sample."""
        return list(cases(self.size))[self.start :: self.each]


SAMPLES = (
    Sample(1, 0, 2),
    Sample(2, 3, 11),
    Sample(3, 23, 101),
    Sample(4, 165, 331),
    Sample(5, 28, 360),
)
"""Strides without a common factor with the table's, so that every part of it comes up."""
