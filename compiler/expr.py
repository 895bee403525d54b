"""Conditions as data: the tree that a condition's text means, without its text.

Apart from the parser, because the interpreter evaluates these trees and must contain no
parser. It must not know how a condition is written or what a context is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">=", "contains"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`key operator literal`. `literal` is unquoted text (specification 10.5).

    `=` and `!=` compare as text; the orderings need a number on both sides.
    """

    key: str
    operator: Operator
    literal: str


@dataclass(frozen=True, slots=True)
class Truth:
    """A bare key: true unless its value is missing, empty, `false` or zero."""

    key: str


@dataclass(frozen=True, slots=True)
class Not:
    """`!x`"""

    operand: Expr


@dataclass(frozen=True, slots=True)
class And:
    """`x && y && ...`, at least two operands."""

    operands: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """`x || y || ...`, at least two operands."""

    operands: tuple[Expr, ...]


Expr: TypeAlias = Comparison | Truth | Not | And | Or


def keys(expr: Expr) -> Iterator[str]:
    """Every key that the condition asks for, in the order of its text."""
    pending: list[Expr] = [expr]
    while pending:
        current = pending.pop()
        match current:
            case Comparison() | Truth():
                yield current.key
            case Not():
                pending.append(current.operand)
            case And() | Or():
                pending.extend(reversed(current.operands))


def asks_outcome(expr: Expr | None) -> bool:
    """Whether the condition asks for the variable `outcome` (semantics 3.1)."""
    return expr is not None and "outcome" in keys(expr)
