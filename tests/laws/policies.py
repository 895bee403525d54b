"""The fan-outs that the laws are held against: joins, and all that goes with them.

A table, so that what `make laws` covers can be read in one place. The branches are `a` to
`e`; a formula names only the ones that a fan-out of its size has. It must not know how a
join is decided.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from attractorc.compiler.policy import (
    AllOf,
    AnyOf,
    AtLeast,
    Atom,
    Decide,
    ErrorPolicy,
    FanOut,
    Formula,
    Join,
    Losers,
    NoneOf,
    branches_named,
)
from attractorc.interpreter.outcome import End

NAMES = ("a", "b", "c", "d", "e")
ENDS = (End.SUCCESS, End.PARTIAL_SUCCESS, End.FAIL, End.TIMED_OUT)
"""The ends that a branch can be given; whether it is skipped is given at the fork."""

ERRORS: tuple[ErrorPolicy, ...] = ("continue", "fail_fast", "ignore")
LOSERS: tuple[Losers, ...] = ("cancel", "drain")
DECIDE: tuple[Decide, ...] = ("declared", "arrival")
RATIOS = tuple(map(Fraction, ("1/100", "1/3", "1/2", "0.6", "2/3", "4/5", "1")))

FORMULAS: dict[str, Formula] = {
    "a": Atom("a"),
    "!a": NoneOf(Atom("a")),
    "b.failed": Atom("b", "failed"),
    "!b.failed": NoneOf(Atom("b", "failed")),
    "a.skipped || b": AnyOf((Atom("a", "skipped"), Atom("b"))),
    "a.done && b": AllOf((Atom("a", "done"), Atom("b"))),
    "a || !a": AnyOf((Atom("a"), NoneOf(Atom("a")))),
    "a && 1 of (b, c)": AllOf((Atom("a"), AtLeast(1, ("b", "c")))),
    "!(a && b) || c.failed": AnyOf((NoneOf(AllOf((Atom("a"), Atom("b")))), Atom("c", "failed"))),
    "2 of (a, b, c)": AtLeast(2, ("a", "b", "c")),
    "c && (a.failed || 2 of (a, b, d))": AllOf(
        (Atom("c"), AnyOf((Atom("a", "failed"), AtLeast(2, ("a", "b", "d")))))
    ),
    "e || (d.done && !2 of (a, b, c))": AnyOf(
        (Atom("e"), AllOf((Atom("d", "done"), NoneOf(AtLeast(2, ("a", "b", "c"))))))
    ),
}


def joins(size: int) -> Iterator[Join]:
    """Every policy for a fan-out of so many branches; each k that can be written for it."""
    for kind in ("wait_all", "all_success", "first_success", "majority", "all_done"):
        yield Join(kind, text=kind)
    for k in range(1, size + 2):
        yield Join("k_of_n", k=k, text=f"k_of_n({k})")
    for ratio in RATIOS:
        yield Join("quorum", ratio=ratio, text=f"quorum({ratio})")
    for text, tree in FORMULAS.items():
        if set(branches_named(tree)) <= set(NAMES[:size]):
            yield Join("formula", formula=tree, text=text)


@dataclass(frozen=True, slots=True)
class Case:
    """A fan-out of so many branches, but for its `max_parallel`."""

    size: int
    policy: FanOut

    def __str__(self) -> str:
        policy = self.policy
        return (
            f"{self.size} branches, {policy.join.text}, {policy.error_policy}, "
            f"losers={policy.losers}, decide={policy.decide}"
        )


def cases(size: int) -> Iterator[Case]:
    """Every fan-out of so many branches."""
    for join in joins(size):
        for errors in ERRORS:
            for losers in LOSERS:
                for decide in DECIDE:
                    yield Case(size, FanOut(join, errors, losers, decide))
