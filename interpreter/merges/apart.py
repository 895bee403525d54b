"""`isolate` and `drop`: the strategies that merge nothing.

What was isolated stays readable under its branch; what was dropped is in the provenance
only. They must not know where isolated values are written.
"""

from __future__ import annotations

from .contribution import Contribution, Dropped, Isolated


def isolate(contribution: Contribution) -> Isolated:
    """Keep every branch's value apart."""
    return Isolated()


def drop(contribution: Contribution) -> Dropped:
    """Discard every branch's value."""
    return Dropped()
