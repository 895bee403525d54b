"""What conditions and templates come to, given an outcome and a context.

Conditions arrive as trees and templates as parts: nothing is parsed here, and nothing is
replaced twice. Apart from routing because people, supervisors and joins ask too. It must
not know edges or stages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import assert_never

from attractorc.compiler.expr import And, Comparison, Expr, Not, Or, Truth
from attractorc.compiler.plan.model import ContextRef, InputRef, Template
from attractorc.compiler.value import Json, as_text

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class Scene:
    """What a condition can ask about: the last outcome and a context view."""

    outcome: str
    preferred_label: str
    context: Mapping[str, Json]


def holds(expr: Expr | None, scene: Scene, notes: list[str] | None = None) -> bool:
    """Whether a condition is true; none at all is. Odd comparisons are put into `notes`."""
    match expr:
        case None:
            return True
        case Truth():
            return _truthy(_value(expr.key, scene))
        case Comparison():
            return _compare(expr, scene, notes)
        case Not():
            return not holds(expr.operand, scene, notes)
        case And():
            return all(holds(operand, scene, notes) for operand in expr.operands)
        case Or():
            return any(holds(operand, scene, notes) for operand in expr.operands)
    assert_never(expr)


def render(template: Template, context: Mapping[str, Json], inputs: Mapping[str, Json]) -> str:
    """A template with its references replaced; an absent key becomes nothing."""
    if len(template) == 1 and isinstance(template[0], str):
        return template[0]
    parts: list[str] = []
    for part in template:
        match part:
            case str():
                parts.append(part)
            case ContextRef():
                parts.append(as_text(looked_up(part.key, context)))
            case InputRef():
                parts.append(as_text(inputs.get(part.name)))
            case _:
                assert_never(part)
    return "".join(parts)


def looked_up(key: str, context: Mapping[str, Json]) -> Json:
    """Specification 10.4: the key itself, then without its `context.` prefix."""
    if key in context:
        return context[key]
    if key.startswith("context."):
        return context.get(key.removeprefix("context."))
    return None


def _value(key: str, scene: Scene) -> Json:
    if key == "outcome":
        return scene.outcome
    if key == "preferred_label":
        return scene.preferred_label
    return looked_up(key, scene.context)


def _truthy(value: Json) -> bool:
    return as_text(value) not in ("", "false", "0", "0.0", "[]", "{}")


def _compare(expr: Comparison, scene: Scene, notes: list[str] | None) -> bool:
    value = _value(expr.key, scene)
    match expr.operator:
        case "=":
            return as_text(value) == expr.literal
        case "!=":
            return as_text(value) != expr.literal
        case "contains":
            if isinstance(value, list | tuple):
                return any(as_text(item) == expr.literal for item in value)
            if isinstance(value, Mapping):
                return expr.literal in value
            return expr.literal in as_text(value)
        case "<" | "<=" | ">" | ">=":
            left, right = _number(value), _number(expr.literal)
            if left is None or right is None:
                if notes is not None:
                    odd = expr.key if left is None else repr(expr.literal)
                    notes.append(
                        f"{expr.key} {expr.operator} {expr.literal} is false: {odd} is no number"
                    )
                return False
            return _ordered(left, expr.operator, right)
    assert_never(expr.operator)


def _ordered(left: int | float, operator: str, right: int | float) -> bool:
    return {
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[operator]


def _number(value: Json) -> int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str):
        return None
    text = value.strip()
    if not _NUMBER.fullmatch(text):
        return None
    try:
        return int(text)
    except ValueError:
        number = float(text)
        return number if isfinite(number) else None
