"""What a join says, and the numbers that it says it about.

Apart from the policies, because each of them speaks in these two. It must not know what
any policy asks for.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """`satisfied` is None while unknown. `reason` is one clause for people and `why`."""

    satisfied: bool | None
    reason: str


@dataclass(frozen=True, slots=True)
class Counts:
    """The ends taken so far. `activated` are all branches but the `skipped` ones."""

    activated: int
    succeeded: int
    failed: int
    skipped: int

    @property
    def open(self) -> int:
        """How many ends are still unknown."""
        return self.activated - self.succeeded - self.failed
