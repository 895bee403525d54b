"""What the pages say of a fan-out's run, worked out by listing all that could still come.

Apart from the interpreter, and not like it: nothing is counted down and no threshold is
known here. A verdict is what all completions agree on, and three-valued logic is taken at
its word: each place where an unknown stands may turn out either way, on its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeAlias

from attractorc.compiler.policy import (
    AllOf,
    AnyOf,
    AtLeast,
    Atom,
    ErrorPolicy,
    FanOut,
    Formula,
    Join,
    NoneOf,
)
from attractorc.interpreter.outcome import End

GOOD = (End.SUCCESS, End.PARTIAL_SUCCESS)
BAD = (End.FAIL, End.TIMED_OUT)


@cache
def verdict(
    join: Join, errors: ErrorPolicy, known: tuple[tuple[str, End | None], ...]
) -> bool | None:
    """The join over ends by branch, None for one not taken into account; but for fail_fast."""
    ends = dict(known)
    if join.formula is not None:
        return _formula(join.formula, errors, ends)
    if join.kind in ("wait_all", "all_done") and None in ends.values():
        return None  # whether all are done is unknown of an open branch, whatever else holds
    free = [name for name, end in ends.items() if end is None]
    values = {
        _whole(join, errors, {**ends, **dict(zip(free, rest, strict=True))})
        for rest in itertools.product((End.SUCCESS, End.FAIL), repeat=len(free))
    }
    return values.pop() if len(values) == 1 else None


def _whole(join: Join, errors: ErrorPolicy, ends: Mapping[str, End | None]) -> bool:
    """A counting policy over branches that have all ended."""
    count = [end for end in ends.values() if end is not End.SKIPPED]
    if errors == "ignore":
        count = [end for end in count if end not in BAD]
    good = sum(1 for end in count if end in GOOD)
    if not count:
        return join.kind == "all_done"
    if join.kind == "all_done":
        return True
    if join.kind == "all_success":
        return good == len(count)
    if join.kind == "majority":
        return good > len(count) - good
    if join.kind == "quorum":
        assert join.ratio is not None
        return good * join.ratio.denominator >= join.ratio.numerator * len(count) and good > 0
    return good >= (join.k or 1)


def _formula(tree: Formula, errors: ErrorPolicy, ends: Mapping[str, End | None]) -> bool | None:
    if all(end is End.SKIPPED for end in ends.values()):
        return False
    values = _values(tree, ends)
    if errors == "ignore":  # and the count, which is the successes, must not come to zero
        values = {a and b for a in values for b in _values(AtLeast(1, tuple(ends)), ends)}
    return values.pop() if len(values) == 1 else None


def _values(tree: Formula, ends: Mapping[str, End | None]) -> set[bool]:
    """Every value that the formula can take; its parts are free of each other."""
    match tree:
        case Atom(name, state):
            end = ends[name]
            if end is None:
                return {True, False}
            return {
                {
                    "succeeded": end in GOOD,
                    "failed": end in BAD,
                    "skipped": end is End.SKIPPED,
                    "done": True,
                }[state]
            }
        case AtLeast(k, names):
            parts = [_values(Atom(name), ends) for name in dict.fromkeys(names)]
            return {sum(way) >= k for way in itertools.product(*parts)}
        case NoneOf(operand):
            return {not value for value in _values(operand, ends)}
        case AllOf(operands):
            return {all(way) for way in itertools.product(*(_values(o, ends) for o in operands))}
        case AnyOf(operands):
            return {any(way) for way in itertools.product(*(_values(o, ends) for o in operands))}


Taken: TypeAlias = "tuple[tuple[str, End], ...]"
Mind: TypeAlias = Callable[[Mapping[str, "End | None"], Taken], "bool | None"]
"""What a join says of the ends by branch and in the order of taking; None: not yet."""


def mind_of(policy: FanOut) -> Mind:
    """A policy's own words; under `fail_fast` a failure that is taken ends it."""

    def said(ends: Mapping[str, End | None], taken: Taken) -> bool | None:
        if policy.error_policy == "fail_fast" and taken and taken[-1][1] in BAD:
            return False
        return verdict(policy.join, policy.error_policy, tuple(ends.items()))

    return said


@dataclass(frozen=True, slots=True)
class Expected:
    """How far a fan-out is: `satisfied` None while undecided, `taken` in the order of taking.

    `known` is what the ends that were taken say, which at a `join_timeout` is not acted on
    before the last is taken. `ends` are those of branches that are settled: skipped, taken,
    cancelled or drained.
    """

    satisfied: bool | None
    known: bool | None
    taken: Taken
    ends: Mapping[str, End]


def expected(
    policy: FanOut,
    names: Sequence[str],
    skipped: Sequence[str],
    ended: Sequence[tuple[str, End]],
    *,
    mind: Mind | None = None,
    struck: Collection[str] | None = None,
) -> Expected:
    """The page's words over the ends so far, which stand in the order in which they came.

    `struck`: those that had come when the `join_timeout` did; None while it has not.
    """
    mind = mind or mind_of(policy)
    if struck is not None:
        had_come = [one for one in ended if one[0] in struck]
        before = expected(policy, names, skipped, had_come, mind=mind)
        if before.satisfied is not None:
            return _settled(policy, names, before, ended)
    ends: dict[str, End | None] = {name: End.SKIPPED if name in skipped else None for name in names}
    found = dict(ended)
    order = [name for name in names if name not in skipped]
    if policy.decide == "arrival":
        order = [name for name, _ in ended]
    taken: list[tuple[str, End]] = []
    value = mind(ends, ())
    for name in order:
        if (value is not None and struck is None) or name not in found:
            break
        ends[name] = found[name]
        taken.append((name, found[name]))
        if value is None:
            value = mind(ends, tuple(taken))
    decided = struck is None or None not in ends.values()
    known = {name: end for name, end in ends.items() if end is not None}
    page = Expected(value if decided else None, value, tuple(taken), known)
    return page if page.satisfied is None else _settled(policy, names, page, ended)


def _settled(
    policy: FanOut, names: Sequence[str], page: Expected, ended: Sequence[tuple[str, End]]
) -> Expected:
    """A decision stands; what becomes of the branches that it was made without."""
    ends, found = dict(page.ends), dict(ended)
    for name in names:
        if name not in ends:
            if policy.losers == "cancel":
                ends[name] = End.CANCELLED
            elif name in found:
                ends[name] = found[name]
    return replace(page, ends=ends)


def fan_out_status(satisfied: bool, ends: Mapping[str, End]) -> str:
    """What the fan-out itself comes to."""
    if not satisfied:
        return "fail"
    return "partial_success" if any(end in BAD for end in ends.values()) else "success"
