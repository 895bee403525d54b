"""Whether some conditions, taken together, hold in every case, and if not, in which none does.

Tries the values that the conditions themselves mention, one beside each, and one that
none mentions; that is enough to decide conditions of this language. Where there are too
many cases it says nothing. It must not know nodes or edges.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, pairwise, product
from math import isfinite, prod
from typing import assert_never

from ..expr import And, Comparison, Expr, Not, Or, Truth

OTHER = "\0other"
_CASES_LIMIT = 5_000
_SUBSETS_LIMIT = 4


def uncovered(
    conditions: Sequence[Expr], known: Mapping[str, Sequence[str]]
) -> Mapping[str, str] | None:
    """A case in which no condition holds: a text by key; None if there is none.

    `known` gives the values to try for keys whose values are a closed set. `OTHER` as a
    value means one that no condition mentions.
    """
    by_key: dict[str, list[Comparison | Truth]] = {}
    for leaf in (leaf for condition in conditions for leaf in leaves(condition)):
        by_key.setdefault(plain_key(leaf.key), []).append(leaf)
    samples = {
        key: _distinct((*known.get(key, ()), *_samples(asked, key in known)))
        for key, asked in by_key.items()
    }
    if prod(len(values) for values in samples.values()) > _CASES_LIMIT:
        return None
    for values in product(*samples.values()):
        case = dict(zip(samples, values, strict=True))
        if not any(holds(condition, case) for condition in conditions):
            return case
    return None


def plain_key(key: str) -> str:
    """A key as it is looked up: `context.x` and `x` are the same."""
    return key.removeprefix("context.")


def holds(condition: Expr, case: Mapping[str, str]) -> bool:
    """Whether a condition holds in a case; a key that is not in it is empty."""
    match condition:
        case Comparison():
            return _compared(condition, case.get(plain_key(condition.key), ""))
        case Truth():
            return case.get(plain_key(condition.key), "").lower() not in ("", "false", "0")
        case Not():
            return not holds(condition.operand, case)
        case And():
            return all(holds(operand, case) for operand in condition.operands)
        case Or():
            return any(holds(operand, case) for operand in condition.operands)
    assert_never(condition)


def _compared(comparison: Comparison, value: str) -> bool:
    literal = comparison.literal
    match comparison.operator:
        case "=":
            return value == literal
        case "!=":
            return value != literal
        case "contains":
            return literal in value
        case "<" | "<=" | ">" | ">=":
            left, right = _number(value), _number(literal)
            if left is None or right is None:
                return False
            return {
                "<": left < right,
                "<=": left <= right,
                ">": left > right,
                ">=": left >= right,
            }[comparison.operator]
    assert_never(comparison.operator)


def leaves(condition: Expr) -> Iterable[Comparison | Truth]:
    """The comparisons and truth tests that a condition is made of, in the order of its text."""
    match condition:
        case Comparison() | Truth():
            yield condition
        case Not():
            yield from leaves(condition.operand)
        case And() | Or():
            for operand in condition.operands:
                yield from leaves(operand)


def _samples(asked: Sequence[Comparison | Truth], closed: bool) -> list[str]:
    """Values of one key that can make a difference to what is asked about it."""
    compared = [leaf for leaf in asked if isinstance(leaf, Comparison)]
    exact = [leaf.literal for leaf in compared if leaf.operator in ("=", "!=")]
    parts = _distinct(leaf.literal for leaf in compared if leaf.operator == "contains")
    bounds = sorted(
        number
        for leaf in compared
        if leaf.operator in ("<", "<=", ">", ">=") and (number := _number(leaf.literal)) is not None
    )
    found = list(exact)
    for size in range(1, min(len(parts), _SUBSETS_LIMIT) + 1):
        found += ["\n".join(chosen) for chosen in combinations(parts, size)]
    for bound in bounds:
        found += [_text(bound - 1), _text(bound + 1)]
    found += [_text((low + high) / 2) for low, high in pairwise(bounds)]
    if len(compared) < len(asked):
        found += ["true", ""]
    yes_or_no = {text.lower() for text in exact} == {"true", "false"}
    if not (closed or bounds or yes_or_no) and compared:
        found.append(OTHER)
    return found


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None


def _text(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)
