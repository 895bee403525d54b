"""Join formulas in Kleene's three-valued logic, and the branches that a value rests on.

An atom is unknown until its branch's end has been taken; `&&`, `||` and `!` follow
Kleene's tables, so `a || !a` stays unknown with `a`. Apart from the counting policies,
because a formula asks about branches by name. It must not know error policies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias, assert_never

from attractorc.compiler.policy import (
    AllOf,
    AnyOf,
    AtLeast,
    Atom,
    BranchState,
    Formula,
    NoneOf,
)

from ..outcome import End

Ends: TypeAlias = Mapping[str, End | None]
Reading: TypeAlias = tuple[bool | None, tuple[str, ...]]
"""A formula's value, and the branches whose ends gave it (none while it is unknown)."""


def read(formula: Formula, ends: Ends) -> Reading:
    """The value of a formula over ends by branch id, None for an end not taken yet."""
    match formula:
        case Atom(branch, state):
            end = ends[branch]
            return (None, ()) if end is None else (_holds(state, end), (branch,))
        case AtLeast(k, branches):
            return _at_least(k, dict.fromkeys(branches), ends)
        case NoneOf(operand):
            value, because = read(operand, ends)
            return (None if value is None else not value), because
        case AllOf(operands):
            return _series(operands, ends, decisive=False)
        case AnyOf(operands):
            return _series(operands, ends, decisive=True)
        case _ as never:
            assert_never(never)


def _holds(state: BranchState, end: End) -> bool:
    match state:
        case "succeeded":
            return end.succeeded
        case "failed":
            return end.failed
        case "skipped":
            return end is End.SKIPPED
        case "done":
            return True
        case _ as never:
            assert_never(never)


def _at_least(k: int, branches: Iterable[str], ends: Ends) -> Reading:
    succeeded, lost, unknown = [], [], 0
    for branch in branches:
        end = ends[branch]
        if end is None:
            unknown += 1
        elif end.succeeded:
            succeeded.append(branch)
        else:
            lost.append(branch)
    if len(succeeded) >= k:
        return True, tuple(succeeded)
    if len(succeeded) + unknown < k:
        return False, tuple(lost)
    return None, ()


def _series(operands: tuple[Formula, ...], ends: Ends, *, decisive: bool) -> Reading:
    """`&&` is decided by one false operand, `||` by one true one; else all must be known."""
    reasons: list[str] = []
    unknown = False
    for operand in operands:
        value, because = read(operand, ends)
        if value is decisive:
            return decisive, because
        unknown = unknown or value is None
        reasons.extend(because)
    return (None, ()) if unknown else (not decisive, tuple(dict.fromkeys(reasons)))


_NAMED_AT_MOST = 5


def evidence(branches: tuple[str, ...], ends: Ends) -> str:
    """How these branches ended, as a clause: `'unit' succeeded, 'lint' failed`."""
    parts = [f"'{branch}' {end_text(ends[branch])}" for branch in branches[:_NAMED_AT_MOST]]
    more = len(branches) - len(parts)
    return ", ".join(parts) + (f" and {more} more" if more else "")


def end_text(end: End | None) -> str:
    """What became of a branch, as a verb."""
    match end:
        case None:
            return "is open"
        case End.SUCCESS | End.PARTIAL_SUCCESS:
            return "succeeded"
        case End.FAIL:
            return "failed"
        case End.TIMED_OUT:
            return "timed out"
        case End.SKIPPED:
            return "was skipped"
        case End.CANCELLED:
            return "was cancelled"
        case _ as never:
            assert_never(never)
