"""Preambles: what an agent is told of the run above its prompt, for each mode of fidelity.

Built from the walker's own view alone (goal, stages on its way, its context), so that a branch
is told nothing of its siblings. The same state gives the same text, and none is longer than its
mode's budget. It must not know how a mode was resolved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..carried import (
    COMPACT,
    FULL,
    SUMMARY_HIGH,
    SUMMARY_LOW,
    SUMMARY_MEDIUM,
    TRUNCATE,
)
from ..state import State, Walker
from .tokens import Page, quarters
from .values import line_of, value_line
from .way import Way, branch_line, done_line, known_keys, way_of

HEADING = "## The run so far"
_NAME_CHARS = 120


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much a mode tells: `tokens` of all, else numbers of lines, and characters of each.

    `said` are those of what a stage said, `failed` of why one failed.
    """

    tokens: int
    goal: int
    stages: int = 0
    failed: int = 0
    said: int = 0
    keys: int = 0
    value: int = 0


AMOUNTS: Mapping[str, Amounts] = {
    TRUNCATE: Amounts(150, goal=400),
    COMPACT: Amounts(1_000, goal=800, stages=12, failed=120, keys=16, value=120),
    SUMMARY_LOW: Amounts(600, goal=800, stages=1, failed=160, keys=8, value=60),
    SUMMARY_MEDIUM: Amounts(1_500, goal=1_200, stages=12, failed=200, said=120, keys=24, value=200),
    SUMMARY_HIGH: Amounts(3_000, goal=2_000, stages=40, failed=240, said=240, keys=60, value=600),
}
BUDGETS: Mapping[str, int] = {mode: amounts.tokens for mode, amounts in AMOUNTS.items()}
"""The most tokens of each mode's preamble, as `tokens.estimated_tokens` counts them."""


def preamble(state: State, walker: Walker, mode: str) -> str:
    """The preamble of a walker's stage. Where a thread begins, `full` tells what a summary does."""
    amounts = AMOUNTS[SUMMARY_HIGH if mode == FULL else mode]
    page = Page(amounts.tokens)
    goal = line_of(walker.plan.goal, amounts.goal)
    run = line_of(state.run_id, _NAME_CHARS)
    if mode == TRUNCATE:
        if goal:
            page.add(f"Goal: {goal}")
        page.add(f"Run: {run}")
        return page.text()
    page.add(HEADING)
    page.add("")
    way = way_of(state, walker)
    if mode == COMPACT:
        _bullets(page, state, walker, goal, run, way)
    else:
        _summary(page, state, walker, amounts, goal, run, way)
    return page.text()


def _bullets(page: Page, state: State, walker: Walker, goal: str, run: str, way: Way) -> None:
    amounts = AMOUNTS[COMPACT]
    if goal:
        page.add(f"- Goal: {goal}")
    page.add(f"- Run: {run}")
    if walker.path:
        page.add(f"- Branch: {line_of(walker.path, _NAME_CHARS)}")
    if way.count:
        page.add(f"- Completed stages: {way.counted()}")
        _stages(page, way, amounts, "  ")
    if line := branch_line(walker, amounts.value * 2):
        page.add(f"- {line}")
    _context(page, state, walker, amounts, "- Context:", "  ")


def _summary(
    page: Page, state: State, walker: Walker, amounts: Amounts, goal: str, run: str, way: Way
) -> None:
    page.add(f"This is a stage of the run {run}.")
    if goal:
        page.add(f"Its goal is: {goal}")
    if walker.path:
        page.add(f"The stage is in the branch {line_of(walker.path, _NAME_CHARS)}.")
    page.add(f"Completed stages: {way.counted()}." if way.count else "No stage is completed yet.")
    if way.count and amounts.stages == 1:
        page.add(f"The last one was {done_line(way.done[-1], amounts.failed, amounts.said)}")
    elif way.count:
        page.add("")
        page.add("The last stages, the newest at the end:")
        _stages(page, way, amounts, "")
    if line := branch_line(walker, amounts.value * 2):
        page.add("")
        page.add(f"{line}.")
    _context(page, state, walker, amounts, "\nContext values:", "")


def _stages(page: Page, way: Way, amounts: Amounts, indent: str) -> None:
    """As many of the last stages as half of what is left has room for, in their order."""
    room = page.left // 2
    lines: list[str] = []
    for done in reversed(way.done[-amounts.stages :]):
        line = f"{indent}- {done_line(done, amounts.failed, amounts.said)}"
        room -= quarters(line) + 1
        if room < 0:
            break
        lines.append(line)
    earlier = way.count - len(lines)
    if earlier:
        page.add(f"{indent}- {earlier} earlier")
    for line in reversed(lines):
        page.add(line)


def _context(
    page: Page, state: State, walker: Walker, amounts: Amounts, heading: str, indent: str
) -> None:
    keys = known_keys(state, walker)
    if not keys:
        return
    page.add(heading)
    for index, key in enumerate(keys):
        more = f"{indent}- and {len(keys) - index} more"
        if index == amounts.keys:
            page.add(more)
            return
        line = f"{indent}- {line_of(key, _NAME_CHARS)}: "
        line += value_line(walker.context[key], amounts.value)
        # Room is kept to say how many keys are not told.
        if quarters(line) + len(more) + 1 > page.left:
            page.add(more)
            return
        page.add(line)
