"""A join that says what it is told to: whatever any join could say, at any moment.

Stands where the machine has its `Tally`. Each time that the machine could learn something
from a real one, this one answers not yet, satisfied or unsatisfied, as the walk chooses,
and must have answered once the last end is taken. A machine that keeps the laws whatever it
is told keeps them under every policy that there is or will be. The policy's own words are
not there to be read: a machine that asks for more than the text breaks at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

from attractorc.compiler.policy import Decide, FanOut, Join, Losers
from attractorc.interpreter.joins import Counts, Verdict
from attractorc.interpreter.outcome import End
from attractorc.interpreter.state import forks

from .oracle import Taken

ANSWERS = (None, True, False)


@dataclass(frozen=True, slots=True)
class Sealed:
    """All of a join that the machine may see."""

    text: str = "whatever it is told"


def any_join(losers: Losers, decide: Decide, most: int) -> FanOut:
    """A fan-out of no policy, with time limits that never pass by themselves."""
    return FanOut(
        cast("Join", Sealed()),
        error_policy="continue",
        losers=losers,
        decide=decide,
        max_parallel=most,
        join_timeout_ms=1,
        branch_timeout_ms=1,
    )


class Chooser:
    """What is answered: first as `script` says, then the first that can be; `made` has all."""

    def __init__(self) -> None:
        self.begin(())

    def begin(self, script: tuple[int, ...]) -> None:
        """From here on these answers are given."""
        self.script = script
        self.made: list[tuple[int, int]] = []

    def answer(self, *, may_wait: bool) -> bool | None:
        """The next answer."""
        possible = ANSWERS if may_wait else ANSWERS[1:]
        number = len(self.made)
        choice = self.script[number] if number < len(self.script) else 0
        self.made.append((choice, len(possible)))
        return possible[choice]

    def others(self) -> Iterator[tuple[int, ...]]:
        """The scripts that differ from what was answered at the first place of their own."""
        taken = [choice for choice, _ in self.made]
        for place in range(len(self.script), len(self.made)):
            for other in range(1, self.made[place][1]):
                yield (*taken[:place], other)


CHOOSER = Chooser()


class Told:
    """A `Tally` that asks the chooser. `after` so many ends it was no longer unknown."""

    __slots__ = ("_activated", "_failed", "_skipped", "_succeeded", "_verdict", "after")

    def __init__(
        self, _policy: FanOut, ends: Mapping[str, End | None], *, vacuous: bool = False
    ) -> None:
        assert not vacuous
        self._skipped = sum(end is End.SKIPPED for end in ends.values())
        self._activated = len(ends) - self._skipped
        self._succeeded = self._failed = 0
        self.after = 0
        self._verdict = Verdict(None, "it was not told")
        self._ask()

    @property
    def verdict(self) -> Verdict:
        """What was answered."""
        return self._verdict

    @property
    def counts(self) -> Counts:
        """The numbers of the ends that were taken."""
        return Counts(self._activated, self._succeeded, self._failed, self._skipped)

    def take(self, _branch: str, end: End) -> Verdict:
        """Another end: another answer, unless one has been given."""
        self._succeeded += end.succeeded
        self._failed += end.failed
        if self._verdict.satisfied is None:
            self._ask()
        return self._verdict

    def mind(self, _ends: Mapping[str, End | None], taken: Taken) -> bool | None:
        """What was answered, as the oracle asks for it."""
        return self._verdict.satisfied if len(taken) >= self.after else None

    def _ask(self) -> None:
        done = self._succeeded + self._failed
        value = CHOOSER.answer(may_wait=done < self._activated)
        if value is not None:
            self.after = done
            self._verdict = Verdict(value, f"it was told {str(value).lower()}")


@contextmanager
def nothing_but_told() -> Iterator[None]:
    """Inside, every fork of the machine counts with `Told`."""
    real = forks.Tally
    forks.Tally = Told
    try:
        yield
    finally:
        forks.Tally = real
