"""Whether a join formula can be true, and whether it can be false, once all branches ended.

Tries every way in which the named branches can end; beyond a bound it says nothing. Only
the formula's final value counts here: when a run may decide earlier is the interpreter's
business. It must not know which branches a fan-out has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import assert_never

from ..policy import AllOf, AnyOf, AtLeast, Atom, BranchState, Formula, NoneOf

_CASES_LIMIT = 5_000
_ENDS: tuple[BranchState, ...] = ("succeeded", "failed", "skipped")


def values(formula: Formula, branches: Mapping[str, bool]) -> frozenset[bool]:
    """The values that a formula can have; empty where there are too many cases to try.

    `branches` are the fan-out's, true for one that may be skipped because its edge has a
    condition; all that the formula names are among them. That every branch is skipped is no
    case: such a fan-out fails before its join is asked.
    """
    named = sorted(name for name in set(_names(formula)))
    choices = [_ENDS if branches[name] else _ENDS[:2] for name in named]
    cases = 1
    for choice in choices:
        cases *= len(choice)
        if cases > _CASES_LIMIT:
            return frozenset()
    found: set[bool] = set()
    for ends in product(*choices):
        if len(named) < len(branches) or any(end != "skipped" for end in ends):
            found.add(_value(formula, dict(zip(named, ends, strict=True))))
    return frozenset(found)


def parts(formula: Formula) -> Iterator[Formula]:
    """The formula and all its parts, in the order of its text."""
    pending = [formula]
    while pending:
        part = pending.pop()
        yield part
        if isinstance(part, NoneOf):
            pending.append(part.operand)
        elif isinstance(part, AllOf | AnyOf):
            pending.extend(reversed(part.operands))


def _names(formula: Formula) -> Iterator[str]:
    for part in parts(formula):
        if isinstance(part, Atom):
            yield part.branch
        elif isinstance(part, AtLeast):
            yield from part.branches


def _value(formula: Formula, ends: Mapping[str, BranchState]) -> bool:
    match formula:
        case Atom(branch, state):
            return state in ("done", ends[branch])
        case AtLeast(k, branches):
            return sum(ends[branch] == "succeeded" for branch in set(branches)) >= k
        case NoneOf(operand):
            return not _value(operand, ends)
        case AllOf(operands):
            return all(_value(operand, ends) for operand in operands)
        case AnyOf(operands):
            return any(_value(operand, ends) for operand in operands)
        case _ as never:
            assert_never(never)
