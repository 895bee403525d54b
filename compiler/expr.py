"""Conditions as data: the tree that a condition's text means, without its text.

Apart from the parser, because the interpreter evaluates these trees and must contain no
parser. It must not know how a condition is written or what a context is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias, assert_never

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


def condition_text(expr: Expr) -> str:
    """The canonical text of a condition: `outcome=success && (tries<3 || context.force)`."""
    match expr:
        case Comparison(key, "contains", literal):
            return f"{key} contains {_literal(literal)}"
        case Comparison(key, operator, literal):
            return f"{key}{operator}{_literal(literal)}"
        case Truth(key):
            return key
        case Not(Truth(key)):
            return f"!{key}"
        case Not(operand):
            return f"!({condition_text(operand)})"
        case And(operands):
            return " && ".join(map(_grouped, operands))
        case Or(operands):
            return " || ".join(map(_grouped, operands))
        case _ as never:
            assert_never(never)


_BARE = re.compile(r"(?!contains$)[A-Za-z_][A-Za-z0-9_.:-]*|-?[0-9]+(\.[0-9]+)?")


def _literal(text: str) -> str:
    if _BARE.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _grouped(expr: Expr) -> str:
    text = condition_text(expr)
    return f"({text})" if isinstance(expr, And | Or) else text
