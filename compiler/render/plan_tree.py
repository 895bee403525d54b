"""The plan as a tree for people: steps in the order in which they are met, fan-outs opened.

What `attractorc plan` shows. Every policy that decides something is said in words, and
everything stands where it happens, so that a reader can see what a run would do. It must
not know how a plan was written, nor a terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap

from ..expr import Expr, condition_text
from ..plan.model import Branch, FanIn, Input, Plan, Region, Route, Step
from ..value import canonical
from .plan_order import flow_order
from .plan_words import (
    fan_out_words,
    files_words,
    join_words,
    kind_words,
    merge_words,
    stage_words,
    winner_words,
    work_words,
)

_WIDTH = 100
_DEEPEST = 20


def plan_tree(plan: Plan) -> str:
    """The plan as text that ends with a line end: lines of at most 100 columns.

    The pipelines that its stages run follow it, each once.
    """
    lines = [line for one in plan.family for line in (*_tree(one), "")]
    return "".join(f"{_clipped(line)}\n" for line in lines[:-1])


def _tree(plan: Plan) -> list[str]:
    lines = [*_header(plan), ""]
    shown: set[str] = set()
    lines.extend(_steps(plan, flow_order(plan, plan.start, None), "", shown))
    rest = sorted(plan.steps.keys() - shown)
    if rest:
        lines += ["", "not reached from the start:"]
        lines.extend(_steps(plan, rest, "  ", shown))
    return lines


def _header(plan: Plan) -> Iterator[str]:
    yield f"{one_line(plan.name)}: {_count(len(plan.steps), 'step')}, {plan.digest[:19]}"
    if plan.label:
        yield f"label: {one_line(plan.label)}"
    if plan.goal:
        yield f"goal: {one_line(plan.goal)}"
    for declared in plan.inputs:
        yield f"input: {_input(declared)}"


def _input(declared: Input) -> str:
    default = " (must be given)" if declared.required else f" = {canonical(declared.default)}"
    return f"{declared.name}: {declared.type}{default}"


def _steps(plan: Plan, names: Iterable[str], indent: str, shown: set[str]) -> Iterator[str]:
    for name in names:
        if name not in shown:
            shown.add(name)
            yield from _step(plan, plan.steps[name], indent, shown)


def _step(plan: Plan, step: Step, indent: str, shown: set[str]) -> Iterator[str]:
    words = one_line(work_words(step))
    if step.label != step.id and one_line(step.label) != words:
        words = f"{one_line(step.label)}: {words}" if words else one_line(step.label)
    yield f"{indent}{one_line(step.id)} ({one_line(kind_words(step))}) {words}".rstrip()
    inner = f"{indent}   "
    yield from _wrapped(", ".join(stage_words(step)), inner)
    if isinstance(step.work, FanIn) and step.work.region is not None:
        yield from _decision(plan.regions[step.work.region], inner)
    if step.id in plan.regions:
        yield from _region(plan, plan.regions[step.id], inner, shown)
    for route in step.routes:
        yield from _wrapped(route_words(route), inner)


def _region(plan: Plan, region: Region, indent: str, shown: set[str]) -> Iterator[str]:
    yield from _wrapped(fan_out_words(region), indent)
    yield from _wrapped(f"join: {join_words(region)}", indent)
    if region.meeting != "fan_in":
        yield from _decision(region, indent)
    too_deep = len(indent) > _DEEPEST * 3
    if too_deep:
        shown.update(region.nodes)
        yield f"{indent}(nested too deep to show)"
    for branch in () if too_deep else region.branches:
        yield f"{indent}├─ {_branch(branch)}"
        if branch.head != region.join_at:
            steps = flow_order(plan, branch.head, region.fan_out)
            yield from _steps(plan, steps, f"{indent}│  ", shown)
    if region.join_at is None:
        yield f"{indent}└─ the branches meet nowhere"
    else:
        yield f"{indent}└─ the branches meet at {one_line(region.join_at)}"


def _decision(region: Region, indent: str) -> Iterator[str]:
    yield from _wrapped(f"winner: {winner_words(region)}", indent)
    yield from _wrapped(f"merge: {merge_words(region.merge)}", indent)
    if files := files_words(region):
        yield from _wrapped(f"files: {files}", indent)


def _branch(branch: Branch) -> str:
    return f"{one_line(branch.id)}{_terms(branch.condition, branch.weight, False)}"


def route_words(route: Route) -> str:
    """`-> b  "Yes"  when outcome=success`"""
    label = f'  "{route.label}"' if route.label else ""
    terms = _terms(route.condition, route.weight, route.restart)
    return f"-> {route.target}{label}{terms}"


def _terms(condition: Expr | None, weight: int, restart: bool) -> str:
    when = "" if condition is None else f"  when {condition_text(condition)}"
    heavy = f"  weight {weight}" if weight else ""
    again = "  as a new run" if restart else ""
    return f"{when}{heavy}{again}"


def _wrapped(text: str, indent: str) -> list[str]:
    lines = wrap(one_line(text), max(_WIDTH - len(indent), 40), subsequent_indent="   ")
    return [f"{indent}{line}" for line in lines]


def _clipped(line: str) -> str:
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 3]}..."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def one_line(text: str) -> str:
    """Text without line ends or control characters, as it is safe on a terminal."""
    printable = (char if char.isprintable() else " " for char in text)
    return " ".join("".join(printable).split())
