"""`sum`, `min`, `max`, `count`: numbers, exactly.

Integers stay exact; where a float takes part, the exact result is rounded once, so that
no order of adding can show. Strings, booleans and all else are no numbers: a conflict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import TypeGuard

from attractorc.compiler.value import Json

from .contribution import Conflict, Contribution, Merged, clash, misfit


def is_number(value: Json) -> TypeGuard[int | float]:
    """Whether a JSON value is a number; `true` and `"1"` are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def total(contribution: Contribution) -> Merged | Conflict:
    """The base plus each branch's change to it; a missing base is 0."""
    wrong = misfit(contribution, is_number, "numbers", base=True)
    if wrong is not None:
        return wrong
    base = contribution.base.value if contribution.base is not None else 0
    assert is_number(base), "it fits"
    values = _values(contribution)
    # A change is `value - base`; nothing is rounded before the end.
    exact = sum(map(Fraction, values), Fraction(base) * (1 - len(values)))
    if all(isinstance(number, int) for number in (base, *values)):
        return Merged(int(exact))
    try:
        return Merged(float(exact))
    except OverflowError:
        return clash("the sum is too large for a number", contribution.writes)


def least(contribution: Contribution) -> Merged | Conflict:
    """The smallest value. Without base."""
    return _extreme(contribution, min)


def greatest(contribution: Contribution) -> Merged | Conflict:
    """The largest value. Without base."""
    return _extreme(contribution, max)


def count(contribution: Contribution) -> Merged:
    """How many branches wrote the key. Without base."""
    return Merged(len(contribution.writes))


def _extreme(
    contribution: Contribution, pick: Callable[[Iterable[int | float]], int | float]
) -> Merged | Conflict:
    wrong = misfit(contribution, is_number, "numbers")
    if wrong is not None:
        return wrong
    extreme = pick(_values(contribution))
    # 1 and 1.0 are one number and two values: the canonically smaller text stands.
    equal = [write for write in contribution.writes if write.value == extreme]
    text = min(write.text for write in equal)
    chosen = [write for write in equal if write.text == text]
    return Merged(chosen[0].value, frozenset(write.branch for write in chosen))


def _values(contribution: Contribution) -> list[int | float]:
    return [write.value for write in contribution.writes if is_number(write.value)]
