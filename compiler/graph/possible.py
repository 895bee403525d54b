"""The cases that conditions can tell apart: enough of them to say what can never be.

Stricter than coverage, which leaves out what no author means: here a case that is missing
would make a rule say *never* of what can happen. Where that cannot be excluded there are no
cases at all. It must not know nodes or edges.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, pairwise, product
from math import isfinite, prod
from typing import Final

from ..expr import Comparison, Expr, Truth
from .coverage import leaves, plain_key

OUTCOMES: Final = ("success", "partial_success", "fail", "retry", "skipped")
"""What `outcome` can be, before and after a stage's retries are used up."""

ELSE: Final = "\0"
"""Stands for a text that no condition mentions."""

_CASES_LIMIT = 4_000
_PARTS_LIMIT = 4
_ORDERINGS = ("<", "<=", ">", ">=")


def cases(conditions: Sequence[Expr]) -> tuple[Mapping[str, str], ...]:
    """Every case, a text by key, that these conditions can tell apart.

    Empty where there are too many, or where a key is asked in ways that hold no few cases.
    """
    by_key: dict[str, list[Comparison | Truth]] = {}
    for leaf in (leaf for condition in conditions for leaf in leaves(condition)):
        by_key.setdefault(plain_key(leaf.key), []).append(leaf)
    samples: dict[str, tuple[str, ...]] = {}
    for key, asked in by_key.items():
        values = OUTCOMES if key == "outcome" and _plain(asked) else _samples(asked)
        if not values:
            return ()
        samples[key] = values
    if prod(len(values) for values in samples.values()) > _CASES_LIMIT:
        return ()
    return tuple(dict(zip(samples, values, strict=True)) for values in product(*samples.values()))


def _plain(asked: Sequence[Comparison | Truth]) -> bool:
    return all(isinstance(leaf, Truth) or leaf.operator not in _ORDERINGS for leaf in asked)


def _samples(asked: Sequence[Comparison | Truth]) -> tuple[str, ...]:
    compared = [leaf for leaf in asked if isinstance(leaf, Comparison)]
    parts = dict.fromkeys(leaf.literal for leaf in compared if leaf.operator == "contains")
    ordered = [leaf.literal for leaf in compared if leaf.operator in _ORDERINGS]
    if len(parts) > _PARTS_LIMIT or (parts and ordered):
        return ()
    found = {leaf.literal: None for leaf in compared if leaf.operator in ("=", "!=")}
    for size in range(1, len(parts) + 1):
        for chosen in combinations(parts, size):
            found["\n".join(chosen)] = None
            found["\n".join((*chosen, ELSE))] = None
    found.update(dict.fromkeys(_numbers(ordered)))
    found.update(dict.fromkeys(("true", "", ELSE)))
    return tuple(found)


def _numbers(literals: Sequence[str]) -> Iterator[str]:
    bounds = sorted({number for text in literals if (number := _number(text)) is not None})
    if not bounds:
        return
    steps = (bounds[0] - 1.5, bounds[0] - 1, bounds[-1] + 1, bounds[-1] + 1.5)
    between = (part for low, high in pairwise(bounds) for part in _inside(low, high))
    yield from (repr(each) for each in (*steps, *between))
    yield from (text for text in literals if _number(text) is not None)


def _inside(low: float, high: float) -> tuple[float, float]:
    return (low + (high - low) / 3, low + (high - low) / 2)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None
