"""Inputs from a command line: `--input name=value`, typed as the plan declares them.

It must not know what inputs are used for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from attractorc.compiler.value import Json, canonical, nearest

from .exits import Refused

if TYPE_CHECKING:
    from attractorc.compiler.plan.model import Input, Plan

TRUE = ("true", "yes", "on", "1")
FALSE = ("false", "no", "off", "0")


def given_inputs(plan: Plan, given: tuple[str, ...]) -> dict[str, Json]:
    """Values of all inputs of a plan, by name. Raises `Refused` in one sentence."""
    declared = {one.name: one for one in plan.inputs}
    texts: dict[str, str] = {}
    for item in given:
        name, equals, text = item.partition("=")
        if not equals:
            raise Refused(f"--input {item}: write it as NAME=VALUE")
        if name not in declared:
            meant = nearest(name, declared)
            hint = f"; did you mean '{meant}'?" if meant else ""
            raise Refused(f"--input {name}: the pipeline has no such input{hint}")
        texts[name] = text
    values: dict[str, Json] = {}
    for name, one in declared.items():
        if name in texts:
            values[name] = _typed(one, texts[name])
        elif one.required:
            raise Refused(f"the input '{name}' has no default: give it with --input {name}=VALUE")
        else:
            values[name] = one.default
    return values


def refuse_shadowing(plan: Plan, environment: Mapping[str, str]) -> None:
    """Refuse inputs named like a variable of the environment, which tools would see instead.

    What an outer run exported does not count (`ATTRACTOR_EXPORTED`).
    """
    outer = environment.get("ATTRACTOR_EXPORTED", "").split()
    for one in plan.inputs:
        if one.name in environment and one.name not in outer:
            raise Refused(
                f"the input '{one.name}' is named like a variable of the environment, which"
                " commands would see instead of it; rename the input"
            )


def _typed(one: Input, text: str) -> Json:
    value = _parsed(one, text)
    if one.enum and canonical(value) not in [canonical(each) for each in one.enum]:
        choices = ", ".join(canonical(each) for each in one.enum)
        raise Refused(f"--input {one.name}={text}: must be one of {choices}")
    return value


def _parsed(one: Input, text: str) -> Json:
    lowered = text.strip().lower()
    try:
        match one.type:
            case "string":
                return text
            case "int":
                return int(lowered)
            case "float":
                return _finite(float(lowered))
            case "bool" if lowered in (*TRUE, *FALSE):
                return lowered in TRUE
            case "json":
                value: Json = json.loads(text)
                canonical(value)
                return value
    except ValueError:
        pass
    raise Refused(f"--input {one.name}={text}: it must be of the type {one.type}")


def _finite(number: float) -> float:
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError("not finite")
    return number
