"""What lies behind a walker, and what its stage may know: the material of preambles.

A branch's way is the trunk's up to its fan-out, and its own from there. It must not know how
much of it is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from ..merges.rules import matches
from ..state import State, Walker
from ..state.memory import KEPT_STAGES, Done
from .values import line_of

_NAME_CHARS = 80
_BRANCHES = 12


@dataclass(frozen=True, slots=True)
class Way:
    """The last stages, oldest first, and how many there were in all."""

    done: tuple[Done, ...] = ()
    succeeded: int = 0
    failed: int = 0
    retries: int = 0

    @property
    def count(self) -> int:
        """How many stages have an outcome."""
        return self.succeeded + self.failed

    def counted(self) -> str:
        """The counts, in words."""
        words = [str(self.count)]
        if self.failed:
            words.append(f"{self.failed} failed")
        if self.retries:
            words.append(f"{self.retries} {'retry' if self.retries == 1 else 'retries'}")
        return ", ".join(words)


def way_of(state: State, walker: Walker) -> Way:
    """The stages behind a walker, through the forks that it is in."""
    parts: list[list[Done]] = []
    succeeded = failed = retries = kept = 0
    current: Walker | None = walker
    while current is not None and current.memory is not None:
        memory = current.memory
        succeeded += memory.succeeded
        failed += memory.failed
        retries += memory.retries
        if kept < KEPT_STAGES:
            parts.append(memory.done)
            kept += len(memory.done)
        fork = state.own_fork(current)
        current = None if fork is None else state.walkers[fork.path]
    done = tuple(one for part in reversed(parts) for one in part)
    return Way(done, succeeded, failed, retries)


@lru_cache(maxsize=1024)
def done_line(done: Done, failed: int, said: int) -> str:
    """A stage in one line; of what it said at most so many characters, if it failed or not.

    Where what successful stages said is told, why one was tried again is told too.
    """
    name = line_of(done.node, _NAME_CHARS)
    words = name if done.visit == 1 else f"{name} (visit {done.visit})"
    words += f": {done.status}"
    if done.retries:
        words += f" after {done.retries} {'retry' if done.retries == 1 else 'retries'}"
    if done.tried and said:
        words += f" ({line_of(done.tried, said)})"
    limit = failed if done.status == "fail" else said
    text = line_of(done.said, limit) if limit else ""
    return f"{words}: {text}" if text else words


def branch_line(walker: Walker, limit: int) -> str:
    """How the branches of the last fan-out on the way ended, '' where there was none."""
    results = walker.context.get("parallel.results")
    if not isinstance(results, list) or not results:
        return ""
    parts = [
        f"{one.get('branch_id')} {one.get('status')}"
        for one in results[:_BRANCHES]
        if isinstance(one, Mapping)
    ]
    if len(results) > _BRANCHES:
        parts.append(f"and {len(results) - _BRANCHES} more")
    best = walker.context.get("parallel.fan_in.best_id")
    words = f"Branches of the last fan-out: {', '.join(parts)}"
    return line_of(f"{words}; the best was {best}" if best else words, limit)


def known_keys(state: State, walker: Walker) -> tuple[str, ...]:
    """The keys that a stage is told, sorted: those that it `reads`, else all but the engine's."""
    keys = walker.context.plain_keys()
    reads = walker.step.reads
    if reads is None:
        return keys
    patterns = [pattern.removeprefix("context.") for pattern in reads]
    return tuple(key for key in keys if any(matches(pattern, key) for pattern in patterns))
