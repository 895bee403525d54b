"""One key as a merge strategy sees it, and the answers that a strategy can give.

The contract between the strategies and the rest: they read a `Contribution` and return a
`Settlement`, and know neither branches' ends nor other keys. Values are compared by their
canonical text, which is taken once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from attractorc.compiler.value import Json, canonical


@dataclass(frozen=True, slots=True)
class Valued:
    """A JSON value with its canonical text."""

    value: Json
    text: str


@dataclass(frozen=True, slots=True)
class Write(Valued):
    """A branch's final value of a key, and the attempt that wrote it."""

    branch: str
    writer: str


def valued(value: Json) -> Valued:
    """A value with its canonical text."""
    return Valued(value, canonical(value))


@dataclass(frozen=True, slots=True)
class Contribution:
    """A key that at least one contributing branch wrote.

    `base` is the value at the fork, None if there was none. `writes` are the contributing
    branches' in declared order. `argument` is the rule's: `id` in `keyed(id)`.
    """

    base: Valued | None
    writes: tuple[Write, ...]
    winner: str | None
    argument: str | None = None

    def changed(self) -> tuple[Write, ...]:
        """The writes that differ from base."""
        if self.base is None:
            return self.writes
        return tuple(write for write in self.writes if write.text != self.base.text)


@dataclass(frozen=True, slots=True)
class Merged:
    """The key becomes `value`. `chosen` are the branches it was taken from, None: all."""

    value: Json
    chosen: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """The key stays what it was at the fork; no write was chosen."""


@dataclass(frozen=True, slots=True)
class Isolated:
    """The key is not merged; each write is readable under its branch."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """The writes are discarded on purpose."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """The strategy has no answer. `why` is a clause; `said` are branches and their texts."""

    why: str
    said: tuple[tuple[str, str], ...] = ()


Settlement: TypeAlias = Merged | Kept | Isolated | Dropped | Conflict


def clash(why: str, writes: tuple[Write, ...]) -> Conflict:
    """A conflict that names these writes."""
    return Conflict(why, tuple((write.branch, write.text) for write in writes))


def misfit(
    contribution: Contribution, fits: Callable[[Json], bool], need: str, *, base: bool = False
) -> Conflict | None:
    """The conflict if a write, or with `base` the value at the fork, does not fit.

    `need` names in the plural what would: `numbers`.
    """
    wrong = tuple(write for write in contribution.writes if not fits(write.value))
    if wrong:
        return clash(f"it needs {need}", wrong)
    before = contribution.base
    if base and before is not None and not fits(before.value):
        why = f"it needs {need}, and before the fork this was {cut(before.text)}"
        return clash(why, contribution.writes)
    return None


def cut(text: str, limit: int = 40) -> str:
    """A canonical text short enough for a sentence."""
    return text if len(text) <= limit else text[: limit - 3] + "..."
