"""The plan that is run: compiled from a pipeline file, or read from a plan file.

Apart from `compiling`, because only `exec` and `resume` take both. It must not know how plans
run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .compiling import compiled_or_refused
from .exits import Refused
from .files import read_one

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attractorc.compiler.plan.model import Plan
    from attractorc.interpreter.ports import Handler


def plan_of_file(file: str, colour: bool = False) -> tuple[Plan, str, str]:
    """The plan, its canonical JSON, and the text that it came from.

    A file whose name ends in `.json` is a plan. Raises `Refused` in one sentence for what
    cannot be read, has errors, or was changed by hand.
    """
    from attractorc.compiler.plan.codec import PlanError, from_text, to_json
    from attractorc.compiler.value import canonical

    if not file.endswith(".json"):
        plan = compiled_or_refused(file, None, colour, warned=True)
        source = read_one(file).data.decode("utf-8", "replace")
        return plan, canonical(to_json(plan)), source
    text = read_one(file).data.decode("utf-8", "replace")
    try:
        plan = from_text(text)
    except PlanError as error:
        raise Refused(f"{file}: {error}") from error
    return plan, canonical(to_json(plan)), text


def refuse_unready(plan: Plan, handlers: Mapping[str, Handler]) -> None:
    """Raise `Refused` where a plan needs a handler, a backend or a program that is not there."""
    from attractorc.interpreter.handlers import check_ready

    reason = check_ready(plan, handlers)
    if reason is not None:
        raise Refused(reason)
