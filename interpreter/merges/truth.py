"""`all` and `any`: booleans, over the branches that wrote the key, without base.

Only `true` and `false` are booleans; what else reads as true elsewhere is a conflict here.
"""

from __future__ import annotations

from attractorc.compiler.value import Json

from .contribution import Conflict, Contribution, Merged, misfit


def every(contribution: Contribution) -> Merged | Conflict:
    """Whether every branch that wrote the key wrote true."""
    wrong = misfit(contribution, _is_flag, "true or false")
    if wrong is not None:
        return wrong
    return Merged(all(write.value is True for write in contribution.writes))


def some(contribution: Contribution) -> Merged | Conflict:
    """Whether some branch that wrote the key wrote true."""
    wrong = misfit(contribution, _is_flag, "true or false")
    if wrong is not None:
        return wrong
    return Merged(any(write.value is True for write in contribution.writes))


def _is_flag(value: Json) -> bool:
    return isinstance(value, bool)
