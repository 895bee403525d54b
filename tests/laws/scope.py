"""What `make laws` walks through, part by part, and the piece of it that `make test` does.

The law is proven in two halves that meet in one small interface. `core` is the join: the
tally of every policy. `any` is the machine under a join that says at each end whatever it is
told to say (`told`), so under every policy at once. A machine that keeps the laws whatever
it is told, and a tally that tells what the pages say, keep them together. `real` is both
together: all that up to two branches can do, at three every order without a `join_timeout`,
at four and five every vector of success and failure, each in one order.

What the larger walks leave out, they leave out for a reason that a test holds (`readers`):

* at four and five branches `partial_success` is not in every order: nothing but the merge
  tells it from `success`. The part `vectors` has every vector with it, in one order each;
* states are the same although ends that wait to be taken came in another order, or were
  taken in another order (`LIKE`): only records read that order. Up to three branches no two
  states are the same that differ in anything at all;
* at five a branch whose own time is over ends together with its attempt, and losers that are
  cancelled end one after the other; with a `join_timeout` no branch has a time of its own.
  Up to four each moment is apart, and losers end in every order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from attractorc.interpreter.outcome import End

from .core import CoreWalk, counts
from .lattice import Walk
from .policies import DECIDE, LOSERS, Case, cases
from .told import any_join

Walks: TypeAlias = "Iterator[CoreWalk | Walk]"
TWO = (End.SUCCESS, End.FAIL)
THREE = (*TWO, End.TIMED_OUT)
LIKE: Mapping[str, tuple[str, ...]] = {
    "declared": ("Fork.arrived", "BranchState.position"),
    "arrival": ("BranchState.position", "Fork.taken", "Fork.join", "Run.joins"),
}
"""Fields that do not tell states of four and five branches apart, by `decide`."""


def any_cases(size: int) -> Iterator[Case]:
    """The four fan-outs of so many branches under a join that is told what to say."""
    for losers in LOSERS:
        for decide in DECIDE:
            yield Case(size, any_join(losers, decide, size))


def _core(*sizes: int) -> Walks:
    return (CoreWalk(count) for size in sizes for count in counts(size))


def _real(size: int) -> Walks:
    for case in cases(size):
        if size <= 2:
            yield Walk(case, timeout=True, pairs=True)
        elif size == 3:
            yield Walk(case, starts="branches", at_once=True)
        else:
            yield Walk(case, ends=TWO, skips=False, starts="branches", one_by_one=True)


def _any_small(*sizes: int) -> Walks:
    for size in sizes:
        for case in any_cases(size):
            yield Walk(case, timeout=True, starts="attempts", pairs=size < 3)


def _any_four() -> Walks:
    for case in any_cases(4):
        like = LIKE[case.policy.decide]
        yield Walk(case, ends=THREE, timeout=True, starts="branches", forgotten=like)


def _any_five(ends: tuple[End, ...], *, timeout: bool) -> Walks:
    for case in any_cases(5):
        like = LIKE[case.policy.decide]
        yield Walk(
            case, ends=ends, timeout=timeout, starts="branches", at_once=True, forgotten=like
        )


def _vectors(size: int) -> Walks:
    for case in any_cases(size):
        like = LIKE[case.policy.decide]
        yield Walk(case, starts="branches", one_by_one=True, at_once=True, forgotten=like)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of `make laws`: what it is for, in the words that are printed."""

    name: str
    says: str
    walks: Callable[[], Walks]


PARTS = (
    Part("core 1-3", "each policy's tally, all ends, every order", partial(_core, 1, 2, 3)),
    Part("core 4", "the same", partial(_core, 4)),
    Part("core 5", "the same", partial(_core, 5)),
    Part("any 1-3", "any join, all ends, every timeout and start", partial(_any_small, 1, 2, 3)),
    Part("any 4", "any join, success/fail/timed_out/skipped, every timeout", _any_four),
    Part("any 5", "any join, the same ends", partial(_any_five, THREE, timeout=False)),
    Part("any 5, late", "any join, join_timeout anywhere", partial(_any_five, TWO, timeout=True)),
    Part("vectors 4", "any join, all ends in one order", partial(_vectors, 4)),
    Part("vectors 5", "the same", partial(_vectors, 5)),
    Part("real 1-2", "each policy, all ends, every timeout", lambda: _both(1, 2)),
    Part("real 3", "each policy, all ends, every order", partial(_real, 3)),
    Part("real 4-5", "each policy, success/fail in one order", lambda: _both(4, 5)),
)
"""All that is walked; `make laws` prints how much that was."""


def _both(first: int, second: int) -> Walks:
    yield from _real(first)
    yield from _real(second)


def sample(name: str, some: slice) -> list[CoreWalk | Walk]:
    """Some of the walks of a part."""
    (part,) = (part for part in PARTS if part.name == name)
    return list(part.walks())[some]


SAMPLES: Mapping[str, tuple[tuple[str, slice], ...]] = {
    "core": (("core 1-3", slice(0, None, 5)), ("core 5", slice(41, None, 60))),
    "any join": (("any 1-3", slice(0, 8)),),
    "two branches": (("real 1-2", slice(0, None, 29)),),
    "three branches": (("real 3", slice(23, None, 101)),),
    "five branches": (("real 4-5", slice(28, None, 101)),),
}
"""By name. Strides without a common factor with the table's, so that all of it comes up."""
